import type { Posterior } from '../statistics/posterior.ts'
import { betaPosterior } from '../statistics/posterior.ts'
import { armEstimates, mostObservations, singleObservations } from './arm-estimates.ts'
import type { ArmEvidence, ArmPosterior } from './arm-evidence.ts'
import { missing } from './arm-evidence.ts'
import { effectiveSize } from './effective-size.ts'

/**
 * Of shares: the exact Beta-Binomial posterior where every unit has one observation and there is one stratum; else a beta
 * distribution of as many observations as the estimate over units and strata is worth.
 */
export function proportionPosteriors(
  strata: readonly (readonly ArmEvidence[])[],
  prior: readonly [number, number] = [1, 1],
): ArmPosterior[] {
  const single = singleObservations(strata)
  if (single) return single.map(({ units, meanX }) => found(meanX, units, prior))
  return armEstimates(strata).map((estimate, arm) => {
    if (!estimate) return missing('too_few_units')
    const { value } = estimate
    return found(value, effectiveSize(estimate, value * (1 - value), mostObservations(strata, arm)), prior)
  })
}

function found(share: number, trials: number, prior: readonly [number, number]): ArmPosterior {
  const successes = Math.min(1, Math.max(0, share)) * trials
  const posterior: Posterior = betaPosterior({ successes, trials, prior })
  return { posterior, reason: null }
}
