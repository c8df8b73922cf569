import type { Strata } from '../statistics/stratified-estimate.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import type { StoppingRule } from './rule.ts'

/**
 * What every arm must expect; below, no normal distribution describes an arm and nothing is decided. Of events it is the
 * rarer kind that counts; a mean needs more, for its variance is only estimated.
 */
export const leastExpected: Readonly<Record<StoppingRule['model'], number>> = { proportion: 20, count: 20, mean: 100 }

/**
 * How many independent events the arm with the fewest is expected to have, from the rate in all arms. What one unit does
 * several times counts as (Σx)² / Σx² (Kish's effective size), so that twenty runs of one user are not twenty events. Of a
 * proportion it is the rarer of successes and failures, of a mean the units.
 */
export function expectedEvents(strata: Strata, arms: readonly number[], model: StoppingRule['model']): number {
  const sums = arms.map((arm) => sumsOf(strata, arm))
  if (model === 'mean') return Math.min(...sums.map(({ units }) => units))
  const total = (key: keyof (typeof sums)[number]) => sums.reduce((sum, each) => sum + each[key], 0)
  const observed = total('n')
  if (observed === 0) return 0
  const leastShare = Math.min(...sums.map(({ n }) => n)) / observed
  const successes = effective(total('x'), total('xx'))
  if (model === 'count') return successes * leastShare
  const failures = effective(observed - total('x'), total('nn') - 2 * total('nx') + total('xx'))
  return Math.min(successes, failures) * leastShare
}

/** A rounding error of nothing is nothing. */
function effective(sum: number, squares: number): number {
  return squares > 0.5 ? sum ** 2 / squares : 0
}

/** Sums over units, no longer centred. */
function sumsOf(strata: Strata, arm: number) {
  const sums = { units: 0, n: 0, x: 0, nn: 0, nx: 0, xx: 0 }
  for (const stratum of strata) {
    const moments: UnitMoments = stratum[arm]!
    const { units, meanN, meanX } = moments
    sums.units += units
    sums.n += units * meanN
    sums.x += units * meanX
    sums.nn += moments.nn + units * meanN * meanN
    sums.nx += moments.nx + units * meanN * meanX
    sums.xx += moments.xx + units * meanX * meanX
  }
  return sums
}
