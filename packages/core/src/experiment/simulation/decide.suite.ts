import { normalUpperQuantile } from '../statistics/normal-distribution.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import type { PairScore } from '../stopping/comparison.ts'
import { pairScores, plannedDrift } from '../stopping/comparison.ts'
import { plannedBounds } from '../stopping/crossing-probability.ts'
import { expectedEvents, leastExpectedEvents } from '../stopping/expected-events.ts'
import { logMixtureEValue } from '../stopping/mixture.ts'
import { conditionalPower } from '../stopping/planned-look.ts'
import type { StoppingRule } from '../stopping/rule.ts'
import { armLevel } from '../stopping/rule.ts'
import { scoreOf, standardized } from '../stopping/score.ts'
import { spentBy } from '../stopping/spending.ts'

/** What becomes of one simulated test at one look: the arm that has won, `futile`, or null to go on. */
export type Decide = (moments: readonly UnitMoments[], look: number) => number | 'futile' | null

/**
 * Begins one test after the other by the rule's own parts, without a record of each look; a test holds it to the records.
 * Arms are alike in size and more is better, so only the leading arm can beat all others.
 */
export function decider(rule: StoppingRule, arms: number, looks: number): () => Decide {
  return rule.mode === 'planned_looks' ? plannedDecider(rule, arms, looks) : alwaysValidDecider(rule, arms)
}

function plannedDecider(
  { alpha, model, effect, futility }: StoppingRule & { mode: 'planned_looks' },
  arms: number,
  looks: number,
): () => Decide {
  const level = armLevel(alpha, arms)
  const all = Array.from({ length: arms }, (_, arm) => arm)
  const boundariesFrom = boundariesByFirst(looks, level)
  return () => {
    let boundaries: readonly (number | null)[] | undefined
    return (moments, look) => {
      if (boundaries === undefined) {
        if (expectedEvents([moments], all, model) < leastExpectedEvents) return null
        boundaries = boundariesFrom(look)
      }
      const boundary = boundaries[look - 1] ?? null
      const winner =
        boundary === null
          ? null
          : leaderThat(moments, (leader, other) => standardized(scoreOf([moments], leader, other)) >= boundary)
      if (winner !== null || futility === null || look === looks) return winner
      const pairs = pairScores([moments], all, false)
      const drift = plannedDrift([moments], pairs, effect)
      const step = { fraction: look / looks, level, drift: drift ?? 0 }
      return drift !== null && all.every((arm) => leastPower(pairs, arm, step) < futility) ? 'futile' : null
    }
  }
}

function leastPower(
  pairs: readonly PairScore[],
  candidate: number,
  step: Parameters<typeof conditionalPower>[1],
): number {
  let least = 1
  for (const { arm, other, sum, variance } of pairs) {
    if (arm !== candidate && other !== candidate) continue
    least = Math.min(least, conditionalPower({ sum: arm === candidate ? sum : -sum, variance }, step))
  }
  return least
}

/** Boundaries of z at each look, by the first look that had enough events. */
function boundariesByFirst(looks: number, level: number): (first: number) => readonly (number | null)[] {
  const known = new Map<number, readonly (number | null)[]>()
  return (first) => {
    // Looks that had next to nothing to spend make no difference.
    const start = spentBy(first / looks, level) < 1e-8 ? 1 : first
    const found = known.get(start)
    if (found !== undefined) return found
    const fractions = Array.from({ length: looks - start + 1 }, (_, index) => (start + index) / looks)
    const boundaries: (number | null)[] = Array.from({ length: start - 1 }, () => null)
    for (const [index, bound] of plannedBounds(fractions, level).entries())
      boundaries.push(bound === null ? null : bound / Math.sqrt(fractions[index]!))
    known.set(start, boundaries)
    return boundaries
  }
}

function alwaysValidDecider({ alpha, model, effect }: StoppingRule, arms: number): () => Decide {
  const logThreshold = -Math.log(armLevel(alpha, arms))
  // A mixture is less than twice the largest of its ratios, exp(z² / 2).
  const leastZ = Math.sqrt(2 * (logThreshold - Math.LN2))
  const all = Array.from({ length: arms }, (_, arm) => arm)
  return () => {
    let precision: number | undefined
    return (moments) => {
      if (precision === undefined) {
        if (expectedEvents([moments], all, model) < leastExpectedEvents) return null
        precision = plannedDrift([moments], pairScores([moments], all, false), effect)! ** -2
      }
      return leaderThat(moments, (leader, other) => {
        const score = scoreOf([moments], leader, other)
        return standardized(score) >= leastZ && logMixtureEValue(score, precision!) >= logThreshold
      })
    }
  }
}

/** The test with one look, at the end. */
export function fixedWinner(moments: readonly UnitMoments[], alpha: number): number | null {
  const critical = normalUpperQuantile(armLevel(alpha, moments.length))
  return leaderThat(moments, (leader, other) => standardized(scoreOf([moments], leader, other)) >= critical)
}

function leaderThat(moments: readonly UnitMoments[], beats: (leader: number, other: number) => boolean): number | null {
  let leader = 0
  for (let arm = 1; arm < moments.length; arm++) {
    if (moments[arm]!.meanX * moments[leader]!.meanN > moments[leader]!.meanX * moments[arm]!.meanN) leader = arm
  }
  for (let other = 0; other < moments.length; other++) {
    if (other !== leader && !beats(leader, other)) return null
  }
  return leader
}
