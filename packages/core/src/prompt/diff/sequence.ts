/**
 * A way of finding which elements of two sequences correspond, done in slices: `yield` hands over how many inner-loop
 * steps were taken since the last time, so that the caller can count them, stop, or let the event loop turn in between.
 * The same input takes the same steps on every machine.
 */
export type Matching = Generator<number, Matches | undefined, void>

/** For every element of the first sequence its counterpart in the second, or -1; counterparts rise. */
export type Matches = Int32Array

/** Two sequences whose elements are equal when their numbers are. */
export interface Sequences {
  before: Int32Array
  after: Int32Array
  /** The numbers are below this. */
  symbols: number
}

/** Which elements of two sequences correspond to none of the other; as many are left unmarked on either side. */
export interface Marks {
  before: Uint8Array
  after: Uint8Array
}

/** Positions, or what stands there. */
export interface Anchors {
  before: number[]
  after: number[]
}

/** About so many steps are taken between two yields. */
export const sliceSteps = 100_000

/** How many elements at both ends are the same. */
export function commonEnds(before: Int32Array, after: Int32Array): { prefix: number; suffix: number } {
  const shorter = Math.min(before.length, after.length)
  let prefix = 0
  while (prefix < shorter && before[prefix] === after[prefix]) prefix++
  let suffix = 0
  while (suffix < shorter - prefix && before[before.length - 1 - suffix] === after[after.length - 1 - suffix]) suffix++
  return { prefix, suffix }
}

/** How often each number stands in a sequence. */
export function countsOf(sequence: Int32Array, symbols: number): number[] {
  const found = new Array<number>(symbols).fill(0)
  for (let at = 0; at < sequence.length; at++) found[sequence[at]!]!++
  return found
}

/** What comes of it when nobody waits in between. */
export function finish<Result>(steps: Generator<number, Result, void>): Result {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}
