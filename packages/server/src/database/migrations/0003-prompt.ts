import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** Prompts: versions, refs, the ref log, and what protects a ref. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(prompts + versions + refs + review).execute(db)
}

const prompts = `
create table prompts (
  organization_id uuid not null references organizations,
  id uuid not null,
  key varchar(200) not null,
  name varchar(255) not null,
  description text,
  next_version int not null default 1,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  primary key (organization_id, id),
  unique (organization_id, key)
);
`

const versions = `
create table prompt_versions (
  organization_id uuid not null,
  id uuid not null,
  prompt_id uuid not null,
  version_number int not null check (version_number > 0),
  content text not null,
  commit_message text,
  parent_version_id uuid,
  merge_parent_version_id uuid,
  branch varchar(100) not null default 'main',
  tag varchar(100),
  generation int not null default 1 check (generation > 0),
  kind text not null default 'commit' check (kind in ('commit', 'merge', 'revert', 'import')),
  reverts_version_id uuid,
  config jsonb not null default '{}',
  variables jsonb not null default '[]',
  content_hash bytea not null,
  commit_hash bytea not null,
  author_name text not null,
  author_email text not null,
  committed_at timestamptz not null,
  created_by uuid references users,
  responsible_user_id uuid references users,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, prompt_id, id),
  unique (organization_id, prompt_id, version_number),
  unique (organization_id, prompt_id, commit_hash),
  foreign key (organization_id, prompt_id) references prompts (organization_id, id),
  foreign key (organization_id, prompt_id, parent_version_id)
    references prompt_versions (organization_id, prompt_id, id),
  foreign key (organization_id, prompt_id, merge_parent_version_id)
    references prompt_versions (organization_id, prompt_id, id),
  foreign key (organization_id, prompt_id, reverts_version_id)
    references prompt_versions (organization_id, prompt_id, id),
  check (merge_parent_version_id is null
    or (parent_version_id is not null and merge_parent_version_id <> parent_version_id))
);
create index prompt_versions_branch on prompt_versions (organization_id, prompt_id, branch);
create index prompt_versions_tag on prompt_versions (organization_id, tag) where tag is not null;
create trigger prompt_versions_append_only before update or delete on prompt_versions
  for each row execute function refuse_change();
`

const refs = `
create table prompt_refs (
  organization_id uuid not null,
  prompt_id uuid not null,
  kind text not null check (kind in ('branch', 'tag', 'label')),
  name varchar(100) not null,
  version_id uuid not null,
  revision bigint not null default 1,
  updated_by uuid references users,
  updated_at timestamptz not null default now(),
  primary key (organization_id, prompt_id, kind, name),
  foreign key (organization_id, prompt_id, version_id) references prompt_versions (organization_id, prompt_id, id)
);

create table prompt_ref_log (
  organization_id uuid not null,
  id bigint generated always as identity,
  prompt_id uuid not null,
  kind text not null check (kind in ('branch', 'tag', 'label')),
  name varchar(100) not null,
  old_version_id uuid,
  new_version_id uuid,
  actor_kind text not null default 'user',
  actor text,
  actor_name text,
  reason text,
  at timestamptz not null default now(),
  prev_hash bytea,
  hash bytea,
  primary key (organization_id, id),
  foreign key (organization_id, prompt_id) references prompts (organization_id, id)
);
create index prompt_ref_log_ref on prompt_ref_log (organization_id, prompt_id, kind, name, id);
create trigger prompt_ref_log_append_only before update or delete on prompt_ref_log
  for each row execute function refuse_change();
`

const review = `
create table prompt_protection_rules (
  organization_id uuid not null references organizations,
  id uuid not null,
  prompt_id uuid,
  ref_kind text not null check (ref_kind in ('branch', 'tag', 'label')),
  pattern varchar(100) not null,
  no_direct_commit boolean not null default false,
  required_approvals smallint not null default 0 check (required_approvals >= 0),
  dismiss_stale boolean not null default false,
  author_may_approve boolean not null default false,
  linear_history boolean not null default false,
  required_checks text[] not null default '{}',
  allow_reset boolean not null default false,
  bypass_roles text[] not null default '{}',
  include_admins boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, prompt_id) references prompts (organization_id, id)
);

create table prompt_merge_requests (
  organization_id uuid not null,
  id uuid not null,
  prompt_id uuid not null,
  source_ref varchar(100) not null,
  target_kind text not null check (target_kind in ('branch', 'label')),
  target_ref varchar(100) not null,
  source_head uuid not null,
  target_head uuid,
  title text,
  description text,
  status text not null default 'open' check (status in ('open', 'merged', 'closed')),
  merged_version_id uuid,
  opened_by uuid references users,
  responsible_user_id uuid references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, prompt_id) references prompts (organization_id, id),
  foreign key (organization_id, prompt_id, source_head) references prompt_versions (organization_id, prompt_id, id),
  foreign key (organization_id, prompt_id, target_head) references prompt_versions (organization_id, prompt_id, id),
  foreign key (organization_id, prompt_id, merged_version_id)
    references prompt_versions (organization_id, prompt_id, id)
);
create index prompt_merge_requests_open on prompt_merge_requests (organization_id, prompt_id, status, id desc);

create table prompt_approvals (
  organization_id uuid not null,
  merge_request_id uuid not null,
  version_id uuid not null,
  user_id uuid not null references users,
  verdict text not null check (verdict in ('approved', 'changes_requested')),
  comment text,
  at timestamptz not null default now(),
  primary key (organization_id, merge_request_id, version_id, user_id),
  foreign key (organization_id, merge_request_id) references prompt_merge_requests (organization_id, id),
  foreign key (organization_id, version_id) references prompt_versions (organization_id, id)
);

create table prompt_checks (
  organization_id uuid not null,
  version_id uuid not null,
  name varchar(100) not null,
  state text not null check (state in ('pending', 'passed', 'failed')),
  evidence jsonb not null default '{}',
  at timestamptz not null default now(),
  primary key (organization_id, version_id, name),
  foreign key (organization_id, version_id) references prompt_versions (organization_id, id)
);
`
