import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** Workflows, versions, runs and what runs leave behind. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(workflows + runs + records + snapshots + workers).execute(db)
}

const workflows = `
create table workflows (
  organization_id uuid not null references organizations,
  id uuid not null,
  name varchar(255) not null,
  description text,
  latest_version int not null,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  primary key (organization_id, id)
);

create table workflow_versions (
  organization_id uuid not null,
  workflow_id uuid not null,
  version int not null check (version > 0),
  definition json not null,
  content_hash bytea not null,
  message text,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (organization_id, workflow_id, version),
  foreign key (organization_id, workflow_id) references workflows (organization_id, id)
);
create trigger workflow_versions_append_only before update or delete on workflow_versions
  for each row execute function refuse_change();
`

// Free space in each page keeps the many updates of a run's counters and lease on that page (HOT).
const runs = `
create table workflow_runs (
  organization_id uuid not null,
  id uuid not null,
  workflow_id uuid not null,
  workflow_version int not null,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  input json not null,
  output json,
  error json,
  pins json not null default '{}',
  unit text,
  attributes json,
  forked_from_run_id uuid,
  lease_owner text,
  lease_expires_at timestamptz,
  attempt int not null default 0,
  takeovers int not null default 0,
  available_at timestamptz not null default now(),
  cancel_requested_at timestamptz,
  cancel_requested_by text,
  event_seq bigint not null default 0,
  step_count int not null default 0,
  input_tokens bigint not null default 0,
  cached_tokens bigint not null default 0,
  cache_write_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  cost_nano_usd bigint not null default 0,
  created_by_kind text not null,
  created_by_id text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, workflow_id, workflow_version)
    references workflow_versions (organization_id, workflow_id, version),
  foreign key (organization_id, forked_from_run_id) references workflow_runs (organization_id, id)
) with (fillfactor = 70);
create index workflow_runs_due on workflow_runs (available_at) where status in ('queued', 'running');
create index workflow_runs_history on workflow_runs (organization_id, workflow_id, id desc);
`

// run_events has no foreign key: its rows are written only together with an update of their run, and a check per event
// would cost more than the event.
const records = `
create table run_journal (
  organization_id uuid not null,
  run_id uuid not null,
  address text not null,
  node_id text not null,
  status text not null check (status in ('completed', 'failed')),
  output json,
  error json,
  usage json,
  attempts int not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  recorded_by_attempt int not null,
  primary key (organization_id, run_id, address),
  foreign key (organization_id, run_id) references workflow_runs (organization_id, id)
);
create trigger run_journal_append_only before update or delete on run_journal
  for each row execute function refuse_change();

create table run_events (
  organization_id uuid not null,
  run_id uuid not null,
  seq bigint not null check (seq > 0),
  type text not null,
  address text,
  payload json not null,
  at timestamptz not null default now(),
  primary key (organization_id, run_id, seq)
);
create trigger run_events_append_only before update or delete on run_events
  for each row execute function refuse_change();

create table run_interrupts (
  organization_id uuid not null,
  run_id uuid not null,
  address text not null,
  node_id text not null,
  status text not null default 'pending' check (status in ('pending', 'answered', 'expired', 'cancelled')),
  request json not null,
  answer json,
  answered_by json,
  answered_at timestamptz,
  due_at timestamptz,
  on_due json,
  created_at timestamptz not null default now(),
  primary key (organization_id, run_id, address),
  foreign key (organization_id, run_id) references workflow_runs (organization_id, id)
);
create index run_interrupts_due on run_interrupts (due_at) where status = 'pending' and due_at is not null;
`

// Writes come before the snapshot that they name, so neither refers to the other by a foreign key.
const snapshots = `
create table run_snapshots (
  organization_id uuid not null,
  run_id uuid not null,
  checkpoint_ns text not null,
  checkpoint_id text not null,
  parent_checkpoint_id text,
  checkpoint_type text not null,
  checkpoint bytea not null,
  metadata_type text not null,
  metadata bytea not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, run_id, checkpoint_ns, checkpoint_id)
);

create table run_snapshot_writes (
  organization_id uuid not null,
  run_id uuid not null,
  checkpoint_ns text not null,
  checkpoint_id text not null,
  task_id text not null,
  idx int not null,
  task_path text,
  channel text not null,
  value_type text not null,
  value bytea,
  primary key (organization_id, run_id, checkpoint_ns, checkpoint_id, task_id, idx)
);
`

const workers = `
create table workers (
  organization_id uuid not null references organizations,
  id text not null,
  kind text not null check (kind in ('server', 'application', 'tenant')),
  catalog json not null,
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (organization_id, id)
);
`
