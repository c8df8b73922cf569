import { mix, murmur3 } from './murmur3.ts'
import { slotCount } from './slots.ts'

/**
 * What a unit is hashed for. Each purpose has a seed of its own, derived from the seed of the test, layer or holdout, so
 * that two hashes of one unit never have to do with each other, even where two seeds are the same.
 */
const purposes = { gate: 0x3c6ef372, slot: 0x1b873593, layer: 0x5851f42d, holdout: 0x7f4a7c15 } as const

/** A unit's hash for a purpose: 32 bits, unsigned. */
export function unitHash(purpose: keyof typeof purposes, seed: number, id: string): number {
  return murmur3(id, mix(mix(seed) ^ purposes[purpose]))
}

const slotShift = 32 - Math.log2(slotCount)

/** The slot of 16,384 that a hash picks. */
export function slotOf(hash: number): number {
  return hash >>> slotShift
}

/** Whether a hash is among the lowest so many percent: a higher percentage only adds hashes. */
export function isWithin(hash: number, percentage: number): boolean {
  return hash < (percentage / 100) * 2 ** 32
}

/** The seed of a test that names none. */
export function seedOf(testId: string): number {
  return murmur3(testId)
}
