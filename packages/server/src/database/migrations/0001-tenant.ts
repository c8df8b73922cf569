import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** Organizations, people, credentials, audit and outbox; the trigger function behind every append-only table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(serverSecrets + appendOnly + organizations + credentials + logs + outbox).execute(db)
}

// The role test is by membership, so that it also holds for a login of its own that was granted fairlead_system.
const appendOnly = `
create function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and pg_has_role(current_user, 'fairlead_system', 'USAGE') then
    return old;
  end if;
  raise exception '% of % refused: its rows never change', lower(tg_op), tg_table_name using errcode = '23001';
end
$$;
`

// What every replica must agree on when no FAIRLEAD_SECRET is set.
const serverSecrets = `
create table server_secrets (
  name text primary key,
  value bytea not null,
  created_at timestamptz not null default now()
);
`

const organizations = `
create table organizations (
  id uuid primary key,
  slug varchar(63) not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
  name varchar(255) not null,
  settings jsonb not null default '{}',
  revision int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table users (
  id uuid primary key,
  email varchar(320),
  name varchar(255),
  issuer text not null,
  subject text not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz,
  unique (issuer, subject)
);

create table memberships (
  organization_id uuid not null references organizations,
  user_id uuid not null references users,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);
create index memberships_user on memberships (user_id);

create table invitations (
  organization_id uuid not null references organizations,
  id uuid not null,
  email varchar(320) not null,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  token_hash bytea not null,
  invited_by uuid references users,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid references users,
  revoked_at timestamptz,
  primary key (organization_id, id)
);
create index invitations_token on invitations (token_hash);
`

// api_keys_id is the one unique index that does not begin with the organization: a key is looked up before it is known.
const credentials = `
create table api_keys (
  organization_id uuid not null references organizations,
  id uuid not null,
  name varchar(255) not null,
  environment varchar(20) not null check (environment in ('live', 'test')),
  secret_hash bytea not null,
  scopes text[] not null,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  replaces_key_id uuid,
  primary key (organization_id, id),
  foreign key (organization_id, replaces_key_id) references api_keys (organization_id, id)
);
create unique index api_keys_id on api_keys (id);

create table idempotency_keys (
  organization_id uuid not null references organizations,
  principal text not null,
  key varchar(255) not null,
  method text not null,
  path text not null,
  request_hash bytea not null,
  state text not null check (state in ('running', 'done')),
  response_status int,
  response_headers json,
  response_body text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (organization_id, principal, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
`

const logs = `
create table audit_log (
  organization_id uuid not null references organizations,
  id uuid not null,
  at timestamptz not null default now(),
  actor_kind text not null,
  actor_id text,
  action text not null,
  subject_kind text not null,
  subject_id text,
  data jsonb not null default '{}',
  primary key (organization_id, id)
);
create index audit_log_subject on audit_log (organization_id, subject_kind, subject_id, id);
create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function refuse_change();
`

const outbox = `
create table outbox (
  organization_id uuid not null references organizations,
  id bigint generated always as identity,
  transaction_id xid8 not null default pg_current_xact_id(),
  topic text not null,
  key text not null,
  payload json not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create index outbox_order on outbox (transaction_id, id);

create table outbox_cursors (
  consumer text primary key,
  transaction_id xid8 not null default '0',
  id bigint not null default 0,
  updated_at timestamptz not null default now()
);
`
