import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** Model calls in partitions by time, prices, and scores. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(executions + prices + scores).execute(db)
}

// A UUIDv7 begins with its time, so ranges of ids are ranges of time. No foreign keys: a call is recorded in the hot
// statement of a run, and a partition must be droppable without asking other tables.
const executions = `
create table executions (
  organization_id uuid not null,
  id uuid not null,
  run_id uuid,
  node_id text,
  address text,
  kind text not null check (kind in ('prompt', 'try', 'judge')),
  model text not null,
  provider text,
  prompt_id uuid,
  prompt_version_id uuid,
  variant_id uuid,
  unit text,
  status text not null check (status in ('succeeded', 'failed')),
  error_code text,
  latency_ms int not null,
  input_tokens bigint not null default 0,
  cached_tokens bigint not null default 0,
  cache_write_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  cost_nano_usd bigint,
  price_id uuid,
  started_at timestamptz not null,
  attributes jsonb,
  primary key (organization_id, id)
) partition by range (id);
create index executions_run on executions (organization_id, run_id) where run_id is not null;
create table executions_default partition of executions default;
-- Nobody is granted a partition, and were somebody: without a policy it shows nothing.
alter table executions_default enable row level security, force row level security;
`

const prices = `
create table model_prices (
  organization_id uuid not null references organizations,
  id uuid not null,
  model text not null,
  provider text,
  valid_from timestamptz not null,
  input_nano_usd_per_million bigint not null check (input_nano_usd_per_million >= 0),
  cached_input_nano_usd_per_million bigint not null check (cached_input_nano_usd_per_million >= 0),
  cache_write_nano_usd_per_million bigint not null check (cache_write_nano_usd_per_million >= 0),
  output_nano_usd_per_million bigint not null check (output_nano_usd_per_million >= 0),
  reasoning_nano_usd_per_million bigint not null check (reasoning_nano_usd_per_million >= 0),
  source text not null default 'custom' check (source in ('builtin', 'custom')),
  created_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique nulls not distinct (organization_id, model, provider, valid_from)
);
`

const scores = `
create table scores (
  organization_id uuid not null references organizations,
  id uuid not null,
  run_id uuid,
  execution_id uuid,
  name varchar(100) not null,
  value double precision not null,
  comment text,
  source text not null,
  created_by_kind text not null,
  created_by_id text,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create index scores_run on scores (organization_id, run_id) where run_id is not null;
create index scores_execution on scores (organization_id, execution_id) where execution_id is not null;
`
