import type { CovariateMoments, UnitMoments } from '@fairlead/core/experiment'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'

/** What one variant has shown of one metric in one epoch. */
export interface ArmRow {
  metric: string
  epoch: number
  variantId: string
  /** Of units that were shown another variant in another epoch, or of those that were not. */
  isCrossed: boolean
  moments: UnitMoments
  /** Σ(value − mean)² over observations. */
  observedSquares: number
  /** Of the units whose mean is above 0, how many they are, and the mean and centred squares of its logarithm. */
  positive: { units: number; meanLog: number; squares: number }
  /** What was known of the units before; undefined where it is not known of all. */
  covariate: CovariateMoments | undefined
}

/**
 * Centred in the database, where sums are exact. Zeros at their ends are left off: a quotient has more places of a number
 * that has them, so results would tell what has been in a sum and is gone.
 */
export async function listArms(db: ScopedDb, testId: string): Promise<ArmRow[]> {
  const { rows } = await sql<{
    metric: string
    epoch: number
    variantId: string
    isCrossed: boolean
    units: number
    meanN: number
    meanX: number
    nn: number
    nx: number
    xx: number
    observed: number
    positive: number
    meanLog: number | null
    logSquares: number | null
    meanC: number | null
    cc: number | null
    cx: number | null
    cn: number | null
  }>`
    select metric_name as metric, epoch, variant_id as "variantId", is_crossed as "isCrossed", units::float8 as units,
      (n / units)::float8 as "meanN", (x / units)::float8 as "meanX",
      ((units * nn - n * n) / units)::float8 as nn, ((units * nx - n * x) / units)::float8 as nx,
      ((units * xx - x * x) / units)::float8 as xx, ((n * observed_xx - x * x) / n)::float8 as observed,
      positive::float8 as positive, (log / nullif(positive, 0))::float8 as "meanLog",
      ((positive * loglog - log * log) / nullif(positive, 0))::float8 as "logSquares",
      case when covered = units then (c / units)::float8 end as "meanC",
      ((units * cc - c * c) / units)::float8 as cc, ((units * cx - c * x) / units)::float8 as cx,
      ((units * cn - c * n) / units)::float8 as cn
    from (
      select metric_name, epoch, variant_id, is_crossed, units, n, positive, covered, nn, ${trimmed}
      from ab_arm_statistics
      where test_id = ${testId} and units > 0
    ) arms
    order by metric_name, epoch, variant_id, is_crossed`.execute(db)
  return rows.map(({ metric, epoch, variantId, isCrossed, units, meanN, meanX, nn, nx, xx, ...row }) => ({
    metric,
    epoch,
    variantId,
    isCrossed,
    moments: { units, meanN, meanX, nn, nx, xx },
    observedSquares: row.observed,
    positive: { units: row.positive, meanLog: row.meanLog ?? 0, squares: row.logSquares ?? 0 },
    covariate: row.meanC === null ? undefined : { meanC: row.meanC, cc: row.cc!, cx: row.cx!, cn: row.cn! },
  }))
}

const trimmed = sql.raw(
  ['x', 'nx', 'xx', 'observed_xx', 'log', 'loglog', 'c', 'cc', 'cn', 'cx']
    .map((sum) => `trim_scale(${sum}) as ${sum}`)
    .join(', '),
)

/** The buckets of the sketches of a test's arms. */
export async function listBuckets(
  db: ScopedDb,
  testId: string,
): Promise<{ metric: string; epoch: number; variantId: string; bucket: number; count: number }[]> {
  const rows = await db
    .selectFrom('ab_arm_buckets')
    .select(['metric_name', 'epoch', 'variant_id', 'bucket', 'count'])
    .where('test_id', '=', testId)
    .where('count', '>', 0)
    .execute()
  return rows.map((row) => ({
    metric: row.metric_name,
    epoch: row.epoch,
    variantId: row.variant_id,
    bucket: row.bucket,
    count: row.count,
  }))
}

/** Of each epoch, how many units each variant has, and by which weights they were assigned. */
export async function listUnitCounts(
  db: ScopedDb,
  testId: string,
): Promise<{ epoch: number; variantId: string; units: number; excluded: number }[]> {
  const rows = await db
    .selectFrom('ab_unit_counts')
    .select(['epoch', 'variant_id', 'units', 'excluded'])
    .where('test_id', '=', testId)
    .execute()
  return rows.map(({ variant_id, ...row }) => ({ variantId: variant_id, ...row }))
}

export async function listEpochs(db: ScopedDb, testId: string): Promise<{ epoch: number; weights: number[] }[]> {
  const rows = await db
    .selectFrom('ab_epochs')
    .select(['epoch', 'weights'])
    .where('test_id', '=', testId)
    .orderBy('epoch')
    .execute()
  return rows.map(({ epoch, weights }) => ({ epoch, weights: weights as number[] }))
}
