import type { Matching, Sequences } from './sequence.ts'
import { sliceSteps } from './sequence.ts'

/**
 * Myers' greedy algorithm, forwards, keeping the furthest points of every round for the way back (E. Myers, "An O(ND)
 * difference algorithm and its variations", 1986). Takes O((n + m) + d²) steps and d²/2 numbers for d differences, so
 * it is for sequences that are alike: undefined when there are more than `maxDifferences`, or it finds little in common.
 */
export function* myersMatches(
  { before, after }: Pick<Sequences, 'before' | 'after'>,
  maxDifferences: number,
): Matching {
  const [n, m] = [before.length, after.length]
  const limit = Math.min(n + m, maxDifferences)
  // Furthest x on each diagonal k = x - y, at index k + offset.
  const furthest = new Int32Array(2 * limit + 3)
  const offset = limit + 1
  // The same of every round, those of round d behind all d (d + 1) / 2 before.
  const rounds: number[] = []
  let steps = 0
  for (let d = 0; d <= limit; d++) {
    for (let k = -d; k <= d; k += 2) {
      const goesDown = k === -d || (k !== d && furthest[offset + k - 1]! < furthest[offset + k + 1]!)
      let x = goesDown ? furthest[offset + k + 1]! : furthest[offset + k - 1]! + 1
      const begin = x
      while (x < n && x - k < m && before[x] === after[x - k]) x++
      steps += x - begin + 1
      furthest[offset + k] = x
      rounds.push(x)
      if (x >= n && x - k >= m) {
        yield steps
        return wayBack(n, m, rounds, d)
      }
    }
    // Where less was found in common than not, other algorithms are quicker.
    if (d >= patience && d % patience === 0 && furthestSum(furthest, offset, d) < 3 * d) break
    if (steps >= sliceSteps) {
      yield steps
      steps = 0
    }
  }
  yield steps
  return undefined
}

const patience = 64

/** The most elements of both sequences that a path has come past. */
function furthestSum(furthest: Int32Array, offset: number, d: number): number {
  let most = 0
  for (let k = -d; k <= d; k += 2) most = Math.max(most, 2 * furthest[offset + k]! - k)
  return most
}

function wayBack(n: number, m: number, rounds: readonly number[], differences: number): Int32Array {
  const matches = new Int32Array(n).fill(-1)
  let [x, y] = [n, m]
  for (let d = differences; d >= 0; d--) {
    let [fromX, fromY] = [0, 0]
    if (d > 0) {
      const k = x - y
      // Where the round before stood on the diagonals above and below.
      const above = (d * (d - 1) + k + d) >> 1
      const goesDown = k === -d || (k !== d && rounds[above - 1]! < rounds[above]!)
      fromX = rounds[goesDown ? above : above - 1]!
      fromY = fromX - (goesDown ? k + 1 : k - 1)
    }
    // Down or right by one, then along the diagonal.
    while (x > fromX && y > fromY) {
      x--
      y--
      matches[x] = y
    }
    x = fromX
    y = fromY
  }
  return matches
}
