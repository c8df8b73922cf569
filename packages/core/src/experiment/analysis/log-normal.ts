import { digamma, trigamma } from '../statistics/polygamma.ts'
import { logNormalPosterior } from '../statistics/posterior.ts'
import { strataShares } from '../statistics/stratified-estimate.ts'
import type { ArmEvidence, ArmPosterior, PositiveLogs } from './arm-evidence.ts'
import { missing } from './arm-evidence.ts'

/**
 * Of the mean of values from 0 up, such as a cost or a latency, where a unit's value is the mean of its observations: a share
 * of units above 0 (Beta, from Jeffreys' prior) times the mean of a log-normal distribution, p e^(μ + σ²/2), with (μ, σ²)
 * Normal-Inverse-Gamma from the reference prior. The logarithm's posterior has an exact mean and variance, from the
 * polygamma functions and the moments of σ²; it is taken for a normal one of these. Over strata the logarithms are pooled:
 * what is compared are ratios within each.
 */
export function logNormalPosteriors(strata: readonly (readonly ArmEvidence[])[]): ArmPosterior[] {
  const arms = (strata[0] ?? []).flatMap((_, arm) => (strata.some((stratum) => hasEnough(stratum[arm])) ? [arm] : []))
  const complete = strata.filter((stratum) => arms.every((arm) => hasEnough(stratum[arm])))
  const shares = strataShares(complete.map((stratum) => arms.map((arm) => stratum[arm]!.moments.units)))
  // Where no unit of any arm shows zero, none is to be expected.
  const isHurdle = complete.some((stratum) => arms.some((arm) => zerosOf(stratum[arm]!) > 0))
  return (strata[0] ?? []).map((_, arm) => {
    if (complete.length === 0 || !arms.includes(arm)) return missing('too_few_units')
    let [mean, variance] = [0, 0]
    for (const [index, stratum] of complete.entries()) {
      const own = logMean(stratum[arm]!, isHurdle)
      mean += shares[index]! * own.mean
      variance += shares[index]! ** 2 * own.variance
    }
    if (!(variance > 0)) return missing('no_variance')
    return { posterior: logNormalPosterior({ meanLog: mean, sdLog: Math.sqrt(variance) }), reason: null }
  })
}

/** The variance of σ² is finite from six values on. */
const leastUnits = 6

function hasEnough(arm: ArmEvidence | undefined): arm is ArmEvidence & { positive: PositiveLogs } {
  return arm?.positive !== undefined && arm.positive.units >= leastUnits
}

function zerosOf({ moments, positive }: ArmEvidence): number {
  return Math.max(0, moments.units - positive!.units)
}

/** Of log p + μ + σ²/2, its mean and its variance. */
function logMean(arm: ArmEvidence, isHurdle: boolean): { mean: number; variance: number } {
  const { units, meanLog, squares } = arm.positive!
  const freedom = units - 1
  const spread = squares / (freedom - 2)
  const spreadVariance = (2 * spread * spread) / (freedom - 4)
  const mean = meanLog + spread / 2
  const variance = spread / units + spreadVariance / 4
  if (!isHurdle) return { mean, variance }
  const [above, all] = [units + 0.5, units + zerosOf(arm) + 1]
  return { mean: mean + digamma(above) - digamma(all), variance: variance + trigamma(above) - trigamma(all) }
}
