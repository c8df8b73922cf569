import type { Estimate, UnitMoments } from './unit-moments.ts'
import { ratioEstimate } from './unit-moments.ts'

/** An estimate of one arm over strata, and from how many of its units it is. */
export interface StratifiedEstimate extends Estimate {
  units: number
}

/**
 * The mean of an observation in every arm, from moments by stratum and arm, such as by epoch of weights. Arms are compared
 * within each stratum, and every arm weighs the strata alike, by the units that all arms have there: what differs between
 * epochs is not taken for a difference between arms (Simpson's paradox). Only strata in which every arm has two units
 * count, and null is what there is when none has.
 */
export function stratifiedEstimates(strata: readonly (readonly UnitMoments[])[]): StratifiedEstimate[] | null {
  const compared = strata.filter((arms) => arms.length > 0 && arms.every(isEstimable))
  if (compared.length === 0) return null
  const sizes = compared.map((arms) => arms.reduce((sum, { units }) => sum + units, 0))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return compared[0]!.map((_, arm) => {
    const sum = { value: 0, variance: 0, units: 0 }
    for (const [index, arms] of compared.entries()) {
      const weight = sizes[index]! / total
      const estimate = ratioEstimate(arms[arm]!)
      sum.value += weight * estimate.value
      sum.variance += weight * weight * estimate.variance
      sum.units += arms[arm]!.units
    }
    return sum
  })
}

/** Whether the mean of an observation and its variance can be had: from two units, with observations. */
function isEstimable({ units, meanN }: UnitMoments): boolean {
  return units >= 2 && meanN > 0
}
