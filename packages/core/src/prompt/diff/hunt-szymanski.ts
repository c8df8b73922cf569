import type { Matching, Sequences } from './sequence.ts'
import { sliceSteps } from './sequence.ts'

/**
 * The longest common subsequence by its candidates (J. Hunt and T. Szymanski, "A fast algorithm for computing longest
 * common subsequences", 1977): O(r log n) steps and O(r) memory for r pairs of equal elements, so it is for sequences
 * whose elements rarely repeat, however much their order differs.
 */
export function* huntSzymanskiMatches({ before, after, symbols }: Sequences, pairs: number): Matching {
  const { starts, positions } = positionsBySymbol(after, symbols)
  // Of every length the candidate that ends earliest in `after`, as an index into the candidates.
  const tails: number[] = []
  const ends: number[] = []
  const candidateBefore = new Int32Array(pairs)
  const candidateAfter = new Int32Array(pairs)
  const previous = new Int32Array(pairs)
  let candidates = 0
  let steps = 0
  for (let i = 0; i < before.length; i++) {
    const symbol = before[i]!
    // From behind, so that one element of `before` is not used twice.
    for (let at = starts[symbol + 1]! - 1; at >= starts[symbol]!; at--) {
      const j = positions[at]!
      const length = lowerBound(ends, j)
      steps += 8
      if (ends[length] === j) continue
      candidateBefore[candidates] = i
      candidateAfter[candidates] = j
      previous[candidates] = length === 0 ? -1 : tails[length - 1]!
      tails[length] = candidates++
      ends[length] = j
    }
    if (steps >= sliceSteps) {
      yield steps
      steps = 0
    }
  }
  yield steps
  const matches = new Int32Array(before.length).fill(-1)
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]!) matches[candidateBefore[at]!] = candidateAfter[at]!
  return matches
}

/** The positions of every symbol in rising order: those of `s` lie at `starts[s]` up to `starts[s + 1]`. */
export function positionsBySymbol(sequence: Int32Array, symbols: number) {
  const starts = new Int32Array(symbols + 1)
  for (let at = 0; at < sequence.length; at++) starts[sequence[at]! + 1]!++
  for (let symbol = 0; symbol < symbols; symbol++) starts[symbol + 1]! += starts[symbol]!
  const next = starts.slice()
  const positions = new Int32Array(sequence.length)
  for (let at = 0; at < sequence.length; at++) positions[next[sequence[at]!]!++] = at
  return { starts, positions }
}

/** The first index whose value is not below `value`. */
function lowerBound(rising: readonly number[], value: number): number {
  let [low, high] = [0, rising.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rising[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
