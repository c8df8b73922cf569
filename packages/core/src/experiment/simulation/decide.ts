import { normalUpperQuantile } from '../statistics/normal-distribution.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import type { PairScore } from '../stopping/comparison.ts'
import { pairScores, plannedDrift } from '../stopping/comparison.ts'
import { plannedBounds } from '../stopping/crossing-probability.ts'
import { expectedEvents, leastExpected } from '../stopping/expected-events.ts'
import { logMixtureEValue } from '../stopping/mixture.ts'
import { conditionalPower } from '../stopping/planned-look.ts'
import type { StoppingRule } from '../stopping/rule.ts'
import { armLevel } from '../stopping/rule.ts'
import type { Score } from '../stopping/score.ts'
import { scoreOf, standardized } from '../stopping/score.ts'
import { spentBy } from '../stopping/spending.ts'

/** What becomes of one simulated test at one look: the arm that has won, `futile`, or null to go on. */
export type Decide = (standing: Standing, look: number) => number | 'futile' | null

/** How the arms stand at a look; what every rule asks first is found once. */
export interface Standing {
  strata: readonly [readonly UnitMoments[]]
  leader: number
  runnerUp: number
  /** Of the leader over the runner-up. */
  lead: Score
  z: number
}

export function standingOf(moments: readonly UnitMoments[]): Standing {
  let [leader, runnerUp] = isAhead(moments[1]!, moments[0]!) ? [1, 0] : [0, 1]
  for (let arm = 2; arm < moments.length; arm++) {
    if (isAhead(moments[arm]!, moments[leader]!)) [leader, runnerUp] = [arm, leader]
    else if (isAhead(moments[arm]!, moments[runnerUp]!)) runnerUp = arm
  }
  const strata = [moments] as const
  const lead = scoreOf(strata, leader, runnerUp)
  return { strata, leader, runnerUp, lead, z: standardized(lead) }
}

function isAhead(a: UnitMoments, b: UnitMoments): boolean {
  return a.meanX * b.meanN > b.meanX * a.meanN
}

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
    return (standing, look) => {
      if (boundaries === undefined) {
        // A test that waits for events begins at one of a hundred looks, for each beginning has boundaries of its own.
        if (look % Math.ceil(looks / 100) !== 0 && look < looks) return null
        if (expectedEvents(standing.strata, all, model) < leastExpected[model]) return null
        boundaries = boundariesFrom(look)
      }
      const boundary = boundaries[look - 1] ?? null
      const winner = boundary === null ? null : winnerOf(standing, boundary, (score) => standardized(score) >= boundary)
      if (winner !== null || futility === null || look === looks) return winner
      const pairs = pairScores(standing.strata, all, false)
      const drift = plannedDrift(standing.strata, pairs, effect)
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
    return (standing) => {
      if (precision === undefined) {
        const { strata } = standing
        if (expectedEvents(strata, all, model) < leastExpected[model]) return null
        precision = plannedDrift(strata, pairScores(strata, all, false), effect)! ** -2
      }
      return winnerOf(standing, leastZ, (score) => logMixtureEValue(score, precision!) >= logThreshold)
    }
  }
}

/** The test with one look, at the end. */
export function fixedWinner(standing: Standing, alpha: number): number | null {
  const critical = normalUpperQuantile(armLevel(alpha, standing.strata[0].length))
  return winnerOf(standing, critical, (score) => standardized(score) >= critical)
}

function winnerOf(
  { strata, leader, runnerUp, lead, z }: Standing,
  leastZ: number,
  beats: (score: Score) => boolean,
): number | null {
  if (z < leastZ || !beats(lead)) return null
  for (let other = 0; other < strata[0].length; other++) {
    if (other !== leader && other !== runnerUp && !beats(scoreOf(strata, leader, other))) return null
  }
  return leader
}
