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
  /** Whether it left because weights had changed, so that it is kept among those that crossed. */
  isCrossed: boolean
  /** By metric, what was known of the unit before. */
  covariates: Readonly<Record<string, number>> | null
}

/** The first exposures of units, of those that are named. */
export async function findAssigned(db: ScopedDb, test: HeldTest, units: readonly string[]): Promise<AssignedUnit[]> {
  // A join: an array of thousands would be gone through for every row.
  const { rows } = await sql<AssignedRow>`
    select a.session_id, a.variant_id, a.epoch, a.is_excluded, a.is_crossed, a.covariates
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

/**
 * Takes units out of the analysis that were shown another variant than their first. Answers those that were in it. Units
 * that crossed to another variant because weights have changed are kept apart, in the sums of their first.
 */
export async function excludeUnits(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<AssignedUnit[]> {
  const list = listsOf(exposures)
  const { rows } = await sql<AssignedRow & { was_excluded: boolean }>`
    with shown_twice as (
      select a.session_id, a.is_excluded as was_excluded, bool_and(s.epoch <> a.epoch) as is_crossed
      from unnest(${list('unit')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[])
        as s(session_id, epoch, variant_id)
      join ab_assignments a on a.organization_id = ${test.organization_id}::uuid and a.test_id = ${test.id}::uuid
        and a.session_id = s.session_id and a.variant_id <> s.variant_id
        and (not a.is_excluded or a.is_crossed and a.epoch = s.epoch)
      group by a.session_id, a.is_excluded
    ), left_out as (
      update ab_assignments a set is_excluded = true, is_crossed = t.is_crossed from shown_twice t
      where a.organization_id = ${test.organization_id}::uuid and a.test_id = ${test.id}::uuid
        and a.session_id = t.session_id
      returning a.session_id, a.variant_id, a.epoch, a.is_excluded, a.is_crossed, a.covariates, t.was_excluded
    ), counted as (
      update ab_unit_counts c set units = c.units - l.count, excluded = c.excluded + l.count
      from (
        select epoch, variant_id, count(*) from left_out where not was_excluded group by epoch, variant_id
      ) l
      where c.test_id = ${test.id}::uuid and c.epoch = l.epoch and c.variant_id = l.variant_id
    )
    select * from left_out`.execute(db)
  for (const isCrossed of [false, true])
    for (const wasCrossed of isCrossed ? [false] : [false, true]) {
      const moved = rows.filter((row) => row.is_crossed === isCrossed && row.was_excluded === wasCrossed)
      const units = moved.map(({ session_id }) => session_id)
      if (units.length > 0) await takeAway(db, test, units, { wasCrossed, isCrossed })
    }
  return rows.filter((row) => !row.was_excluded).map(toAssigned)
}

/**
 * What units have contributed to their arms, taken from them again; exact, as all sums are. It goes to those that crossed,
 * or nowhere.
 */
async function takeAway(
  db: ScopedDb,
  test: HeldTest,
  units: readonly string[],
  { wasCrossed, isCrossed }: { wasCrossed: boolean; isCrossed: boolean },
): Promise<void> {
  const ofUnits = sql`ab_unit_statistics u
      ${sql.raw(isCrossed ? 'join' : 'using')} unnest(${units}::text[]) as gone(unit) ${sql.raw(isCrossed ? 'on' : 'where')}
        u.organization_id = ${test.organization_id}::uuid and u.test_id = ${test.id}::uuid and u.session_id = gone.unit`
  const found = isCrossed ? sql`select u.* from ${ofUnits}` : sql`delete from ${ofUnits} returning u.*`
  const added = sql`insert into ab_arm_statistics as arm (${armKey}, ${sumColumns})
      select ${test.organization_id}::uuid, ${test.id}::uuid, metric_name, epoch, variant_id, true, ${sumColumns} from summed
      ${addToArm}`
  await sql`
    with gone as (${found}), summed as (
      select metric_name, epoch, variant_id, count(*) as units, sum(n) as n, sum(x) as x, sum(n * n) as nn,
        sum(n * x) as nx, sum(x * x) as xx, sum(xx) as observed_xx, count(*) filter (where x > 0) as positive,
        ${sumOf(logOf('x', 'n'), 1)} as log, ${sumOf(logOf('x', 'n'), 2)} as loglog, count(c) as covered,
        ${zeroIfNone('sum(c)')} as c, ${zeroIfNone('sum(c * c)')} as cc, ${zeroIfNone('sum(c * n)')} as cn,
        ${zeroIfNone('sum(c * x)')} as cx
      from gone
      group by metric_name, epoch, variant_id
    )${isCrossed ? sql`, crossed as (${added})` : sql``}
    update ab_arm_statistics arm set ${sql.raw(sums.map((sum) => `${sum} = arm.${sum} - gone.${sum}`).join(', '))}
    from summed gone
    where arm.test_id = ${test.id}::uuid and arm.metric_name = gone.metric_name and arm.epoch = gone.epoch
      and arm.variant_id = gone.variant_id and arm.is_crossed = ${wasCrossed}`.execute(db)
}

const sums = [
  ...[
    'units',
    'n',
    'x',
    'nn',
    'nx',
    'xx',
    'observed_xx',
    'positive',
    'log',
    'loglog',
    'covered',
    'c',
    'cc',
    'cn',
    'cx',
  ],
]
const armKey = sql.raw('organization_id, test_id, metric_name, epoch, variant_id, is_crossed')
const sumColumns = sql.raw(sums.join(', '))
const addToArm = sql`on conflict (${armKey}) do update set
      ${sql.raw(sums.map((sum) => `${sum} = arm.${sum} + excluded.${sum}`).join(', '))}`

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
  { isCrossed }: { isCrossed: boolean },
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
    insert into ab_arm_statistics as arm (${armKey}, ${sumColumns})
    select ${test.organization_id}::uuid, ${test.id}::uuid, metric_name, epoch, variant_id, ${isCrossed}::boolean,
      count(*) filter (where n0 = 0), sum(dn), sum(dx), sum(n * n - n0 * n0), sum(n * x - n0 * x0),
      sum(x * x - x0 * x0), sum(dxx), count(*) filter (where x > 0) - count(*) filter (where x0 > 0),
      ${sumOf(logOf('x', 'n'), 1)} - ${sumOf(logOf('x0', 'n0'), 1)}, ${sumOf(logOf('x', 'n'), 2)} - ${sumOf(logOf('x0', 'n0'), 2)},
      count(c) filter (where n0 = 0), ${zeroIfNone('sum(c) filter (where n0 = 0)')},
      ${zeroIfNone('sum(c * c) filter (where n0 = 0)')}, ${zeroIfNone('sum(c * dn)')}, ${zeroIfNone('sum(c * dx)')}
    from moved
    group by metric_name, epoch, variant_id
    ${addToArm}`.execute(db)
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
  'session_id' | 'variant_id' | 'epoch' | 'is_excluded' | 'is_crossed' | 'covariates'
>

function toAssigned(row: AssignedRow): AssignedUnit {
  return {
    unit: row.session_id,
    variantId: row.variant_id,
    epoch: row.epoch,
    isExcluded: row.is_excluded,
    isCrossed: row.is_crossed,
    covariates: row.covariates as AssignedUnit['covariates'],
  }
}
