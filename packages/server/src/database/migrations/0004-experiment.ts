import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** A/B tests, their variants, who was assigned to which, what was observed of whom, and the results. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(sharing + tests + exposure + evidence + results).execute(db)
}

const sharing = `
create table ab_layers (
  organization_id uuid not null references organizations,
  id uuid not null,
  name varchar(255) not null,
  seed bigint not null,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);

create table ab_holdouts (
  organization_id uuid not null references organizations,
  id uuid not null,
  name varchar(255) not null,
  seed bigint not null,
  percentage numeric not null check (percentage > 0 and percentage <= 100),
  created_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);
`

const tests = `
create table ab_tests (
  organization_id uuid not null references organizations,
  id uuid not null default gen_random_uuid(),
  key varchar(100) not null,
  name varchar(255) not null,
  description text,
  status varchar(50) not null default 'draft' check (status in ('draft', 'running', 'paused', 'completed')),
  revision int not null default 1,
  prompt_id uuid,
  label varchar(100) not null default 'production',
  unit varchar(100) not null default 'session',
  seed bigint not null default 0,
  traffic_percentage int not null default 100 check (traffic_percentage between 0 and 100),
  targeting json,
  layer_id uuid,
  layer_percentage numeric,
  layer_ranges json,
  holdouts json,
  metrics json not null default '[]',
  stopping json not null default '{}',
  bandit json,
  bucketing json,
  promotion json,
  forced json not null default '{}',
  is_killed boolean not null default false,
  epoch int not null default 0,
  start_date timestamptz,
  end_date timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  archived_at timestamptz,
  winner_variant_id uuid,
  is_decided boolean not null default false,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, key),
  foreign key (organization_id, prompt_id) references prompts (organization_id, id),
  foreign key (organization_id, layer_id) references ab_layers (organization_id, id)
);
create index ab_tests_prompt on ab_tests (organization_id, prompt_id) where prompt_id is not null;
create index ab_tests_open on ab_tests (status) where status in ('draft', 'running', 'paused');

create table ab_variants (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  test_id uuid not null,
  position int not null default 0,
  name varchar(255) not null,
  prompt_id uuid,
  ref json,
  version_id uuid,
  payload json,
  traffic_weight int not null default 50 check (traffic_weight >= 0),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, test_id, id),
  unique (organization_id, test_id, name),
  unique (organization_id, test_id, position),
  foreign key (organization_id, test_id) references ab_tests (organization_id, id) on delete cascade,
  foreign key (organization_id, prompt_id) references prompts (organization_id, id),
  foreign key (organization_id, version_id) references prompt_versions (organization_id, id)
);

alter table ab_tests add foreign key (organization_id, id, winner_variant_id)
  references ab_variants (organization_id, test_id, id);

create table ab_epochs (
  organization_id uuid not null,
  test_id uuid not null,
  epoch int not null,
  weights json not null,
  slots bytea not null,
  started_at timestamptz not null default now(),
  primary key (organization_id, test_id, epoch),
  foreign key (organization_id, test_id) references ab_tests (organization_id, id) on delete cascade
);

create table ab_history (
  organization_id uuid not null,
  test_id uuid not null,
  seq int not null,
  action varchar(50) not null,
  actor_kind text not null,
  actor_id text,
  data json not null default '{}',
  at timestamptz not null default now(),
  primary key (organization_id, test_id, seq),
  foreign key (organization_id, test_id) references ab_tests (organization_id, id) on delete cascade
);
`

// The first exposure of a unit is its assignment; later ones are kept to see who was shown two variants. They have no
// foreign keys for the reason that observations have none.
const exposure = `
create table ab_assignments (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  test_id uuid not null,
  variant_id uuid not null,
  session_id varchar(255) not null,
  epoch int not null default 1,
  covariates json,
  is_excluded boolean not null default false,
  is_crossed boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, test_id, session_id),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);

create table ab_exposures (
  organization_id uuid not null,
  test_id uuid not null,
  session_id varchar(255) not null,
  epoch int not null,
  variant_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, test_id, session_id, epoch, variant_id)
);

create table ab_unit_counts (
  organization_id uuid not null,
  test_id uuid not null,
  epoch int not null,
  variant_id uuid not null,
  units bigint not null default 0,
  excluded bigint not null default 0,
  primary key (organization_id, test_id, epoch, variant_id),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);
`

// Sums are exact decimals: neither the order in which observations come nor what is taken away again changes a digit. What
// is written by the thousand has no foreign keys: whoever writes it holds the test. Observations are found by their units
// only to take them from sketches again, so only those of sketches are in an index for it.
const evidence = `
create table ab_observations (
  organization_id uuid not null,
  test_id uuid not null,
  observation_id varchar(200) not null,
  session_id varchar(255) not null,
  metric_name varchar(100) not null,
  value double precision not null,
  bucket int,
  recorded_at timestamptz not null default now(),
  primary key (organization_id, test_id, metric_name, observation_id)
);
create index ab_observations_bucketed on ab_observations (organization_id, test_id, session_id) where bucket is not null;

create table ab_unit_statistics (
  organization_id uuid not null,
  test_id uuid not null,
  session_id varchar(255) not null,
  metric_name varchar(100) not null,
  epoch int not null,
  variant_id uuid not null,
  c numeric,
  n bigint not null,
  x numeric not null,
  xx numeric not null,
  primary key (organization_id, test_id, session_id, metric_name)
);

create table ab_arm_statistics (
  organization_id uuid not null,
  test_id uuid not null,
  metric_name varchar(100) not null,
  epoch int not null,
  variant_id uuid not null,
  is_crossed boolean not null default false,
  units bigint not null,
  n numeric not null,
  x numeric not null,
  nn numeric not null,
  nx numeric not null,
  xx numeric not null,
  observed_xx numeric not null,
  positive bigint not null,
  log numeric not null,
  loglog numeric not null,
  covered bigint not null default 0,
  c numeric not null default 0,
  cc numeric not null default 0,
  cn numeric not null default 0,
  cx numeric not null default 0,
  primary key (organization_id, test_id, metric_name, epoch, variant_id, is_crossed),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);

create table ab_arm_buckets (
  organization_id uuid not null,
  test_id uuid not null,
  metric_name varchar(100) not null,
  epoch int not null,
  variant_id uuid not null,
  bucket int not null,
  count bigint not null,
  primary key (organization_id, test_id, metric_name, epoch, variant_id, bucket),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);
`

const results = `
create table ab_results (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  test_id uuid not null,
  variant_id uuid not null,
  metric_name varchar(100) not null,
  metric_value numeric,
  sample_size bigint,
  epoch int not null default 1,
  unit_count bigint not null default 0,
  statistics json not null default '{}',
  recorded_at timestamptz(3) not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);
create index ab_results_metric on ab_results (organization_id, test_id, metric_name, recorded_at);
`
