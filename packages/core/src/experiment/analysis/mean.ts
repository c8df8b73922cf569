import { armEstimates } from './arm-estimates.ts'
import type { ArmEvidence, ArmPosterior } from './arm-evidence.ts'
import { missing } from './arm-evidence.ts'

/**
 * Of a mean, or of a ratio of two sums over units: Student's t of its estimate. For one observation per unit and one stratum
 * it is the exact posterior from the reference prior, of several by the delta method.
 */
export function meanPosteriors(strata: readonly (readonly ArmEvidence[])[]): ArmPosterior[] {
  return armEstimates(strata).map((estimate) => {
    if (!estimate) return missing('too_few_units')
    const { value, variance, degreesOfFreedom } = estimate
    if (!(variance > 0)) return missing('no_variance')
    return {
      posterior: { kind: 'student', degreesOfFreedom, location: value, scale: Math.sqrt(variance) },
      reason: null,
    }
  })
}
