import { compareArms } from '../statistics/best.ts'
import { invalidEvidence } from '../statistics/evidence.ts'
import type { Interval } from '../statistics/interval.ts'
import { credibleInterval, highestDensityInterval } from '../statistics/interval.ts'
import type { LiftDensity } from '../statistics/lift.ts'
import { liftOf, plotPoints } from '../statistics/lift.ts'
import type { Posterior } from '../statistics/posterior.ts'
import { posteriorMean } from '../statistics/posterior-mean.ts'
import { observationsOf } from './arm-estimates.ts'
import type { ArmEvidence, ArmPosterior, MissingReason } from './arm-evidence.ts'
import { missing } from './arm-evidence.ts'
import { countPosteriors } from './count.ts'
import { logNormalPosteriors } from './log-normal.ts'
import { meanPosteriors } from './mean.ts'
import { proportionPosteriors } from './proportion.ts'
import { quantilePosteriors } from './quantile.ts'

export interface MetricAnalysis {
  metric: AnalyzedMetric
  /** What was seen, per stratum and arm; every stratum has all arms, in one order. */
  strata: readonly (readonly ArmEvidence[])[]
  /** The arm that others are compared with; the first when left out. */
  control?: number | undefined
  /** Arms that are compared, such as those that still have a weight; all when left out. The control always is. */
  arms?: readonly number[] | undefined
  /** Of all intervals; 0.95 when left out. */
  level?: number | undefined
  /** Whether to give lifts' densities for plots. */
  density?: boolean | undefined
}

export interface AnalyzedMetric {
  model: 'proportion' | 'count' | 'mean' | 'log_normal' | 'quantile'
  /** As of a cost or a latency: what is said of best, better and loss turns round. */
  lowerIsBetter?: boolean | undefined
  /** Of a `proportion`: a, b of a beta distribution; of a `count`: shape and rate of a gamma distribution. */
  prior?: readonly [number, number] | undefined
  /** Of a `quantile`; 0.95 when left out. */
  quantile?: number | undefined
  /** Relative lifts within this, up or down, are as good as none; 0 when left out. */
  margin?: number | undefined
}

/** What is known of one arm; null is what there is too little evidence for, and `reason` says of what. */
export interface ArmResult {
  units: number
  observations: number
  /** What is expected of the arm's value; where there is no posterior, the mean of what was observed, but of a quantile null. */
  mean: number | null
  posterior: Posterior | null
  /** Equal-tailed. */
  credibleInterval: Interval | null
  /** The shortest. */
  highestDensityInterval: Interval | null
  /** That no other arm is better. */
  probabilityBest: number | null
  /** What is expected to be given up by choosing it; null also where it has no expectation. */
  expectedLoss: number | null
  /** Against the control; null of the control itself. */
  lift: ArmLift | null
  reason: MissingReason | null
}

export interface ArmLift {
  /** As a share of the control; null of a mean whose control is not clearly above 0. */
  relative: LiftSummary | null
  /** In units of the metric. */
  absolute: LiftSummary
  probabilityBetter: number
  /** That the relative lift is within the margin. */
  probabilityEquivalent: number | null
}

export interface LiftSummary {
  mean: number | null
  median: number
  interval: Interval
  density: LiftDensity[]
}

/**
 * Judges the arms of a test by one metric: a posterior of each by the metric's model, and what follows from them. Nothing is
 * drawn at random, so the same evidence gives the same bytes. For display: no decision to stop rests on it.
 */
export function analyzeMetric(analysis: MetricAnalysis): ArmResult[] {
  const { metric, strata, control = 0, level = 0.95 } = analysis
  const { lowerIsBetter } = metric
  const all = (strata[0] ?? []).map((_, arm) => arm)
  if (strata.some((stratum) => stratum.length !== all.length))
    throw invalidEvidence('strata', 'must have the same arms')
  if (all.length > 0 && !all.includes(control)) throw invalidEvidence('control', `must be an arm, and is ${control}`)
  const compared = all.filter((arm) => arm === control || !analysis.arms || analysis.arms.includes(arm))
  const posteriors = posteriorsOf(
    metric,
    strata.map((stratum) => compared.map((arm) => stratum[arm]!)),
  )
  const found = all.map((arm) => posteriors[compared.indexOf(arm)] ?? missing('not_compared'))
  const known = all.filter((arm) => found[arm]!.posterior)
  const comparison = compareArms(
    known.map((arm) => found[arm]!.posterior!),
    { lowerIsBetter },
  )
  return all.map((arm) => {
    const { posterior, reason } = found[arm]!
    const place = known.indexOf(arm)
    const seen = observed(strata, arm)
    const base = found[control]?.posterior
    return {
      ...seen,
      mean: (posterior && posteriorMean(posterior)) ?? (metric.model === 'quantile' ? null : seen.mean),
      posterior,
      credibleInterval: posterior && credibleInterval(posterior, level),
      highestDensityInterval: posterior && highestDensityInterval(posterior, level),
      probabilityBest: comparison.probabilityBest[place] ?? null,
      expectedLoss: finite(comparison.expectedLoss[place]),
      lift: posterior && base && arm !== control ? liftAgainst(base, posterior, analysis) : null,
      reason,
    }
  })
}

function posteriorsOf(metric: AnalyzedMetric, strata: MetricAnalysis['strata']): ArmPosterior[] {
  switch (metric.model) {
    case 'proportion':
      return proportionPosteriors(strata, metric.prior)
    case 'count':
      return countPosteriors(strata, metric.prior)
    case 'mean':
      return meanPosteriors(strata)
    case 'log_normal':
      return logNormalPosteriors(strata)
    case 'quantile':
      return quantilePosteriors(strata, metric.quantile ?? 0.95)
  }
}

function liftAgainst(control: Posterior, arm: Posterior, { metric, level, density }: MetricAnalysis): ArmLift {
  const { lowerIsBetter, margin = 0 } = metric
  const options = { level, densityPoints: density ? plotPoints : 0 }
  const relative = liftOf(control, arm, { ...options, kind: 'relative', equivalent: { lower: -margin, upper: margin } })
  const absolute = liftOf(control, arm, { ...options, kind: 'absolute' })!
  return {
    relative: relative && summaryOf(relative),
    absolute: summaryOf(absolute),
    probabilityBetter: compareArms([control, arm], { lowerIsBetter }).probabilityBest[1]!,
    probabilityEquivalent: relative?.probabilityEquivalent ?? null,
  }
}

function summaryOf({ mean, median, interval, density }: LiftSummary): LiftSummary {
  return { mean, median, interval, density }
}

/** What an arm's strata hold together, however they are weighted. */
function observed(
  strata: MetricAnalysis['strata'],
  arm: number,
): { units: number; observations: number; mean: number | null } {
  let [units, observations, total] = [0, 0, 0]
  for (const stratum of strata) {
    const { moments } = stratum[arm]!
    units += moments.units
    observations += observationsOf(moments)
    total += moments.units * moments.meanX
  }
  return { units, observations: Math.round(observations), mean: observations > 0 ? total / observations : null }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
