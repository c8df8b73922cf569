import type { Metric, VariantResult } from '@fairlead/core/experiment'
import {
  compareArms,
  credibleInterval,
  highestDensityInterval,
  liftOf,
  normalPosterior,
  plotPoints,
  stratifiedEstimates,
} from '@fairlead/core/experiment'
import type { ScopedDb } from '../database/index.ts'
import type { TestEvidence } from './evidence-read.ts'
import { strataOf } from './evidence-read.ts'
import type { TestRow } from './test-store.ts'

export async function analyze(
  _db: ScopedDb,
  _row: TestRow,
  evidence: TestEvidence,
  metric: Metric,
): Promise<VariantResult[]> {
  const strata = strataOf(evidence, metric.name)
  const estimates = stratifiedEstimates(strata)
  const posteriors = estimates?.map(({ value, variance }) => normalPosterior({ mean: value, sd: Math.sqrt(variance) }))
  const comparison = posteriors && compareArms(posteriors, metric)
  return evidence.variants.map(({ id }, arm) => {
    const moments = strata.map((stratum) => stratum[arm]!)
    const units = moments.reduce((sum, one) => sum + one.units, 0)
    const observations = Math.round(moments.reduce((sum, one) => sum + one.units * one.meanN, 0))
    const posterior = posteriors?.[arm]
    if (!posterior || !comparison)
      return {
        ...{ variantId: id, units, observations, mean: null, credibleInterval: null, highestDensityInterval: null },
        ...{ probabilityBest: null, expectedLoss: null, lift: null, reason: 'too_few_units' },
      }
    const options = { densityPoints: plotPoints, equivalent: { lower: -metric.margin, upper: metric.margin } }
    const absolute = liftOf(posteriors[0]!, posterior, { kind: 'absolute', densityPoints: plotPoints })!
    const relative = liftOf(posteriors[0]!, posterior, { kind: 'relative', ...options })
    const shown = ({ mean, median, interval, density }: typeof absolute) => ({
      mean,
      median,
      interval,
      density: density!,
    })
    const { probabilityPositive } = absolute
    return {
      variantId: id,
      units,
      observations,
      mean: estimates![arm]!.value,
      credibleInterval: credibleInterval(posterior, 0.95),
      highestDensityInterval: highestDensityInterval(posterior, 0.95),
      probabilityBest: comparison.probabilityBest[arm]!,
      expectedLoss: comparison.expectedLoss[arm]!,
      lift:
        arm === 0
          ? null
          : {
              relative: relative && shown(relative),
              absolute: shown(absolute),
              probabilityBetter: metric.lowerIsBetter ? 1 - probabilityPositive : probabilityPositive,
              probabilityEquivalent: relative?.probabilityEquivalent ?? null,
            },
      reason: null,
    }
  })
}
