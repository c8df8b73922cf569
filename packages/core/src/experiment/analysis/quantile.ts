import type { Sketch } from '../../analytics/index.ts'
import { bucketRange, sketchCount } from '../../analytics/index.ts'
import type { Interval } from '../statistics/interval.ts'
import { credibleInterval } from '../statistics/interval.ts'
import { normalUpperQuantile } from '../statistics/normal-distribution.ts'
import { logNormalPosterior, normalPosterior } from '../statistics/posterior.ts'
import { isEstimable, strataShares } from '../statistics/stratified-estimate.ts'
import { ratioEstimate } from '../statistics/unit-moments.ts'
import { observationsOf } from './arm-estimates.ts'
import type { ArmEvidence, ArmPosterior } from './arm-evidence.ts'
import { missing } from './arm-evidence.ts'

/**
 * Of the value that a share of all observations stays below: the share that really stays below a value has a beta posterior,
 * whose interval, read through the sketch, is one for the value (Woodruff's, of order statistics). A normal distribution has
 * that interval, of the logarithm where all values around are above 0. Observations of one unit count for as much as they
 * do for the mean (the design effect), which is rather too little than too much.
 */
export function quantilePosteriors(strata: readonly (readonly ArmEvidence[])[], quantile: number): ArmPosterior[] {
  const arms = (strata[0] ?? []).flatMap((_, arm) => (strata.some((stratum) => hasSketch(stratum[arm])) ? [arm] : []))
  const complete = strata.filter((stratum) => arms.every((arm) => hasSketch(stratum[arm])))
  const shares = strataShares(complete.map((stratum) => arms.map((arm) => stratum[arm]!.moments.units)))
  const intervals = arms.map((arm) =>
    valueInterval(
      complete.map((stratum) => stratum[arm]!),
      shares,
      quantile,
    ),
  )
  const isPositive = intervals.every((interval) => interval === null || interval.lower > 0)
  return (strata[0] ?? []).map((_, arm) => {
    if (complete.length === 0 || !arms.includes(arm)) return missing('too_few_units')
    const interval = intervals[arms.indexOf(arm)]!
    if (!interval) return missing('too_few_observations')
    const { lower, upper } = interval
    if (!(lower < upper)) return missing('no_variance')
    const width = 2 * normalUpperQuantile((1 - level) / 2)
    const posterior = isPositive
      ? logNormalPosterior({ meanLog: Math.log(upper * lower) / 2, sdLog: Math.log(upper / lower) / width })
      : normalPosterior({ mean: (upper + lower) / 2, sd: (upper - lower) / width })
    return { posterior, reason: null }
  })
}

/** Of the interval that is taken. */
const level = 0.95
/** What lies beyond must be more than an outlier. */
const leastBeyond = 3

function hasSketch(arm: ArmEvidence | undefined): arm is ArmEvidence & { sketch: Sketch } {
  return arm?.sketch !== undefined && arm.sketch.buckets.length > 0 && isEstimable(arm.moments)
}

function valueInterval(arms: readonly ArmEvidence[], shares: readonly number[], quantile: number): Interval | null {
  const counts = arms.map(({ sketch }) => sketchCount(sketch!))
  const size = 1 / arms.reduce((sum, arm, at) => sum + (shares[at]! ** 2 * designEffect(arm)) / counts[at]!, 0)
  if (!(size * Math.min(quantile, 1 - quantile) >= leastBeyond)) return null
  const below = credibleInterval(
    { kind: 'beta', alpha: size * quantile + 0.5, beta: size * (1 - quantile) + 0.5 },
    level,
  )
  const ladder = cumulated(arms.map(({ sketch }, at) => ({ sketch: sketch!, weight: shares[at]! / counts[at]! })))
  return { lower: valueAt(ladder, below.lower), upper: valueAt(ladder, below.upper) }
}

/** By how much the mean's variance over units is more than if all observations were independent; not less than once. */
function designEffect({ moments, observedSquares }: ArmEvidence): number {
  const observations = observationsOf(moments)
  if (observedSquares === undefined || !(observedSquares > 0) || observations < 2) return 1
  const independent = observedSquares / (observations - 1) / observations
  return Math.max(1, ratioEstimate(moments).variance / independent)
}

interface Step {
  bucket: number
  /** The share of values up to the end of the bucket. */
  below: number
}

function cumulated(parts: readonly { sketch: Sketch; weight: number }[]): Step[] {
  const weights = new Map<number, number>()
  for (const { sketch, weight } of parts) {
    for (const [at, bucket] of sketch.buckets.entries())
      weights.set(bucket, (weights.get(bucket) ?? 0) + sketch.counts[at]! * weight)
  }
  let below = 0
  return [...weights]
    .sort(([a], [b]) => a - b)
    .map(([bucket, weight]) => {
      below += weight
      return { bucket, below }
    })
}

/** As if values lay evenly in their bucket. */
function valueAt(ladder: readonly Step[], share: number): number {
  const found = ladder.findIndex(({ below }) => below >= share)
  // Shares that were summed up may end a little below 1.
  const at = found < 0 ? ladder.length - 1 : found
  const step = ladder[at]!
  const before = ladder[at - 1]?.below ?? 0
  const { lower, upper } = bucketRange(step.bucket)
  return lower + (upper - lower) * Math.min(1, (share - before) / (step.below - before))
}
