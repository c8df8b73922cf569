import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'
import { columnsOf } from './columns.ts'
import type { HeldTest } from './evidence-store.ts'

/** Sums that observations are added to. */
interface Arm {
  epoch: number
  variantId: string
  /** Whether they are of the units that crossed to another variant in another epoch, which are kept apart. */
  isCrossed: boolean
}

/** An observation with the arm that it counts for. */
export interface NewObservation {
  id: string
  unit: string
  metric: string
  value: number
  /** Null of a unit that has left the analysis: it is kept, and counts for nothing. */
  arm: Arm | null
  /** What was known of the unit before. */
  covariate: number | null
  /** Where it lies in a sketch; null of a metric that has none, and of a unit that is in none. */
  bucket: number | null
}

/**
 * Stores observations, each id of a metric once, and adds those that are new to the sums of their units and their arms and
 * to the sketches of these. No id may be given twice. Answers how many were new.
 *
 * One statement, so that what it takes in is sent once; and as nobody else writes to the evidence of a test that is held,
 * what is new is looked up first: half the price of letting each row find out by a conflict.
 */
export async function insertObservations(
  db: ScopedDb,
  test: HeldTest,
  observations: readonly NewObservation[],
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with told as (${toldOf(observations)}),
    fresh as materialized (
      select told.* from told left join lateral (
        select true as is_known from ab_observations o
        where o.organization_id = ${test.organization_id}::uuid and o.test_id = ${test.id}::uuid
          and o.metric_name = told.metric_name and o.observation_id = told.observation_id
        limit 1
      ) o on true
      where o.is_known is null
    ), stored as (
      insert into ab_observations (organization_id, test_id, observation_id, session_id, metric_name, value, bucket)
      select ${keyOf(test)}, observation_id, session_id, metric_name, value::float8, bucket
      from fresh
    ), bucketed as (
      insert into ab_arm_buckets as known (organization_id, test_id, metric_name, epoch, variant_id, bucket, count)
      select ${keyOf(test)}, metric_name, epoch, variant_id, bucket, count(*)
      from fresh where bucket is not null
      group by metric_name, epoch, variant_id, bucket
      on conflict (organization_id, test_id, metric_name, epoch, variant_id, bucket)
        do update set count = known.count + excluded.count
    ), ${unitSums(test)}, ${armSums(test)}
    select count(*) from fresh`.execute(db)
  return rows[0]!.count
}

function toldOf(observations: readonly NewObservation[]) {
  const column = columnsOf(observations)
  const arms = column('arm')
  // As text, which says of a number exactly what it is.
  const [values, covariates] = [
    column('value').map(String),
    column('covariate').map((c) => (c === null ? null : String(c))),
  ]
  return sql`
    select * from unnest(${column('id')}::text[], ${column('unit')}::text[], ${column('metric')}::text[],
      ${values}::numeric[], ${arms.map((arm) => arm?.epoch)}::int[],
      ${arms.map((arm) => arm?.variantId)}::uuid[], ${arms.map((arm) => arm?.isCrossed)}::boolean[],
      ${covariates}::numeric[], ${column('bucket')}::int[])
      as told(observation_id, session_id, metric_name, value, epoch, variant_id, is_crossed, c, bucket)`
}

/**
 * What units had (n0, x0), what is added to them (dn, dx), and what they have with it; then they have it. Looked up one by
 * one: no plan may read the whole test, and none knows how many rows come out of what was just written.
 */
function unitSums(test: HeldTest) {
  return sql`
    added as (
      select session_id, metric_name, epoch, variant_id, is_crossed, c, count(*) as dn, sum(value) as dx,
        sum(value * value) as dxx
      from fresh where epoch > 0
      group by session_id, metric_name, epoch, variant_id, is_crossed, c
    ), summed as (
      select added.*, coalesce(u.n, 0) as n0, coalesce(u.x, 0) as x0, coalesce(u.n, 0) + dn as n,
        coalesce(u.x, 0) + dx as x, coalesce(u.xx, 0) + dxx as xx
      from added left join lateral (
        select n, x, xx from ab_unit_statistics
        where organization_id = ${test.organization_id}::uuid and test_id = ${test.id}::uuid
          and session_id = added.session_id and metric_name = added.metric_name
        limit 1
      ) u on true
    ), moved as materialized (
      select *, ${logOf('x', 'n')} as l, ${logOf('x0', 'n0')} as l0 from summed
    ), entered as (
      insert into ab_unit_statistics
        (organization_id, test_id, session_id, metric_name, epoch, variant_id, c, n, x, xx)
      select ${keyOf(test)}, session_id, metric_name, epoch, variant_id, c, n, x, xx from moved where n0 = 0
    ), grown as (
      insert into ab_unit_statistics
        (organization_id, test_id, session_id, metric_name, epoch, variant_id, c, n, x, xx)
      select ${keyOf(test)}, session_id, metric_name, epoch, variant_id, c, n, x, xx from moved where n0 > 0
      on conflict (organization_id, test_id, session_id, metric_name)
        do update set n = excluded.n, x = excluded.x, xx = excluded.xx
    )`
}

function armSums(test: HeldTest) {
  return sql`
    summed_up as (
      insert into ab_arm_statistics as arm (${armKey}, ${armColumns})
      select ${keyOf(test)}, metric_name, epoch, variant_id, is_crossed,
        count(*) filter (where n0 = 0), count(l) - count(l0), count(c) filter (where n0 = 0),
        sum(dn), sum(dx), sum(n * n - n0 * n0), sum(n * x - n0 * x0), sum(x * x - x0 * x0), sum(dxx),
        ${sumOf('l')} - ${sumOf('l0')}, ${sumOf('l * l')} - ${sumOf('l0 * l0')}, coalesce(sum(c) filter (where n0 = 0), 0),
        coalesce(sum(c * c) filter (where n0 = 0), 0), ${sumOf('c * dn')}, ${sumOf('c * dx')}
      from moved
      group by metric_name, epoch, variant_id, is_crossed
      ${addToArm}
    )`
}

const counts = ['units', 'positive', 'covered']
const sums = ['n', 'x', 'nn', 'nx', 'xx', 'observed_xx', 'log', 'loglog', 'c', 'cc', 'cn', 'cx']
const armKey = sql.raw('organization_id, test_id, metric_name, epoch, variant_id, is_crossed')
const armColumns = sql.raw([...counts, ...sums].join(', '))
const addToArm = sql`on conflict (${armKey}) do update set
        ${sql.raw([...counts, ...sums].map((sum) => `${sum} = arm.${sum} + excluded.${sum}`).join(', '))}`
const takenFromArm = sql.raw(
  [
    ...counts.map((count) => `${count} = arm.${count} - gone.${count}`),
    ...sums.map((sum) => `${sum} = trim_scale(arm.${sum} - gone.${sum})`),
  ].join(', '),
)

/** How units leave an arm: to those that crossed or altogether, and from those if they had crossed before. */
export interface Departure {
  wasCrossed: boolean
  isCrossed: boolean
}

/**
 * What units have contributed to their arms, taken from them again; exact, as all sums are, and to the last place: a
 * difference has as many as the longer of the two, zeros or not. What crosses is added to those that did.
 */
export async function takeAway(
  db: ScopedDb,
  test: HeldTest,
  units: readonly string[],
  departure: Departure,
): Promise<void> {
  await takeFromSums(db, test, units, departure)
  if (!departure.wasCrossed) await takeFromBuckets(db, test, units)
}

async function takeFromSums(
  db: ScopedDb,
  test: HeldTest,
  units: readonly string[],
  { wasCrossed, isCrossed }: Departure,
): Promise<void> {
  const isOfUnits = sql`u.organization_id = ${test.organization_id}::uuid and u.test_id = ${test.id}::uuid
        and u.session_id = any(${units}::text[])`
  const leaving = isCrossed
    ? sql`select u.* from ab_unit_statistics u where ${isOfUnits}`
    : sql`delete from ab_unit_statistics u where ${isOfUnits} returning u.*`
  const arrived = sql`, arrived as (
      insert into ab_arm_statistics as arm (${armKey}, ${armColumns})
      select ${keyOf(test)}, metric_name, epoch, variant_id, true, ${armColumns} from summed
      ${addToArm}
    )`
  await sql`
    with leaving as (${leaving}),
    gone as (select *, ${logOf('x', 'n')} as l from leaving),
    summed as (
      select metric_name, epoch, variant_id, count(*) as units, sum(n) as n, sum(x) as x, sum(n * n) as nn,
        sum(n * x) as nx, sum(x * x) as xx, sum(xx) as observed_xx, count(l) as positive,
        ${sumOf('l')} as log, ${sumOf('l * l')} as loglog, count(c) as covered,
        ${sumOf('c')} as c, ${sumOf('c * c')} as cc, ${sumOf('c * n')} as cn, ${sumOf('c * x')} as cx
      from gone
      group by metric_name, epoch, variant_id
    )${isCrossed ? arrived : sql``}
    update ab_arm_statistics arm set ${takenFromArm}
    from summed gone
    where arm.test_id = ${test.id}::uuid and arm.metric_name = gone.metric_name and arm.epoch = gone.epoch
      and arm.variant_id = gone.variant_id and arm.is_crossed = ${wasCrossed}`.execute(db)
}

/** Counts in buckets are of observations, so units that leave take theirs with them one by one. */
async function takeFromBuckets(db: ScopedDb, test: HeldTest, units: readonly string[]): Promise<void> {
  await sql`
    with gone as (
      select o.metric_name, a.epoch, a.variant_id, o.bucket, count(*) as count
      from unnest(${units}::text[]) as u(session_id)
      join ab_assignments a on a.organization_id = ${test.organization_id}::uuid and a.test_id = ${test.id}::uuid
        and a.session_id = u.session_id
      join ab_observations o on o.organization_id = ${test.organization_id}::uuid and o.test_id = ${test.id}::uuid
        and o.session_id = u.session_id and o.bucket is not null
      group by o.metric_name, a.epoch, a.variant_id, o.bucket
    )
    update ab_arm_buckets b set count = b.count - gone.count
    from gone
    where b.test_id = ${test.id}::uuid and b.metric_name = gone.metric_name and b.epoch = gone.epoch
      and b.variant_id = gone.variant_id and b.bucket = gone.bucket`.execute(db)
}

function keyOf(test: HeldTest) {
  return sql`${test.organization_id}::uuid, ${test.id}::uuid`
}

/** The logarithm of a unit's mean, as a decimal that is the same whenever it is computed; null where there is none. */
function logOf(x: string, n: string) {
  return sql.raw(`case when ${x} > 0 then ln((${x} / ${n})::float8)::text::numeric end`)
}

function sumOf(term: string) {
  return sql.raw(`coalesce(sum(${term}), 0)`)
}
