import type { Bandit, Metric } from '@fairlead/core/experiment'
import { normalPosterior, stratifiedEstimates, thompsonWeights } from '@fairlead/core/experiment'
import type { ScopedDb } from '../database/index.ts'
import { contendersOf, readEvidence, strataOf } from './evidence-read.ts'
import { controlPlane, record } from './history.ts'
import { reweigh } from './test-service.ts'
import * as store from './test-store.ts'

/** A weight is so many parts of all: fine enough for slots, and a whole number as weights are. */
const parts = 10_000

/**
 * Gives variants weights by the chance that each is the best, in a new epoch. Answers whether they changed: as long as too
 * little is known of one of them, they stay.
 */
export async function reweighByEvidence(db: ScopedDb, row: store.TestRow, bandit: Bandit): Promise<boolean> {
  const evidence = await readEvidence(db, row)
  const primary = (row.metrics as Metric[]).find(({ role }) => role === 'primary')!
  const contenders = contendersOf(evidence)
  const estimates = stratifiedEstimates(strataOf(evidence, primary.name), contenders)
  if (!estimates) return false
  const posteriors = estimates.map(({ value, variance }) => normalPosterior({ mean: value, sd: Math.sqrt(variance) }))
  const floor = Math.min(bandit.floor, 1 / contenders.length)
  const shares = thompsonWeights(posteriors, { floor, lowerIsBetter: primary.lowerIsBetter })
  const weights = Object.fromEntries(
    contenders.map((place, index) => [evidence.variants[place]!.id, Math.max(1, Math.round(shares[index]! * parts))]),
  )
  const epoch = await reweigh(db, row, evidence.variants, weights)
  if (epoch !== row.epoch) await store.updateTest(db, row.id, { epoch })
  await record(db, row, controlPlane, 'reweighted', { epoch, weights, estimates, contenders })
  return epoch !== row.epoch
}
