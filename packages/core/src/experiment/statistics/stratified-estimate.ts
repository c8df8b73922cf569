import type { Estimate, UnitMoments } from './unit-moments.ts'
import { ratioEstimate } from './unit-moments.ts'

/** What was seen of a metric: per epoch, per arm. Units of different epochs were assigned by different weights. */
export type Strata = readonly (readonly UnitMoments[])[]

/** An estimate of one arm over strata, and from how many of its units it is. */
export interface StratifiedEstimate extends Estimate {
  units: number
}

/**
 * The mean of each arm as if the units of all arms had been given to it: its estimates of the epochs, weighted by all the
 * units of each (post-stratification). So a trend that meets a change of weights is no difference between arms (Simpson's
 * paradox). Of all arms, or of those that are named. Only epochs count in which each of them has two units; null if there
 * is none.
 */
export function stratifiedEstimates(strata: Strata, arms?: readonly number[]): StratifiedEstimate[] | null {
  const compared = arms ?? (strata[0] ?? []).map((_, arm) => arm)
  const complete = strata.filter((stratum) => compared.every((arm) => isEstimable(stratum[arm])))
  const sizes = complete.map((stratum) => compared.reduce((units, arm) => units + stratum[arm]!.units, 0))
  const all = sizes.reduce((sum, size) => sum + size, 0)
  if (all === 0) return null
  return compared.map((arm) => {
    const estimate = { value: 0, variance: 0, units: 0 }
    for (const [index, stratum] of complete.entries()) {
      const share = sizes[index]! / all
      const { value, variance } = ratioEstimate(stratum[arm]!)
      estimate.value += share * value
      estimate.variance += share * share * variance
      estimate.units += stratum[arm]!.units
    }
    return estimate
  })
}

/** Whether the mean of an observation and its variance can be had: from two units, with observations. */
function isEstimable(moments: UnitMoments | undefined): boolean {
  return moments !== undefined && moments.units >= 2 && moments.meanN > 0
}
