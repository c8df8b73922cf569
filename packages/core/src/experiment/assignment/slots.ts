import { FairleadError } from '../../base/index.ts'

/** How many slots a test's table has: weights are exact to 0.006 %. */
export const slotCount = 16_384
/** Variants are bytes in the table. */
export const maxArms = 255

/**
 * The slot table of a new test: for each of 16,384 slots the index of the variant that has it, in proportion to the
 * weights (at most 255 numbers from 0 up, of any sum above 0; largest remainders are rounded up). Throws
 * `experiment.invalid_weights`.
 */
export function createSlots(weights: readonly number[]): Uint8Array {
  const counts = apportion(weights, [])
  const slots = new Uint8Array(slotCount)
  let from = 0
  for (const [variant, count] of counts.entries()) {
    slots.fill(variant, from, from + count)
    from += count
  }
  return slots
}

/**
 * How many slots each variant gets: its share, rounded down or up. Whoever keeps a slot by being rounded up goes first,
 * as one that has `held` more than its share rounded down; then those with the largest remainder.
 */
export function apportion(weights: readonly number[], held: readonly number[]): number[] {
  checkWeights(weights)
  // Numbers near the largest there are have no finite sum.
  const largest = Math.max(...weights)
  const scaled = weights.map((weight) => weight / largest)
  const total = scaled.reduce((sum, weight) => sum + weight, 0)
  const shares = scaled.map((weight) => withoutNoise((weight / total) * slotCount))
  const counts = shares.map(Math.floor)
  const keeps = (variant: number) => (held[variant] ?? 0) > counts[variant]!
  const order = [...shares.keys()]
    .filter((variant) => shares[variant]! > counts[variant]!)
    .sort((a, b) => Number(keeps(b)) - Number(keeps(a)) || (shares[b]! % 1) - (shares[a]! % 1) || a - b)
  const left = slotCount - counts.reduce((sum, count) => sum + count, 0)
  for (const variant of order.slice(0, left)) counts[variant]!++
  return counts
}

/** A share that is whole but for the noise of floating-point arithmetic is whole: it must not be rounded the other way. */
function withoutNoise(share: number): number {
  const whole = Math.round(share)
  return Math.abs(share - whole) < 1e-9 ? whole : share
}

function checkWeights(weights: readonly number[]): void {
  const wrong = weights.find((weight) => !(Number.isFinite(weight) && weight >= 0))
  if (wrong !== undefined) throw invalidWeights(`Weights are numbers from 0 up, and one is ${wrong}.`)
  if (weights.length > maxArms)
    throw invalidWeights(`A test may have ${maxArms} variants, and there are ${weights.length} weights.`)
  if (!weights.some((weight) => weight > 0))
    throw invalidWeights('No variant has a weight above 0. Give at least one of them a weight.')
}

function invalidWeights(message: string): FairleadError {
  return new FairleadError('experiment.invalid_weights', message, { data: { field: 'weights' } })
}

/** What is thrown for what is no slot table. */
export function invalidSlots(message: string): FairleadError {
  return new FairleadError('experiment.invalid_slots', message, { data: { field: 'slots' } })
}
