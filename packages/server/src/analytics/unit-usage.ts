import type { UnitMoments } from '@fairlead/core/experiment'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'

/** What is measured of the calls that a prompt version makes in a run. */
export type UsageMeasure = 'success' | 'latency_ms' | 'tokens' | 'cost_usd'

/**
 * What the units that have used a prompt version since a time have shown of each measure; those of which nothing is known
 * are left out. A run without a unit is one of its own; it has succeeded if its last call has, and costs nothing that is
 * known while the price of a call is not. Added up in the database, where sums are exact and as many runs as there are
 * may come to one row.
 */
export async function unitUsageSince(
  db: ScopedDb,
  promptVersionId: string,
  since: Date,
): Promise<Map<UsageMeasure, UnitMoments>> {
  const { rows } = await sql<UnitMoments & { measure: UsageMeasure }>`
    with runs as (
      select coalesce(max(unit), run_id::text) as unit, sum(latency_ms) as latency_ms,
        sum(input_tokens + cached_tokens + cache_write_tokens + output_tokens + reasoning_tokens) as tokens,
        case when bool_and(cost_nano_usd is not null) then sum(cost_nano_usd) * 0.000000001 end as cost_usd,
        case when (array_agg(status order by id desc))[1] = 'succeeded' then 1 else 0 end as success
      from executions
      where id >= ${firstIdAt(since)} and prompt_version_id = ${promptVersionId} and run_id is not null
      group by run_id
    ), units as (
      select measure, unit, count(*)::numeric as n, sum(value) as x
      from runs cross join lateral (
        values ('success', success::numeric), ('latency_ms', latency_ms), ('tokens', tokens), ('cost_usd', cost_usd)
      ) as measured(measure, value)
      where value is not null
      group by measure, unit
    ), sums as (
      select measure, count(*)::numeric as units, sum(n) as n, sum(x) as x, sum(n * n) as nn, sum(n * x) as nx,
        sum(x * x) as xx
      from units group by measure
    )
    select measure, units::float8 as units, (n / units)::float8 as "meanN", (x / units)::float8 as "meanX",
      ((units * nn - n * n) / units)::float8 as nn, ((units * nx - n * x) / units)::float8 as nx,
      ((units * xx - x * x) / units)::float8 as xx
    from sums`.execute(db)
  return new Map(rows.map(({ measure, ...moments }) => [measure, moments]))
}

/** The lowest UUIDv7 of a time: partitions that ended before it are not looked at. */
function firstIdAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
