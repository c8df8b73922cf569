import { densityOf } from './density.ts'
import { DistributionFunction } from './distribution-function.ts'
import { invalidEvidence } from './evidence.ts'

export interface SampleRatio {
  chiSquare: number
  degreesOfFreedom: number
  /** How probable as large a deviation is, or a larger one, if units are assigned by the weights. */
  pValue: number
}

/** Pearson's test of whether as many units are in each arm as its weight says. */
export function sampleRatioMismatch(sample: { observed: readonly number[]; weights: readonly number[] }): SampleRatio {
  const { observed, weights } = sample
  if (observed.length !== weights.length || observed.length < 2)
    throw invalidEvidence(
      'observed',
      `must have as many numbers as weights, at least two; they are ${observed.length} and ${weights.length}`,
    )
  for (const [field, numbers] of Object.entries({ observed, weights })) {
    const wrong = numbers.find((number) => !Number.isFinite(number) || number < 0)
    if (wrong !== undefined) throw invalidEvidence(field, `must have numbers from 0 up, and has ${wrong}`)
  }
  const [units, weight] = [sum(observed), sum(weights)]
  const arms = observed.map((count, arm) => ({ count, expected: (units * weights[arm]!) / weight }))
  // An arm of weight 0 expects nobody; anybody there is a mismatch for certain.
  const open = arms.filter(({ expected }) => expected > 0)
  const degreesOfFreedom = Math.max(0, open.length - 1)
  if (arms.some(({ count, expected }) => count > 0 && !(expected > 0)))
    return { chiSquare: Number.POSITIVE_INFINITY, degreesOfFreedom, pValue: 0 }
  const chiSquare = sum(open.map(({ count, expected }) => (count - expected) ** 2 / expected))
  return { chiSquare, degreesOfFreedom, pValue: chiSquareTail(chiSquare, degreesOfFreedom) }
}

/** The probability that a chi-square variable is at least so large. */
function chiSquareTail(chiSquare: number, degreesOfFreedom: number): number {
  if (chiSquare === 0 || degreesOfFreedom === 0) return 1
  const density = densityOf({ kind: 'gamma', shape: degreesOfFreedom / 2, rate: 1 / 2 })
  return new DistributionFunction(density).above(Math.log(chiSquare))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
