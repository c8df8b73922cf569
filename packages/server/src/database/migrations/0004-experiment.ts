import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** A/B tests, their variants, who was assigned to which, and the results. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(tests + evidence).execute(db)
}

const tests = `
create table ab_tests (
  organization_id uuid not null references organizations,
  id uuid not null default gen_random_uuid(),
  name varchar(255) not null,
  description text,
  status varchar(50) not null default 'draft' check (status in ('draft', 'running', 'paused', 'completed')),
  traffic_percentage int not null default 100 check (traffic_percentage between 0 and 100),
  start_date timestamptz,
  end_date timestamptz,
  winner_variant_id uuid,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);

create table ab_variants (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  test_id uuid not null,
  name varchar(255) not null,
  prompt_id uuid,
  traffic_weight int not null default 50 check (traffic_weight >= 0),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, test_id, id),
  foreign key (organization_id, test_id) references ab_tests (organization_id, id) on delete cascade,
  foreign key (organization_id, prompt_id) references prompts (organization_id, id)
);

alter table ab_tests add foreign key (organization_id, id, winner_variant_id)
  references ab_variants (organization_id, test_id, id);
`

const evidence = `
create table ab_assignments (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  test_id uuid not null,
  variant_id uuid not null,
  session_id varchar(255) not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, test_id, session_id),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);

create table ab_results (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  test_id uuid not null,
  variant_id uuid not null,
  metric_name varchar(100) not null,
  metric_value numeric,
  sample_size bigint,
  recorded_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, test_id, variant_id) references ab_variants (organization_id, test_id, id)
);
create index ab_results_metric on ab_results (organization_id, test_id, metric_name, recorded_at);
`
