import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'

/** A test that is held by the caller's transaction: what is done to its evidence is done one after the other. */
export interface HeldTest {
  organization_id: string
  id: string
}

export interface NewExposure {
  unit: string
  epoch: number
  variantId: string
  /** By metric. */
  covariates?: Readonly<Record<string, number>> | undefined
}

export interface NewObservation {
  id: string
  unit: string
  metric: string
  value: number
  /** Of the sketch that the metric's quantile is read from; null for other metrics. */
  bucket: number | null
}

/** A unit that is in the analysis, or was until now. */
export interface AssignedUnit {
  unit: string
  variantId: string
  epoch: number
  isExcluded: boolean
}

/** The first exposures of units, of those that are named. */
export async function findAssigned(db: ScopedDb, testId: string, units: readonly string[]): Promise<AssignedUnit[]> {
  const rows = await db
    .selectFrom('ab_assignments')
    .select(['session_id', 'variant_id', 'epoch', 'is_excluded'])
    .where('test_id', '=', testId)
    .where('session_id', '=', sql<string>`any(${units}::text[])`)
    .execute()
  return rows.map(toAssigned)
}

/** Remembers exposures, each once, and the first of each unit as its assignment. Answers how many were new. */
export async function insertExposures(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<number> {
  const units = exposures.map(({ unit }) => unit)
  const epochs = exposures.map(({ epoch }) => epoch)
  const variants = exposures.map(({ variantId }) => variantId)
  const covariates = exposures.map((exposure) => exposure.covariates && JSON.stringify(exposure.covariates))
  const { rows } = await sql<{ count: number }>`
    with input as (
      select distinct on (session_id, epoch, variant_id) *
      from unnest(${units}::text[], ${epochs}::int[], ${variants}::uuid[], ${covariates}::text[])
        with ordinality as i(session_id, epoch, variant_id, covariates, position)
      order by session_id, epoch, variant_id, position
    ), fresh as (
      insert into ab_exposures (organization_id, test_id, session_id, epoch, variant_id)
      select ${test.organization_id}::uuid, ${test.id}::uuid, session_id, epoch, variant_id from input
      on conflict do nothing
      returning session_id, epoch, variant_id
    ), assigned as (
      insert into ab_assignments (organization_id, test_id, session_id, epoch, variant_id, covariates)
      select distinct on (session_id) ${test.organization_id}::uuid, ${test.id}::uuid, session_id, epoch, variant_id,
        covariates::json
      from fresh join input using (session_id, epoch, variant_id)
      order by session_id, position
      on conflict (organization_id, test_id, session_id) do nothing
      returning epoch, variant_id
    ), counted as (
      insert into ab_unit_counts as known (organization_id, test_id, epoch, variant_id, units)
      select ${test.organization_id}::uuid, ${test.id}::uuid, epoch, variant_id, count(*) from assigned group by epoch, variant_id
      on conflict (organization_id, test_id, epoch, variant_id) do update set units = known.units + excluded.units
    )
    select count(*)::int as count from fresh`.execute(db)
  return rows[0]!.count
}

/** Takes units out of the analysis that were shown another variant than their first. Answers those that were in it. */
export async function excludeUnits(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<AssignedUnit[]> {
  const units = exposures.map(({ unit }) => unit)
  const variants = exposures.map(({ variantId }) => variantId)
  const { rows } = await sql<{ session_id: string; variant_id: string; epoch: number; is_excluded: boolean }>`
    with shown as (select distinct * from unnest(${units}::text[], ${variants}::uuid[]) as s(session_id, variant_id)),
    left_out as (
      update ab_assignments a set is_excluded = true from shown
      where a.test_id = ${test.id}::uuid and a.session_id = shown.session_id
        and a.variant_id <> shown.variant_id and not a.is_excluded
      returning a.session_id, a.variant_id, a.epoch, a.is_excluded
    ), counted as (
      update ab_unit_counts c set units = c.units - l.count, excluded = c.excluded + l.count
      from (select epoch, variant_id, count(*) from left_out group by epoch, variant_id) l
      where c.test_id = ${test.id}::uuid and c.epoch = l.epoch and c.variant_id = l.variant_id
    )
    select * from left_out`.execute(db)
  if (rows.length > 0)
    await takeAway(
      db,
      test,
      rows.map(({ session_id }) => session_id),
    )
  return rows.map(toAssigned)
}

/** What units have contributed to their arms, taken from them again; exact, as all sums are. */
async function takeAway(db: ScopedDb, test: HeldTest, units: readonly string[]): Promise<void> {
  await sql`
    with gone as (
      select u.metric_name, u.epoch, a.variant_id, count(*) as units, sum(u.n) as n, sum(u.x) as x,
        sum(u.n * u.n) as nn, sum(u.n * u.x) as nx, sum(u.x * u.x) as xx, sum(u.xx) as observed_xx,
        count(*) filter (where u.x > 0) as positive, ${sumOf(logOf('u.x', 'u.n'), 1)} as log, ${sumOf(logOf('u.x', 'u.n'), 2)} as loglog,
        count(v.c) as covered, ${zeroIfNone('sum(v.c)')} as c, ${zeroIfNone('sum(v.c * v.c)')} as cc,
        ${zeroIfNone('sum(v.c * u.n)')} as cn, ${zeroIfNone('sum(v.c * u.x)')} as cx
      from ab_unit_statistics u
      join ab_assignments a using (organization_id, test_id, session_id)
      cross join lateral (select (a.covariates ->> u.metric_name)::numeric as c) v
      where u.test_id = ${test.id}::uuid and u.session_id = any(${units}::text[])
      group by u.metric_name, u.epoch, a.variant_id
    )
    update ab_arm_statistics s set units = s.units - gone.units, n = s.n - gone.n, x = s.x - gone.x,
      nn = s.nn - gone.nn, nx = s.nx - gone.nx, xx = s.xx - gone.xx, observed_xx = s.observed_xx - gone.observed_xx,
      positive = s.positive - gone.positive, log = s.log - gone.log, loglog = s.loglog - gone.loglog,
      covered = s.covered - gone.covered, c = s.c - gone.c, cc = s.cc - gone.cc, cn = s.cn - gone.cn, cx = s.cx - gone.cx
    from gone
    where s.test_id = ${test.id}::uuid and s.metric_name = gone.metric_name and s.epoch = gone.epoch
      and s.variant_id = gone.variant_id`.execute(db)
}

/**
 * Stores observations of units that are assigned, each id once, and adds them to the sums of their units and of the arms
 * of those units. Answers how many were new.
 */
export async function insertObservations(
  db: ScopedDb,
  test: HeldTest,
  observations: readonly NewObservation[],
): Promise<number> {
  const list = <Key extends keyof NewObservation>(key: Key) => observations.map((observation) => observation[key])
  const { rows } = await sql<{ count: number }>`
    with input as (
      select distinct on (metric_name, observation_id) *
      from unnest(${list('id')}::text[], ${list('unit')}::text[], ${list('metric')}::text[],
        ${list('value')}::float8[], ${list('bucket')}::int[])
        as i(observation_id, session_id, metric_name, value, bucket)
    ), fresh as (
      insert into ab_observations (organization_id, test_id, observation_id, session_id, metric_name, value)
      select ${test.organization_id}::uuid, ${test.id}::uuid, observation_id, session_id, metric_name, value from input
      on conflict do nothing
      returning observation_id, session_id, metric_name, value::text::numeric as value
    ), added as (
      select f.session_id, f.metric_name, a.epoch, a.variant_id, a.is_excluded,
        (a.covariates ->> f.metric_name)::numeric as c, count(*) as n, sum(f.value) as x, sum(f.value * f.value) as xx
      from fresh f
      join ab_assignments a on a.test_id = ${test.id}::uuid and a.session_id = f.session_id
      group by f.session_id, f.metric_name, a.epoch, a.variant_id, a.is_excluded, 6
    ), summed as (
      insert into ab_unit_statistics as u (organization_id, test_id, session_id, metric_name, epoch, n, x, xx)
      select ${test.organization_id}::uuid, ${test.id}::uuid, session_id, metric_name, epoch, n, x, xx from added
      on conflict (organization_id, test_id, session_id, metric_name)
        do update set n = u.n + excluded.n, x = u.x + excluded.x, xx = u.xx + excluded.xx
      returning u.session_id, u.metric_name, u.n, u.x
    ), moved as (
      select d.metric_name, d.epoch, d.variant_id, d.c, d.n as dn, d.x as dx, d.xx as dxx,
        s.n, s.x, s.n - d.n as n0, s.x - d.x as x0
      from summed s join added d using (session_id, metric_name)
      where not d.is_excluded
    ), arms as (
      insert into ab_arm_statistics as arm (organization_id, test_id, metric_name, epoch, variant_id,
        units, n, x, nn, nx, xx, observed_xx, positive, log, loglog, covered, c, cc, cn, cx)
      select ${test.organization_id}::uuid, ${test.id}::uuid, metric_name, epoch, variant_id,
        count(*) filter (where n0 = 0), sum(dn), sum(dx), sum(n * n - n0 * n0), sum(n * x - n0 * x0),
        sum(x * x - x0 * x0), sum(dxx), count(*) filter (where x > 0) - count(*) filter (where x0 > 0),
        ${sumOf(logOf('x', 'n'), 1)} - ${sumOf(logOf('x0', 'n0'), 1)}, ${sumOf(logOf('x', 'n'), 2)} - ${sumOf(logOf('x0', 'n0'), 2)},
        count(c) filter (where n0 = 0), ${zeroIfNone('sum(c) filter (where n0 = 0)')},
        ${zeroIfNone('sum(c * c) filter (where n0 = 0)')}, ${zeroIfNone('sum(c * dn)')}, ${zeroIfNone('sum(c * dx)')}
      from moved
      group by metric_name, epoch, variant_id
      on conflict (organization_id, test_id, metric_name, epoch, variant_id) do update set
        units = arm.units + excluded.units, n = arm.n + excluded.n, x = arm.x + excluded.x, nn = arm.nn + excluded.nn,
        nx = arm.nx + excluded.nx, xx = arm.xx + excluded.xx, observed_xx = arm.observed_xx + excluded.observed_xx,
        positive = arm.positive + excluded.positive, log = arm.log + excluded.log, loglog = arm.loglog + excluded.loglog,
        covered = arm.covered + excluded.covered, c = arm.c + excluded.c, cc = arm.cc + excluded.cc,
        cn = arm.cn + excluded.cn, cx = arm.cx + excluded.cx
    ), buckets as (
      insert into ab_arm_buckets as known (organization_id, test_id, metric_name, epoch, variant_id, bucket, count)
      select ${test.organization_id}::uuid, ${test.id}::uuid, f.metric_name, a.epoch, a.variant_id, i.bucket, count(*)
      from fresh f
      join input i using (metric_name, observation_id)
      join ab_assignments a on a.test_id = ${test.id}::uuid and a.session_id = f.session_id
      where i.bucket is not null and not a.is_excluded
      group by f.metric_name, a.epoch, a.variant_id, i.bucket
      on conflict (organization_id, test_id, metric_name, epoch, variant_id, bucket)
        do update set count = known.count + excluded.count
    )
    select count(*)::int as count from fresh`.execute(db)
  return rows[0]!.count
}

/** The values of some metrics that were observed of units, with the arms that they lie in. */
export async function observedValues(
  db: ScopedDb,
  testId: string,
  units: readonly string[],
  metrics: readonly string[],
): Promise<{ metric: string; unit: string; value: number }[]> {
  const rows = await db
    .selectFrom('ab_observations')
    .select(['metric_name', 'session_id', 'value'])
    .where('test_id', '=', testId)
    .where('session_id', '=', sql<string>`any(${units}::text[])`)
    .where('metric_name', '=', sql<string>`any(${metrics}::text[])`)
    .execute()
  return rows.map(({ metric_name, session_id, value }) => ({ metric: metric_name, unit: session_id, value }))
}

/** Takes counts from buckets again. */
export async function takeFromBuckets(
  db: ScopedDb,
  test: HeldTest,
  gone: readonly { metric: string; epoch: number; variantId: string; bucket: number }[],
): Promise<void> {
  const list = <Key extends keyof (typeof gone)[number]>(key: Key) => gone.map((one) => one[key])
  await sql`
    update ab_arm_buckets b set count = b.count - gone.count
    from (
      select metric_name, epoch, variant_id, bucket, count(*) as count
      from unnest(${list('metric')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[], ${list('bucket')}::int[])
        as g(metric_name, epoch, variant_id, bucket)
      group by metric_name, epoch, variant_id, bucket
    ) gone
    where b.test_id = ${test.id}::uuid and b.metric_name = gone.metric_name and b.epoch = gone.epoch
      and b.variant_id = gone.variant_id and b.bucket = gone.bucket`.execute(db)
}

/** The logarithm of a unit's mean, as a decimal that is the same whenever it is computed; null where there is none. */
function logOf(x: string, n: string) {
  return sql.raw(`case when ${x} > 0 then ln((${x} / ${n})::float8)::text::numeric end`)
}

function zeroIfNone(sum: string) {
  return sql.raw(`coalesce(${sum}, 0)`)
}

function sumOf(term: ReturnType<typeof logOf>, power: 1 | 2) {
  return power === 1 ? sql`coalesce(sum(${term}), 0)` : sql`coalesce(sum((${term}) * (${term})), 0)`
}

function toAssigned(row: {
  session_id: string
  variant_id: string
  epoch: number
  is_excluded: boolean
}): AssignedUnit {
  return { unit: row.session_id, variantId: row.variant_id, epoch: row.epoch, isExcluded: row.is_excluded }
}
