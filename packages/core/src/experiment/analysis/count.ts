import { gammaPosterior } from '../statistics/posterior.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import { armEstimates, mostObservations, singleObservations } from './arm-estimates.ts'
import type { ArmEvidence, ArmPosterior } from './arm-evidence.ts'
import { missing } from './arm-evidence.ts'
import { effectiveSize } from './effective-size.ts'

/**
 * Of events per observation: the exact Gamma-Poisson posterior where every unit has one observation, there is one stratum
 * and counts vary no more than Poisson's do; else a gamma distribution of as many observations as the estimate over units
 * and strata is worth.
 */
export function countPosteriors(
  strata: readonly (readonly ArmEvidence[])[],
  prior: readonly [number, number] = [1, 1],
): ArmPosterior[] {
  const single = singleObservations(strata)
  if (single && !single.some(isOverdispersed)) return single.map(({ units, meanX }) => found(meanX, units, prior))
  return armEstimates(strata).map((estimate, arm) => {
    if (!estimate) return missing('too_few_units')
    return found(estimate.value, effectiveSize(estimate, estimate.value, mostObservations(strata, arm)), prior)
  })
}

/** Whether the variance is above the mean by more than three standard errors of that ratio. */
function isOverdispersed({ units, meanX, xx }: UnitMoments): boolean {
  if (units < 2) return false
  return xx / (units - 1) > meanX * (1 + 3 * Math.sqrt(2 / (units - 1)))
}

function found(rate: number, exposure: number, prior: readonly [number, number]): ArmPosterior {
  return { posterior: gammaPosterior({ events: Math.max(0, rate) * exposure, exposure, prior }), reason: null }
}
