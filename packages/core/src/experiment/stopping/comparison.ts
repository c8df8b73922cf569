import type { Strata } from '../statistics/stratified-estimate.ts'
import type { Effect } from './rule.ts'
import { absoluteEffect } from './rule.ts'
import type { Score } from './score.ts'
import { scoreOf } from './score.ts'

/** A score of one arm over another one, later in the list; that of the other over it is its negative. */
export interface PairScore extends Score {
  arm: number
  other: number
}

/** Of every pair among the arms that are still in the race, turned so that more is better. */
export function pairScores(strata: Strata, arms: readonly number[], lowerIsBetter: boolean): PairScore[] {
  return arms.flatMap((arm, index) =>
    arms.slice(index + 1).map((other) => {
      const score = scoreOf(strata, arm, other)
      return { arm, other, ...score, sum: lowerIsBetter ? -score.sum : score.sum }
    }),
  )
}

/** The arm that beats each of the others, of which there is one at most; null for none, and where there is no other. */
export function beatsAll(
  arms: readonly number[],
  pairs: readonly { arm: number; other: number }[],
  beats: (pair: number, isForward: boolean) => boolean,
): number | null {
  if (arms.length < 2) return null
  const winner = arms.find((candidate) =>
    pairs.every(({ arm, other }, pair) => (arm !== candidate && other !== candidate) || beats(pair, arm === candidate)),
  )
  return winner ?? null
}

/**
 * The drift of a score over its variance where the effect is as planned: effect over the variance of one observation's
 * weight. Null before anything varies.
 */
export function plannedDrift(strata: Strata, pairs: readonly Score[], effect: Effect): number | null {
  const variance = pairs.reduce((sum, pair) => sum + pair.variance, 0)
  const weight = pairs.reduce((sum, pair) => sum + pair.weight, 0)
  const size = absoluteEffect(effect, overallMean(strata))
  return variance > 0 && size > 0 ? size / (variance / weight) : null
}

function overallMean(strata: Strata): number {
  let [observed, sum] = [0, 0]
  for (const { units, meanN, meanX } of strata.flat()) {
    observed += units * meanN
    sum += units * meanX
  }
  return observed > 0 ? sum / observed : 0
}
