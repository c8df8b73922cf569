import { bitParallelMatches } from './bit-parallel.ts'
import { huntSzymanskiMatches } from './hunt-szymanski.ts'
import { myersMatches } from './myers.ts'
import { roughMatches } from './rough.ts'
import type { Sequences } from './sequence.ts'

/** Differences up to which sequences count as alike: Myers' way back takes half the square of it in memory. */
const fewDifferences = 400
/** Numbers that the table of the bit-parallel algorithm may take, whatever work is allowed: 192 MB. */
const largestTable = 48_000_000

export interface Matched {
  matches: Int32Array
  /** False where the work allowed did not suffice for a longest common subsequence. */
  exact: boolean
}

/**
 * A longest common subsequence of two lists of strings, by whichever algorithm is quickest for them, or a common
 * subsequence of some length when that would take more than `maxWork` steps.
 */
export function* matchStrings(
  before: readonly string[],
  after: readonly string[],
  maxWork: number,
): Generator<number, Matched, void> {
  const alike = yield* myersMatches(
    { before: before.length, after: after.length },
    (x, y) => before[x] === after[y],
    Math.min(fewDifferences, Math.ceil((before.length + after.length) / 4) + 8),
  )
  if (alike) return { matches: alike, exact: true }
  const { sequences, beforeAt, afterAt } = intern(before, after)
  yield before.length + after.length
  const { matches, exact } = yield* matchSequences(sequences, maxWork)
  const all = new Int32Array(before.length).fill(-1)
  for (const [at, counterpart] of matches.entries()) if (counterpart >= 0) all[beforeAt[at]!] = afterAt[counterpart]!
  return { matches: all, exact }
}

export function* matchSequences(sequences: Sequences, maxWork: number): Generator<number, Matched, void> {
  const { before, after } = sequences
  const pairs = countPairs(sequences)
  const bitWork = before.length * (after.length / 32 + 2)
  // A candidate costs a binary search, a word a few operations.
  const candidateWork = pairs * 8
  if (candidateWork <= bitWork && candidateWork <= maxWork) {
    return { matches: (yield* huntSzymanskiMatches(sequences, pairs))!, exact: true }
  }
  if (bitWork <= maxWork && (before.length * after.length) / 32 <= largestTable) {
    return { matches: (yield* bitParallelMatches(sequences))!, exact: true }
  }
  return { matches: yield* roughMatches(sequences, maxWork), exact: false }
}

function countPairs({ before, after, symbols }: Sequences): number {
  const counts = new Int32Array(symbols)
  for (let at = 0; at < after.length; at++) counts[after[at]!]!++
  let pairs = 0
  for (let at = 0; at < before.length; at++) pairs += counts[before[at]!]!
  return pairs
}

/** Numbers for strings; those that only one side has are left out, as they correspond to nothing. */
function intern(before: readonly string[], after: readonly string[]) {
  const known = new Map<string, number>()
  const used: boolean[] = []
  const numbers = new Int32Array(before.length)
  for (const [at, text] of before.entries()) {
    let number = known.get(text)
    if (number === undefined) {
      number = known.size
      known.set(text, number)
      used.push(false)
    }
    numbers[at] = number
  }
  const afterAt = new Int32Array(after.length)
  const afterNumbers = new Int32Array(after.length)
  let afterLength = 0
  for (const [at, text] of after.entries()) {
    const number = known.get(text)
    if (number === undefined) continue
    used[number] = true
    afterAt[afterLength] = at
    afterNumbers[afterLength++] = number
  }
  const beforeAt = new Int32Array(before.length)
  const beforeNumbers = new Int32Array(before.length)
  let beforeLength = 0
  for (const [at, number] of numbers.entries()) {
    if (!used[number]) continue
    beforeAt[beforeLength] = at
    beforeNumbers[beforeLength++] = number
  }
  const sequences: Sequences = {
    before: beforeNumbers.subarray(0, beforeLength),
    after: afterNumbers.subarray(0, afterLength),
    symbols: known.size,
  }
  return { sequences, beforeAt, afterAt }
}
