import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'

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
}

/** A unit that is in the analysis, or was until now. */
export interface AssignedUnit {
  unit: string
  variantId: string
  epoch: number
  isExcluded: boolean
  /** By metric, what was known of the unit before. */
  covariates: Readonly<Record<string, number>> | null
}

/** The first exposures of units, of those that are named. */
export async function findAssigned(db: ScopedDb, test: HeldTest, units: readonly string[]): Promise<AssignedUnit[]> {
  // A join: an array of thousands would be gone through for every row.
  const { rows } = await sql<AssignedRow>`
    select a.session_id, a.variant_id, a.epoch, a.is_excluded, a.covariates
    from unnest(${units}::text[]) as u(session_id)
    join ab_assignments a on a.organization_id = ${test.organization_id}::uuid and a.test_id = ${test.id}::uuid
      and a.session_id = u.session_id`.execute(db)
  return rows.map(toAssigned)
}

/** Remembers exposures, each once. Answers those that were new. */
export async function insertExposures(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<Pick<NewExposure, 'unit' | 'epoch' | 'variantId'>[]> {
  const list = listsOf(exposures)
  const { rows } = await sql<{ unit: string; epoch: number; variantId: string }>`
    insert into ab_exposures (organization_id, test_id, session_id, epoch, variant_id)
    select ${test.organization_id}::uuid, ${test.id}::uuid, *
    from unnest(${list('unit')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[])
    on conflict do nothing
    returning session_id as unit, epoch, variant_id as "variantId"`.execute(db)
  return rows
}

/** Assigns units to what they were exposed to first; those that are assigned already stay where they are. */
export async function insertAssignments(db: ScopedDb, test: HeldTest, first: readonly NewExposure[]): Promise<void> {
  const list = listsOf(first)
  const covariates = first.map((exposure) => exposure.covariates && JSON.stringify(exposure.covariates))
  await sql`
    with assigned as (
      insert into ab_assignments (organization_id, test_id, session_id, epoch, variant_id, covariates)
      select ${test.organization_id}::uuid, ${test.id}::uuid, unit, epoch, variant_id, covariates::json
      from unnest(${list('unit')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[], ${covariates}::text[])
        as f(unit, epoch, variant_id, covariates)
      on conflict (organization_id, test_id, session_id) do nothing
      returning epoch, variant_id
    )
    insert into ab_unit_counts as known (organization_id, test_id, epoch, variant_id, units)
    select ${test.organization_id}::uuid, ${test.id}::uuid, epoch, variant_id, count(*)
    from assigned group by epoch, variant_id
    on conflict (organization_id, test_id, epoch, variant_id) do update set units = known.units + excluded.units
  `.execute(db)
}

/** Takes units out of the analysis that were shown another variant than their first. Answers those that were in it. */
export async function excludeUnits(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<AssignedUnit[]> {
  const units = exposures.map(({ unit }) => unit)
  const variants = exposures.map(({ variantId }) => variantId)
  const { rows } = await sql<AssignedRow>`
    with shown as (select distinct * from unnest(${units}::text[], ${variants}::uuid[]) as s(session_id, variant_id)),
    left_out as (
      update ab_assignments a set is_excluded = true from shown
      where a.organization_id = ${test.organization_id}::uuid and a.test_id = ${test.id}::uuid
        and a.session_id = shown.session_id
        and a.variant_id <> shown.variant_id and not a.is_excluded
      returning a.session_id, a.variant_id, a.epoch, a.is_excluded, a.covariates
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
      delete from ab_unit_statistics
      using unnest(${units}::text[]) as gone(unit)
      where organization_id = ${test.organization_id}::uuid and test_id = ${test.id}::uuid and session_id = gone.unit
      returning metric_name, epoch, variant_id, n, x, xx, c
    ), summed as (
      select metric_name, epoch, variant_id, count(*) as units, sum(n) as n, sum(x) as x, sum(n * n) as nn,
        sum(n * x) as nx, sum(x * x) as xx, sum(xx) as observed_xx, count(*) filter (where x > 0) as positive,
        ${sumOf(logOf('x', 'n'), 1)} as log, ${sumOf(logOf('x', 'n'), 2)} as loglog, count(c) as covered,
        ${zeroIfNone('sum(c)')} as c, ${zeroIfNone('sum(c * c)')} as cc, ${zeroIfNone('sum(c * n)')} as cn,
        ${zeroIfNone('sum(c * x)')} as cx
      from gone
      group by metric_name, epoch, variant_id
    )
    update ab_arm_statistics s set units = s.units - gone.units, n = s.n - gone.n, x = s.x - gone.x,
      nn = s.nn - gone.nn, nx = s.nx - gone.nx, xx = s.xx - gone.xx, observed_xx = s.observed_xx - gone.observed_xx,
      positive = s.positive - gone.positive, log = s.log - gone.log, loglog = s.loglog - gone.loglog,
      covered = s.covered - gone.covered, c = s.c - gone.c, cc = s.cc - gone.cc, cn = s.cn - gone.cn, cx = s.cx - gone.cx
    from summed gone
    where s.test_id = ${test.id}::uuid and s.metric_name = gone.metric_name and s.epoch = gone.epoch
      and s.variant_id = gone.variant_id`.execute(db)
}

/** Stores observations, each id of a metric once. Answers the ids of those that were new, by metric. */
export async function insertObservations(
  db: ScopedDb,
  test: HeldTest,
  observations: readonly NewObservation[],
): Promise<Map<string, Set<string>>> {
  const list = listsOf(observations)
  const { rows } = await sql<{ metric: string; id: string }>`
    insert into ab_observations (organization_id, test_id, observation_id, session_id, metric_name, value)
    select ${test.organization_id}::uuid, ${test.id}::uuid, *
    from unnest(${list('id')}::text[], ${list('unit')}::text[], ${list('metric')}::text[], ${list('value')}::float8[])
    on conflict do nothing
    returning metric_name as metric, observation_id as id`.execute(db)
  const fresh = Map.groupBy(rows, ({ metric }) => metric)
  return new Map([...fresh].map(([metric, group]) => [metric, new Set(group.map(({ id }) => id))]))
}

/** An observation that has just been stored, with the arm that it lies in. */
export interface CountedObservation extends NewObservation {
  variantId: string
  epoch: number
  /** What was known of the unit before. */
  covariate: number | null
}

/**
 * Adds observations to the sums of their units and of their arms. Tables are not joined with each other here, and what
 * was added stands in the unit's row: of the rows that a statement has just written the planner knows nothing, and it
 * would compare each with each.
 */
export async function addToSums(
  db: ScopedDb,
  test: HeldTest,
  observations: readonly CountedObservation[],
): Promise<void> {
  const list = listsOf(observations)
  // As text, which says of a number exactly what it is.
  const [values, covariates] = [
    list('value').map(String),
    list('covariate').map((c) => (c === null ? null : String(c))),
  ]
  await sql`
    with added as (
      select session_id, metric_name, epoch, variant_id, c, count(*) as n, sum(value) as x, sum(value * value) as xx
      from unnest(${list('unit')}::text[], ${list('metric')}::text[], ${list('epoch')}::int[],
        ${list('variantId')}::uuid[], ${covariates}::numeric[], ${values}::numeric[])
        as a(session_id, metric_name, epoch, variant_id, c, value)
      group by session_id, metric_name, epoch, variant_id, c
    ), moved as (
      insert into ab_unit_statistics as u (organization_id, test_id, session_id, metric_name, epoch, variant_id, c,
        n, x, xx, added_n, added_x, added_xx)
      select ${test.organization_id}::uuid, ${test.id}::uuid, session_id, metric_name, epoch, variant_id, c,
        n, x, xx, n, x, xx
      from added
      on conflict (organization_id, test_id, session_id, metric_name) do update set
        n = u.n + excluded.n, x = u.x + excluded.x, xx = u.xx + excluded.xx,
        added_n = excluded.n, added_x = excluded.x, added_xx = excluded.xx
      returning metric_name, epoch, variant_id, c, n, x, added_n as dn, added_x as dx, added_xx as dxx,
        n - added_n as n0, x - added_x as x0
    )
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
      cn = arm.cn + excluded.cn, cx = arm.cx + excluded.cx`.execute(db)
}

/** Adds observations to the sketches of their arms. */
export async function addToBuckets(
  db: ScopedDb,
  test: HeldTest,
  observations: readonly BucketedObservation[],
): Promise<void> {
  const list = listsOf(observations)
  await sql`
    insert into ab_arm_buckets as known (organization_id, test_id, metric_name, epoch, variant_id, bucket, count)
    select ${test.organization_id}::uuid, ${test.id}::uuid, metric_name, epoch, variant_id, bucket, count(*)
    from unnest(${list('metric')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[], ${list('bucket')}::int[])
      as a(metric_name, epoch, variant_id, bucket)
    group by metric_name, epoch, variant_id, bucket
    on conflict (organization_id, test_id, metric_name, epoch, variant_id, bucket)
      do update set count = known.count + excluded.count`.execute(db)
}

/** The values of some metrics that were observed of units, with the arms that they lie in. */
export async function observedValues(
  db: ScopedDb,
  test: HeldTest,
  units: readonly string[],
  metrics: readonly string[],
): Promise<{ metric: string; unit: string; value: number }[]> {
  const { rows } = await sql<{ metric: string; unit: string; value: number }>`
    select o.metric_name as metric, o.session_id as unit, o.value
    from unnest(${units}::text[]) as u(session_id)
    join ab_observations o on o.organization_id = ${test.organization_id}::uuid and o.test_id = ${test.id}::uuid
      and o.session_id = u.session_id
    where o.metric_name = any(${metrics}::text[])`.execute(db)
  return rows
}

/** One observation in a bucket of an arm's sketch. */
export interface BucketedObservation {
  metric: string
  epoch: number
  variantId: string
  bucket: number
}

/** Takes counts from buckets again. */
export async function takeFromBuckets(
  db: ScopedDb,
  test: HeldTest,
  gone: readonly BucketedObservation[],
): Promise<void> {
  const list = listsOf(gone)
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

/** A column of rows that are sent as arrays, one for each column. */
function listsOf<Row>(rows: readonly Row[]): <Key extends keyof Row>(key: Key) => Row[Key][] {
  return (key) => rows.map((row) => row[key])
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

type AssignedRow = Pick<
  Selectable<Tables['ab_assignments']>,
  'session_id' | 'variant_id' | 'epoch' | 'is_excluded' | 'covariates'
>

function toAssigned(row: AssignedRow): AssignedUnit {
  return {
    unit: row.session_id,
    variantId: row.variant_id,
    epoch: row.epoch,
    isExcluded: row.is_excluded,
    covariates: row.covariates as AssignedUnit['covariates'],
  }
}
