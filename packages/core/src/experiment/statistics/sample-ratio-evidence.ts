import { invalidEvidence } from './evidence.ts'
import { logGamma } from './log-gamma.ts'

/** Units of one epoch: how many each arm has, and by which weights they were assigned. */
export interface AssignedUnits {
  observed: readonly number[]
  weights: readonly number[]
}

export interface SampleRatioEvidence {
  /** The logarithm of the e-value. */
  logEValue: number
  /** The e-value has reached 1,000: if units were assigned by the weights, it ever would in one of 1,000 tests. */
  isMismatch: boolean
}

/**
 * Whether units are assigned as the weights say, judged as often as one likes: the likelihood ratio of shares around the
 * weights (mixed over a Dirichlet distribution) to the weights themselves (Lindon and Malek 2022).
 *
 * Each epoch has its own, which stays 1 before it begins, and the s-th counts with 1/(s(s + 1)): these shares sum up to less
 * than 1, so the average is an e-value at any time, and one bad epoch among many good ones is still seen. A product would be
 * one, too, but good epochs would outweigh the bad one.
 */
export function sampleRatioEvidence(epochs: readonly AssignedUnits[]): SampleRatioEvidence {
  const logs = epochs.map((epoch, index) => logEpochEValue(epoch) - Math.log((index + 1) * (index + 2)))
  // What the epochs to come have, all of them at 1.
  logs.push(-Math.log(epochs.length + 1))
  const largest = Math.max(...logs)
  const logEValue =
    largest === Number.POSITIVE_INFINITY
      ? Number.MAX_VALUE
      : largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0))
  return { logEValue, isMismatch: logEValue >= Math.log(1_000) }
}

/** Shares deviate from weights by some hundredths, if they do: as a Dirichlet distribution from so many units. */
const concentration = 100

function logEpochEValue({ observed, weights }: AssignedUnits): number {
  if (observed.length !== weights.length)
    throw invalidEvidence('observed', `must have ${weights.length} numbers, as weights, and has ${observed.length}`)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const units = observed.reduce((sum, count) => sum + count, 0)
  let log = logGamma(concentration) - logGamma(concentration + units)
  for (const [arm, count] of observed.entries()) {
    const share = weights[arm]! / total
    if (count === 0) continue
    if (!(share > 0)) return Number.POSITIVE_INFINITY
    const prior = concentration * share
    log += logGamma(prior + count) - logGamma(prior) - count * Math.log(share)
  }
  return log
}
