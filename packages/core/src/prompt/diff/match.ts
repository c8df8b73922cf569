import { bitParallelMatches } from './bit-parallel.ts'
import { huntSzymanskiMatches } from './hunt-szymanski.ts'
import { roughMatches } from './rough.ts'
import type { Sequences } from './sequence.ts'
import { countsOf } from './sequence.ts'

/** Numbers that the table of the bit-parallel algorithm may take, whatever work is allowed: 192 MB. */
const largestTable = 48_000_000

export interface Matched {
  matches: Int32Array
  /** False where the work allowed did not suffice for a longest common subsequence. */
  exact: boolean
}

/**
 * A longest common subsequence, by whichever algorithm is quickest for sequences that have little in common, or a common
 * subsequence of some length when that would take more than `maxWork` steps.
 */
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
  const counts = countsOf(after, symbols)
  let pairs = 0
  for (let at = 0; at < before.length; at++) pairs += counts[before[at]!]!
  return pairs
}
