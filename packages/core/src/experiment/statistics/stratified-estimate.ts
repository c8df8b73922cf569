import type { Estimate, UnitMoments } from './unit-moments.ts'
import { ratioEstimate } from './unit-moments.ts'

/** What was seen of a metric: per epoch, per arm. Units of different epochs were assigned by different weights. */
export type Strata = readonly (readonly UnitMoments[])[]

/**
 * The mean of each arm as if the units of all arms had been given to it: its estimates of the epochs, weighted by all the
 * units of each (post-stratification). So a trend that meets a change of weights is no difference between arms. Only epochs
 * count in which each of the arms has two units; null if there is none.
 */
export function stratifiedEstimates(strata: Strata, arms: readonly number[]): Estimate[] | null {
  const complete = strata.filter((stratum) => arms.every((arm) => isEstimable(stratum[arm])))
  const sizes = complete.map((stratum) => arms.reduce((units, arm) => units + stratum[arm]!.units, 0))
  const all = sizes.reduce((sum, size) => sum + size, 0)
  if (all === 0) return null
  return arms.map((arm) => {
    const estimate = { value: 0, variance: 0 }
    for (const [index, stratum] of complete.entries()) {
      const share = sizes[index]! / all
      const { value, variance } = ratioEstimate(stratum[arm]!)
      estimate.value += share * value
      estimate.variance += share * share * variance
    }
    return estimate
  })
}

function isEstimable(moments: UnitMoments | undefined): boolean {
  return moments !== undefined && moments.units >= 2 && moments.meanN > 0
}
