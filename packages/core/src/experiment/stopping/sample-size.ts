import { invalidEvidence } from '../statistics/evidence.ts'
import { normalDensity, normalTail, normalUpperQuantile } from '../statistics/normal-distribution.ts'
import { alwaysValidInflation, plannedInflation, rootOf } from './crossing-probability.ts'
import type { Effect, StoppingRule } from './rule.ts'
import { absoluteEffect, armLevel } from './rule.ts'

export interface SamplePlan {
  metric:
    | { kind: 'proportion'; baseline: number }
    /** Events per observation. */
    | { kind: 'count'; rate: number }
    | { kind: 'mean'; mean: number; sd: number }
  /** The improvement that is to be seen. */
  effect: Effect
  lowerIsBetter?: boolean | undefined
  alpha: number
  /** The probability to declare the best arm, where it is better than all others by the effect. */
  power: number
  arms: number
  mode: 'fixed' | StoppingRule['mode']
  /** As many looks, evenly spaced; 20 when left out. */
  looks?: number | undefined
  /** How many observations a unit has on average, by how much that varies (sd / mean), and how alike they are. */
  runs?: { perUnit: number; variation?: number | undefined; correlation: number } | undefined
  /** Over all arms. */
  unitsPerDay?: number | undefined
}

export interface SampleSize {
  unitsPerArm: number
  /** Over all arms: the horizon of planned looks; when always valid looks have the power. */
  units: number
  observationsPerArm: number
  /** By how many times more observations are needed because those of one unit are alike. */
  designEffect: number
  /** By how many times more units the looks need than one at the end. */
  inflation: number
  days: number | null
}

/** How many units a test needs for its power, by the normal approximation that its decisions rest on. */
export function planSampleSize(plan: SamplePlan): SampleSize {
  const { arms, alpha, power, looks = 20, unitsPerDay } = plan
  if (!(alpha > 0 && alpha < 0.5)) throw invalidEvidence('alpha', `must lie between 0 and 0.5, and is ${alpha}`)
  if (!(power > alpha && power < 1)) throw invalidEvidence('power', `must lie between ${alpha} and 1, and is ${power}`)
  if (!(arms >= 2)) throw invalidEvidence('arms', `must be at least 2, and is ${arms}`)
  const critical = normalUpperQuantile(armLevel(alpha, arms))
  const mean = meanOfZ(critical, power, arms)
  const inflation =
    plan.mode === 'fixed'
      ? 1
      : (plan.mode === 'planned_looks' ? plannedInflation : alwaysValidInflation)({ critical, mean }, looks)
  const { perUnit = 1, variation = 0, correlation = 0 } = plan.runs ?? {}
  // Kish's: what a unit adds grows with the square of its observations.
  const designEffect = 1 + Math.max(0, (1 + variation ** 2) * perUnit - 1) * correlation
  const unitsPerArm = Math.ceil((observationsFor(plan, critical, mean) * designEffect * inflation) / perUnit - 1e-9)
  const units = unitsPerArm * arms
  return {
    unitsPerArm,
    units,
    observationsPerArm: Math.round(unitsPerArm * perUnit),
    designEffect,
    inflation,
    days: unitsPerDay === undefined ? null : Math.ceil(units / unitsPerDay),
  }
}

/** In each of two arms, for one look and independent observations. */
function observationsFor({ metric, effect, lowerIsBetter }: SamplePlan, critical: number, mean: number): number {
  if (metric.kind === 'mean') {
    const size = absoluteEffect(effect, metric.mean)
    if (!(size > 0)) throw invalidEvidence('effect', 'must be absolute, as a share of a mean of 0 is nothing')
    // Guenther's correction for an unknown variance.
    return 2 * ((mean * metric.sd) / size) ** 2 + critical ** 2 / 4
  }
  const baseline = metric.kind === 'count' ? metric.rate : metric.baseline
  const size = absoluteEffect(effect, baseline)
  const improved = baseline + (lowerIsBetter ? -size : size)
  if (metric.kind === 'count') {
    if (!(baseline > 0 && improved >= 0))
      throw invalidEvidence(
        'effect',
        `must lead from one rate to another, and does from ${baseline} to ${shownRate(improved)}`,
      )
    // Events of a Poisson process have the variance of their mean.
    return (mean ** 2 * (baseline + improved)) / size ** 2
  }
  if (!(baseline > 0 && baseline < 1 && improved >= 0 && improved <= 1))
    throw invalidEvidence(
      'effect',
      `must lead from one proportion to another, and does from ${baseline} to ${shownRate(improved)}: proportions lie between 0 and 1`,
    )
  const middle = (baseline + improved) / 2
  const pooled = Math.sqrt(2 * middle * (1 - middle))
  const unpooled = Math.sqrt(baseline * (1 - baseline) + improved * (1 - improved))
  return ((critical * pooled + (mean - critical) * unpooled) / size) ** 2
}

/**
 * The mean of z over each other arm at which all of them exceed `critical` with probability `power`. They share the best
 * arm's error, so they are correlated by 1/2: ∫ φ(u) Φ(√2 (mean − critical) + u)^(arms − 1) du.
 */
function meanOfZ(critical: number, power: number, arms: number): number {
  const step = 0.05
  const powerAt = (mean: number) => {
    let sum = 0
    for (let u = -8; u <= 8; u += step)
      sum += step * normalDensity(u) * normalTail(-Math.SQRT2 * (mean - critical) - u) ** (arms - 1)
    return sum
  }
  return rootOf((mean) => powerAt(mean) - power, 0, critical + 20)
}

/** Without the digits that adding has left behind. */
function shownRate(rate: number): number {
  return Number(rate.toPrecision(12))
}
