import { normalTail, normalUpperQuantile } from '../statistics/normal-distribution.ts'
import type { Uncrossed } from './boundary-crossing.ts'
import { boundFor, leastIncrement, stepFor, uncrossed } from './boundary-crossing.ts'
import type { PairScore } from './comparison.ts'
import type { Look } from './look.ts'
import { spentBy } from './spending.ts'

/** What a planned look found for one pair. */
export interface PlannedPair {
  /** Above it `arm` beats `other`, below its negative it is beaten; null where the look can't decide between them. */
  boundary: number | null
  /** Of the arm's level, one-sided, up to and with this look. */
  spent: number
}

/** A look spends what is due by its fraction, if that is more than this; else a later one does. */
const leastSpending = 1e-12

/**
 * Boundaries that spend the level by the share of the horizon's units, where the correlation of looks is that of the pair's
 * own information (Lan and DeMets): so weights may change in between. A look that brings next to nothing spends nothing.
 */
export function plannedPairs(
  pairs: readonly PairScore[],
  history: readonly Look[],
  { fraction, level }: { fraction: number; level: number },
): PlannedPair[] {
  const before = motionsAfter(history)
  return pairs.map(({ arm, other, information }) => {
    const key = `${arm}:${other}`
    const { motion, spent } = before.get(key) ?? { motion: null, spent: 0 }
    const due = spentBy(fraction, level) - spent
    const step = motion?.step ?? stepFor(information / fraction)
    const gained = information - (motion?.information ?? 0)
    if (due < leastSpending || !(gained > leastIncrement(step))) return { boundary: null, spent }
    return { boundary: boundFor(motion, information, due) / Math.sqrt(information), spent: spent + due }
  })
}

interface PairMotion {
  motion: Uncrossed | null
  spent: number
}

/** What follows from a history, for as long as its last look is at hand: the next look need not begin with the first. */
const known = new WeakMap<Look, ReadonlyMap<string, PairMotion>>()

function motionsAfter(history: readonly Look[]): ReadonlyMap<string, PairMotion> {
  let index = history.length
  let motions: ReadonlyMap<string, PairMotion> = new Map()
  for (; index > 0; index--) {
    const found = known.get(history[index - 1]!)
    if (found === undefined) continue
    motions = found
    break
  }
  for (const look of history.slice(index)) {
    motions = withLook(motions, look)
    known.set(look, motions)
  }
  return motions
}

function withLook(motions: ReadonlyMap<string, PairMotion>, look: Look): ReadonlyMap<string, PairMotion> {
  const next = new Map(motions)
  for (const { arm, other, information, boundary, spent } of look.pairs) {
    if (boundary === null || spent === null || look.fraction === null) continue
    const key = `${arm}:${other}`
    const before = motions.get(key)?.motion ?? null
    const step = before?.step ?? stepFor(information / look.fraction)
    const bound = boundary * Math.sqrt(information)
    next.set(key, { motion: uncrossed(before, { information, bound, step }), spent })
  }
  return next
}

/**
 * How likely it is that the arm of a score beats the other one at the horizon, if it moves on by `drift` (stochastic
 * curtailment; Lan, Simon and Halperin 1982). The bound there is taken for that of a single look, which is the lowest.
 */
export function conditionalPower(
  score: { sum: number; variance: number },
  { fraction, level, drift }: { fraction: number; level: number; drift: number },
): number {
  const end = score.variance / fraction
  const left = end - score.variance
  const needed = normalUpperQuantile(level) * Math.sqrt(end) - score.sum - drift * left
  return left > 0 ? normalTail(needed / Math.sqrt(left)) : needed <= 0 ? 1 : 0
}
