import { invalidEvidence } from '../statistics/evidence.ts'

/** An improvement, as a share of the mean of all arms or as a difference of means. */
export type Effect = { relative: number } | { absolute: number }

interface EveryRule {
  /** The chance to ever declare an arm that is not better than all others, over all looks and all arms. */
  alpha: number
  /** What the metric is: observations of 0 and 1, events per observation, or any values. */
  model: 'proportion' | 'count' | 'mean'
  lowerIsBetter: boolean
  /** The improvement that the test is planned for. It moves power, never the rate of false winners. */
  effect: Effect
  /** Units in every arm before anything is decided. */
  minimumUnits: number
  /** What may be expected to be given up at most by choosing the winner, in units of the metric; null for anything. */
  maximumLoss: number | null
}

/** A group-sequential test: looks at times that do not depend on outcomes, up to a horizon. */
export interface PlannedLooks extends EveryRule {
  mode: 'planned_looks'
  /** Units over all arms at which the last look is taken. */
  horizon: number
  /** Ends the test when every arm is less likely than this to win, if the effect is as planned; null never does. */
  futility: number | null
}

/** A test by e-values: looks whenever, for as long as one likes. */
export interface AlwaysValid extends EveryRule {
  mode: 'always_valid'
}

/**
 * When a test ends with a winner: chosen before it starts, and kept. Plain JSON. An arm wins when it beats each of the others
 * (intersection-union), each at `armLevel`. The rule sees the likelihood only; no prior has a say.
 */
export type StoppingRule = PlannedLooks | AlwaysValid

/** One-sided: alpha over the number of arms, one of which is declared (Bonferroni). */
export function armLevel(alpha: number, arms: number): number {
  return alpha / arms
}

/** What an effect is in units of the metric, where the mean is `mean`. */
export function absoluteEffect(effect: Effect, mean: number): number {
  return 'absolute' in effect ? effect.absolute : effect.relative * Math.abs(mean)
}

/** Throws for a rule that can't be followed. */
export function requireRule(rule: StoppingRule): void {
  if (!(rule.alpha > 0 && rule.alpha < 0.5))
    throw invalidEvidence('alpha', `must lie between 0 and 0.5, and is ${rule.alpha}`)
  const size = 'absolute' in rule.effect ? rule.effect.absolute : rule.effect.relative
  if (!(size > 0)) throw invalidEvidence('effect', `must be above 0, and is ${size}`)
  if (rule.mode === 'planned_looks' && !(rule.horizon > 0))
    throw invalidEvidence('horizon', `must be above 0, and is ${rule.horizon}`)
}
