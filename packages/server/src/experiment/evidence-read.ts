import type { AssignedUnits, Metric, UnitMoments } from '@fairlead/core/experiment'
import { mergeMoments, noUnits } from '@fairlead/core/experiment'
import type { ScopedDb } from '../database/index.ts'
import type { ArmRow } from './arm-store.ts'
import { listArms, listEpochs, listUnitCounts } from './arm-store.ts'
import type { TestRow, VariantRow } from './test-store.ts'
import { listVariants } from './test-store.ts'

/** Everything that was seen of a test, as its analysis takes it: by the variants' places and the epochs in their order. */
export interface TestEvidence {
  variants: readonly VariantRow[]
  metrics: readonly Metric[]
  epochs: readonly { epoch: number; weights: number[] }[]
  counts: Awaited<ReturnType<typeof listUnitCounts>>
  arms: readonly ArmRow[]
}

export async function readEvidence(db: ScopedDb, test: TestRow): Promise<TestEvidence> {
  return {
    variants: await listVariants(db, [test.id]),
    metrics: test.metrics as Metric[],
    epochs: await listEpochs(db, test.id),
    counts: await listUnitCounts(db, test.id),
    arms: await listArms(db, test.id),
  }
}

/**
 * What rules judge, per epoch, per variant: all units by the variant that they were shown first. Those that come back under
 * other weights come from one variant alone; were they left out, alike variants would differ by who comes back.
 */
export function strataOf(evidence: TestEvidence, metric: string): UnitMoments[][] {
  const momentsOf = (isCrossed: boolean) =>
    placed(evidence, metric, isCrossed).map((stratum) => stratum.map((arm) => arm?.moments ?? noUnits))
  const crossed = momentsOf(true)
  return momentsOf(false).map((stratum, epoch) => stratum.map((arm, at) => mergeMoments(arm, crossed[epoch]![at]!)))
}

/** What results show, per epoch, per variant: units that saw one variant only; undefined where nothing was seen. */
export function armsOf(evidence: TestEvidence, metric: string): (ArmRow | undefined)[][] {
  return placed(evidence, metric, false)
}

function placed({ variants, epochs, arms }: TestEvidence, metric: string, isCrossed: boolean) {
  const wanted = arms.filter((arm) => arm.metric === metric && arm.isCrossed === isCrossed)
  const found = new Map(wanted.map((arm) => [`${arm.epoch} ${arm.variantId}`, arm]))
  return epochs.map(({ epoch }) => variants.map(({ id }) => found.get(`${epoch} ${id}`)))
}

/** Units that were exposed, those that left the analysis with them: they were assigned, too. */
export function assignedUnits({ variants, epochs, counts }: TestEvidence): AssignedUnits[] {
  return epochs.map(({ epoch, weights }) => ({
    weights,
    observed: variants.map(({ id }) => {
      const count = counts.find((one) => one.epoch === epoch && one.variantId === id)
      return count ? count.units + count.excluded : 0
    }),
  }))
}

/**
 * Whom a look compares: the control also where it has been dropped. What is used now must be beaten, or whoever sets
 * weights would choose the winner.
 */
export function comparedOf(evidence: TestEvidence): number[] {
  return [...new Set([0, ...contendersOf(evidence)])]
}

/** The variants that may still win: those that have a weight now. */
export function contendersOf({ variants }: TestEvidence): number[] {
  return variants.flatMap(({ traffic_weight }, place) => (traffic_weight > 0 ? [place] : []))
}
