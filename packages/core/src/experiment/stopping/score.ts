import type { Strata } from '../statistics/stratified-estimate.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import { mergeMoments, ratioEstimate } from '../statistics/unit-moments.ts'

/**
 * By how much one arm is ahead of another one, as a process that grows with the evidence. Where neither is better it is a
 * sum of independent steps of mean 0, so that over its variance as the time it moves as Brownian motion does.
 */
export interface Score {
  /** Σ over epochs of weight × difference of the means. */
  sum: number
  variance: number
  /** Observations that the difference rests on: in each epoch, half the harmonic mean of the arms'. */
  weight: number
  /** As many units; known before any outcome is. */
  information: number
}

/**
 * Epochs are added up by the observations that are compared in each (Mantel and Haenszel's weights), which keeps the steps
 * independent whatever the weights of the arms were. The variance is the larger one of two. That of the units as if they
 * could be dealt to the arms anew (a permutation's) is right at small counts, where an arm's own variance depends on its
 * luck. That of each arm on its own is right where arms vary differently.
 */
export function scoreOf(strata: Strata, arm: number, other: number): Score {
  const score = { sum: 0, variance: 0, weight: 0, information: 0 }
  let unpooled = 0
  for (const stratum of strata) {
    const [a, b] = [stratum[arm]!, stratum[other]!]
    const [observedA, observedB] = [a.units * a.meanN, b.units * b.meanN]
    if (!(observedA > 0 && observedB > 0)) continue
    const weight = (observedA * observedB) / (observedA + observedB)
    const pooled = permutationVariance(a, b)
    score.sum += weight * (a.meanX / a.meanN - b.meanX / b.meanN)
    score.weight += weight
    score.information += (a.units * b.units) / (a.units + b.units)
    score.variance += pooled
    unpooled +=
      a.units >= 2 && b.units >= 2 ? weight * weight * (ratioEstimate(a).variance + ratioEstimate(b).variance) : pooled
  }
  score.variance = Math.max(score.variance, unpooled)
  return score
}

/** Of the sum over one arm's units of x − R n, where R is the mean of an observation in both arms. */
function permutationVariance(a: UnitMoments, b: UnitMoments): number {
  const { units, meanN, meanX, nn, nx, xx } = mergeMoments(a, b)
  const ratio = meanX / meanN
  const squares = Math.max(0, xx - 2 * ratio * nx + ratio * ratio * nn)
  return ((a.units / units) * b.units * squares) / (units - 1)
}

/** In standard deviations; 0 where nothing varies. */
export function standardized({ sum, variance }: Score): number {
  return variance > 0 ? sum / Math.sqrt(variance) : 0
}
