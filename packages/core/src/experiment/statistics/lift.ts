import { invalidEvidence } from './evidence.ts'
import type { Interval } from './interval.ts'
import { requireLevel } from './interval.ts'
import type { LiftDistribution } from './lift-distribution.ts'
import { absoluteLift, relativeLift } from './lift-distribution.ts'
import type { Posterior } from './posterior.ts'
import { posteriorMean } from './posterior-mean.ts'

/** By how much an arm's value is beyond the control's. Where lower values are better, a good lift is a negative one. */
export interface Lift {
  /** Null where it has no expectation, as a ratio has none whose control may be next to 0. */
  mean: number | null
  median: number
  /** Equal-tailed: as much lies below it as above. */
  interval: Interval
  probabilityPositive: number
  /** That the lift lies within the region of practical equivalence; null when none was given. */
  probabilityEquivalent: number | null
  /** For a plot, points over the central 99.9 %; none when none were asked for. */
  density: LiftDensity[]
}

export interface LiftDensity {
  value: number
  density: number
}

export interface LiftOptions {
  /** `relative` is arm / control − 1, `absolute` is arm − control. */
  kind: 'relative' | 'absolute'
  /** Of the interval; 0.95 when left out. */
  level?: number | undefined
  /** Lifts that are as good as none. */
  equivalent?: Interval | undefined
  /** How many points of the density to give; none when left out. */
  densityPoints?: number | undefined
}

/** So many points make a smooth plot. */
export const plotPoints = 101

/**
 * The lift of an arm over the control, from posteriors of one kind, by quadrature: chances are right within 1e-9, quantiles
 * within 1e-9 of the lift's spread. A relative lift is null for a mean whose control is not above 0 with at least 99.9 %:
 * it would say nothing; else it is the lift given that the control is above 0.
 */
export function liftOf(control: Posterior, arm: Posterior, options: LiftOptions): Lift | null {
  const { kind, level = 0.95, equivalent, densityPoints = 0 } = options
  requireLevel(level)
  if (equivalent && !(equivalent.lower <= equivalent.upper)) {
    const { lower, upper } = equivalent
    throw invalidEvidence('equivalent', `must be a lower and an upper end, and is ${lower} to ${upper}`)
  }
  const distribution = kind === 'relative' ? relativeLift(control, arm) : absoluteLift(control, arm)
  if (!distribution) return null
  const tail = (1 - level) / 2
  return {
    mean: kind === 'relative' ? meanRatio(control, arm) : meanDifference(control, arm),
    median: distribution.quantile(0.5),
    interval: { lower: distribution.quantile(tail), upper: distribution.quantile(1 - tail) },
    probabilityPositive: distribution.above(0),
    probabilityEquivalent: equivalent
      ? Math.max(0, distribution.above(equivalent.lower) - distribution.above(equivalent.upper))
      : null,
    density: densityPoints > 1 ? plot(distribution, densityPoints) : [],
  }
}

/** Between more points than these a polynomial through as many of Chebyshev's runs as the density does. */
const exactPoints = 33

function plot(distribution: LiftDistribution, points: number): LiftDensity[] {
  const [from, to] = [distribution.quantile(0.0005), distribution.quantile(0.9995)]
  const densityAt = points > exactPoints ? interpolated(distribution.density, from, to) : distribution.density
  return Array.from({ length: points }, (_, index) => {
    const value = from + ((to - from) * index) / (points - 1)
    return { value, density: Math.max(0, densityAt(value)) }
  })
}

/** By the barycentric formula (Berrut and Trefethen, SIAM Review 2004). */
function interpolated(f: (x: number) => number, from: number, to: number): (x: number) => number {
  const last = exactPoints - 1
  const at = Array.from(
    { length: exactPoints },
    (_, j) => (from + to - (to - from) * Math.cos((Math.PI * j) / last)) / 2,
  )
  const values = at.map(f)
  return (x) => {
    let [sum, weights] = [0, 0]
    for (let j = 0; j <= last; j++) {
      if (x === at[j]) return values[j]!
      const weight = ((j % 2 === 0 ? 1 : -1) * (j === 0 || j === last ? 0.5 : 1)) / (x - at[j]!)
      sum += weight * values[j]!
      weights += weight
    }
    return sum / weights
  }
}

function meanDifference(control: Posterior, arm: Posterior): number | null {
  const [a, b] = [posteriorMean(control), posteriorMean(arm)]
  return a === null || b === null ? null : b - a
}

/** E[arm] · E[1 / control] − 1: they are independent. */
function meanRatio(control: Posterior, arm: Posterior): number | null {
  const [inverse, mean] = [meanInverse(control), posteriorMean(arm)]
  return inverse === null || mean === null ? null : mean * inverse - 1
}

function meanInverse(posterior: Posterior): number | null {
  switch (posterior.kind) {
    case 'beta':
      return posterior.alpha > 1 ? (posterior.alpha + posterior.beta - 1) / (posterior.alpha - 1) : null
    case 'gamma':
      return posterior.shape > 1 ? posterior.rate / (posterior.shape - 1) : null
    case 'log_normal':
      return Math.exp(posterior.sdLog ** 2 / 2 - posterior.meanLog)
    case 'student':
    case 'normal':
      return null
  }
}
