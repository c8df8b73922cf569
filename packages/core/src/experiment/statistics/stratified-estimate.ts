import type { Estimate, UnitMoments } from './unit-moments.ts'
import { ratioEstimate } from './unit-moments.ts'

/** What was seen of a metric: per epoch, per arm. Units of different epochs were assigned by different weights. */
export type Strata = readonly (readonly UnitMoments[])[]

/** An estimate of one arm over strata, from how many of its units it is, and how well its variance is known. */
export interface StratifiedEstimate extends Estimate {
  units: number
  degreesOfFreedom: number
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
  return poolStrata(complete.map((stratum) => compared.map((arm) => unitEstimate(stratum[arm]!))))
}

/** Of one arm in one stratum. */
export function unitEstimate(moments: UnitMoments): StratifiedEstimate {
  return { ...ratioEstimate(moments), units: moments.units, degreesOfFreedom: moments.units - 1 }
}

/** Estimates by stratum and arm, weighted by the units of all arms in each stratum; null of no stratum. */
export function poolStrata(strata: readonly (readonly StratifiedEstimate[])[]): StratifiedEstimate[] | null {
  if (strata.length === 0) return null
  const shares = strataShares(strata.map((arms) => arms.map(({ units }) => units)))
  return strata[0]!.map((first, arm) => {
    if (strata.length === 1) return first
    const pooled = { value: 0, variance: 0, units: 0, degreesOfFreedom: 0 }
    let spread = 0
    for (const [index, arms] of strata.entries()) {
      const { value, variance, units, degreesOfFreedom } = arms[arm]!
      const part = shares[index]! ** 2 * variance
      pooled.value += shares[index]! * value
      pooled.variance += part
      pooled.units += units
      spread += (part * part) / degreesOfFreedom
      pooled.degreesOfFreedom += degreesOfFreedom
    }
    // Satterthwaite's: between those of the stratum that says least and their sum.
    if (spread > 0) pooled.degreesOfFreedom = pooled.variance ** 2 / spread
    return pooled
  })
}

/** What share of all units each stratum has. */
export function strataShares(units: readonly (readonly number[])[]): number[] {
  const sizes = units.map((arms) => arms.reduce((sum, size) => sum + size, 0))
  const all = sizes.reduce((sum, size) => sum + size, 0)
  return sizes.map((size) => size / all)
}

/** Whether the mean of an observation and its variance can be had: from two units, with observations. */
export function isEstimable(moments: UnitMoments | undefined): moments is UnitMoments {
  return moments !== undefined && moments.units >= 2 && moments.meanN > 0
}
