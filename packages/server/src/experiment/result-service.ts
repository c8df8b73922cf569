import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/core/base'
import type { AbTestResults, Metric, ResultSnapshot } from '@fairlead/core/experiment'
import { sampleRatioEvidence, sampleRatioMismatch } from '@fairlead/core/experiment'
import type { Selectable } from 'kysely'
import type { Database, ScopedDb, Tables } from '../database/index.ts'
import { analyze } from './analysis.ts'
import { listBuckets } from './arm-store.ts'
import type { TestEvidence } from './evidence-read.ts'
import { assignedUnits, contendersOf, readEvidence } from './evidence-read.ts'
import { lastLook } from './look-record.ts'
import { requireTest } from './test-service.ts'
import type { Keyset, TestRow } from './test-store.ts'
import { listVariants } from './test-store.ts'

/** Results that are remembered. */
const mostKnown = 200

/** What tests have shown, for people to see; nothing is decided by it. */
export class ResultService {
  readonly #database: Database
  readonly #known = new Map<string, AbTestResults['metrics']>()

  constructor(database: Database) {
    this.#database = database
  }

  get(
    organizationId: string,
    idOrKey: string,
    wanted: { metric?: string | undefined; density?: boolean } = {},
  ): Promise<AbTestResults> {
    return this.#database.withOrganization(organizationId, async (db) => {
      const row = await requireTest(db, idOrKey)
      assertMeasured(row, wanted.metric)
      const evidence = await readEvidence(db, row)
      return {
        testId: row.id,
        status: row.status,
        epoch: row.epoch,
        asOf: new Date().toISOString(),
        units: unitsOf(evidence),
        sampleRatio: sampleRatioOf(evidence),
        metrics: await this.#analyzed(db, row, evidence, wanted),
        look: await lastLook(db, row.id, evidence.variants),
      }
    })
  }

  /** Keeps the results as they are now. */
  async snapshot(db: ScopedDb, row: TestRow, evidence: TestEvidence): Promise<void> {
    const results = await this.#analyzed(db, row, evidence)
    const rows = results.flatMap(({ name, variants }) =>
      variants.map(({ variantId, mean, observations, units, probabilityBest, expectedLoss, credibleInterval }) => ({
        organization_id: row.organization_id,
        test_id: row.id,
        variant_id: variantId,
        metric_name: name,
        metric_value: mean === null ? null : String(mean),
        sample_size: observations,
        unit_count: units,
        epoch: row.epoch,
        statistics: JSON.stringify({ probabilityBest, expectedLoss, credibleInterval }),
      })),
    )
    await db.insertInto('ab_results').values(rows).execute()
  }

  /**
   * The same evidence gives the same results, so viewers of a test that stands still are not computed anew. Buckets are
   * left out of what is compared: they never change without the sums of their arm.
   */
  async #analyzed(
    db: ScopedDb,
    row: TestRow,
    evidence: TestEvidence,
    { metric: wanted, density = false }: { metric?: string | undefined; density?: boolean } = {},
  ): Promise<AbTestResults['metrics']> {
    const metrics = (row.metrics as Metric[]).filter(({ name }) => wanted === undefined || name === wanted)
    const named = evidence.variants.map(({ id, name }) => [id, name])
    const sums = [evidence.arms, evidence.epochs, contendersOf(evidence)]
    const seen = JSON.stringify([row.id, named, metrics, density, ...sums])
    const key = createHash('sha256').update(seen).digest('base64')
    const known = this.#known.get(key)
    if (known) return known
    const buckets = metrics.some(({ model }) => model === 'quantile') ? await listBuckets(db, row.id) : []
    const results = metrics.map((metric) => {
      const { name, model, role, lowerIsBetter } = metric
      return { name, model, role, lowerIsBetter, variants: analyze(evidence, buckets, metric, density) }
    })
    this.#known.set(key, results)
    if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value!)
    return results
  }

  /** Newest first. */
  snapshots(
    organizationId: string,
    idOrKey: string,
    metric: string | undefined,
    { limit, after }: Keyset<readonly [at: string, id: string]>,
  ): Promise<ResultSnapshot[]> {
    return this.#database.withOrganization(organizationId, async (db) => {
      const row = await requireTest(db, idOrKey)
      assertMeasured(row, metric)
      let query = db.selectFrom('ab_results').selectAll().where('test_id', '=', row.id)
      if (metric !== undefined) query = query.where('metric_name', '=', metric)
      if (after !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('recorded_at', 'id'), '<', tuple(new Date(after[0]), after[1])),
        )
      }
      const rows = await query.orderBy('recorded_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
      const names = new Map((await listVariants(db, [row.id])).map(({ id, name }) => [id, name]))
      return rows.map((one) => toSnapshot(one, names.get(one.variant_id)!))
    })
  }
}

function assertMeasured({ key, metrics }: TestRow, wanted: string | undefined): void {
  const names = (metrics as Metric[]).map(({ name }) => name)
  if (wanted === undefined || names.includes(wanted)) return
  const message = `The test "${key}" has no metric "${wanted}". Its metrics are ${names.join(', ')}.`
  throw new FairleadError('experiment.metric_not_found', message, { data: { metrics: names } })
}

function toSnapshot(row: Selectable<Tables['ab_results']>, variantName: string): ResultSnapshot {
  return {
    id: row.id,
    variantId: row.variant_id,
    variantName,
    metric: row.metric_name,
    value: row.metric_value === null ? null : Number(row.metric_value),
    sampleSize: row.sample_size ?? 0,
    units: row.unit_count,
    epoch: row.epoch,
    ...(row.statistics as Pick<ResultSnapshot, 'probabilityBest' | 'expectedLoss' | 'credibleInterval'>),
    recordedAt: row.recorded_at.toISOString(),
  }
}

function unitsOf({ variants, counts }: TestEvidence): AbTestResults['units'] {
  return variants.map(({ id, name }) => {
    const own = counts.filter(({ variantId }) => variantId === id)
    const sum = (of: (count: (typeof own)[number]) => number) => own.reduce((total, count) => total + of(count), 0)
    return {
      variantId: id,
      variantName: name,
      units: sum(({ units }) => units),
      excluded: sum(({ excluded }) => excluded),
    }
  })
}

/** The chi-square is of the present epoch; the evidence that blocks winners is of all of them. */
function sampleRatioOf(evidence: TestEvidence): AbTestResults['sampleRatio'] {
  const assigned = assignedUnits(evidence)
  const { logEValue, isMismatch } = sampleRatioEvidence(assigned)
  const present = assigned.at(-1)
  if (!present) return { chiSquare: 0, degreesOfFreedom: 0, pValue: 1, logEValue, isMismatch }
  const { chiSquare, degreesOfFreedom, pValue } = sampleRatioMismatch(present)
  return { chiSquare: Number.isFinite(chiSquare) ? chiSquare : null, degreesOfFreedom, pValue, logEValue, isMismatch }
}
