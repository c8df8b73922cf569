import { positionsBySymbol } from './hunt-szymanski.ts'
import type { Matching, Sequences } from './sequence.ts'
import { sliceSteps } from './sequence.ts'

/**
 * The longest common subsequence, 32 columns of the table at a time (H. Hyyrö, "Bit-parallel LCS-length computation
 * revisited", 2004): at most n·m/32 steps whatever the sequences are, and n·m bits to find the way back. A clear bit of
 * row i at column j says that the subsequence of the first i and j + 1 elements is one longer than that of the first j.
 */
export function* bitParallelMatches({ before, after, symbols }: Sequences): Matching {
  const { starts, positions } = positionsBySymbol(after, symbols)
  const words = (after.length + 31) >>> 5
  const rows = new Int32Array(words * before.length)
  const row = new Int32Array(words).fill(-1)
  let steps = 0
  for (let i = 0; i < before.length; i++) {
    const symbol = before[i]!
    steps += advance(row, positions, starts[symbol]!, starts[symbol + 1]!) + (words >>> 3) + 1
    rows.set(row, i * words)
    if (steps >= sliceSteps) {
      yield steps
      steps = 0
    }
  }
  yield steps
  return wayBack(rows, words, before.length, after.length)
}

/**
 * row = (row + (row & match)) | (row & ~match), where only words with a match, or with a carry into them, change.
 * Answers how many words were touched.
 */
function advance(row: Int32Array, positions: Int32Array, from: number, to: number): number {
  let touched = 0
  let carry = 0
  let word = 0
  for (let at = from; at < to || carry !== 0; ) {
    // Without a carry go on at the next match.
    if (carry === 0) word = positions[at]! >>> 5
    if (word >= row.length) break
    let match = 0
    for (; at < to && positions[at]! >>> 5 === word; at++) match |= 1 << (positions[at]! & 31)
    const value = row[word]!
    const sum = (value >>> 0) + ((value & match) >>> 0) + carry
    carry = sum > 0xffffffff ? 1 : 0
    row[word] = sum | 0 | (value & ~match)
    word++
    touched++
  }
  return touched
}

function wayBack(rows: Int32Array, words: number, n: number, m: number): Int32Array {
  const matches = new Int32Array(n).fill(-1)
  const isClear = (i: number, j: number) => (rows[i * words + (j >>> 5)]! & (1 << (j & 31))) === 0
  for (let i = n - 1, j = m - 1; i >= 0 && j >= 0; ) {
    if (!isClear(i, j)) j--
    // Clear in the row before, too: the element of this row is not needed.
    else if (i > 0 && isClear(i - 1, j)) i--
    else matches[i--] = j--
  }
  return matches
}
