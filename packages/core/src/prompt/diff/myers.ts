import type { Matching } from './sequence.ts'
import { sliceSteps } from './sequence.ts'

/**
 * Myers' greedy algorithm, forwards, keeping the furthest points of every round for the way back (E. Myers, "An O(ND)
 * difference algorithm and its variations", 1986). Takes O((n + m) + d²) steps and d²/2 numbers for d differences, so
 * it is for sequences that are alike: undefined when there are more than `maxDifferences`, or it finds little in common.
 */
export function* myersMatches(
  length: { before: number; after: number },
  isEqual: (before: number, after: number) => boolean,
  maxDifferences: number,
): Matching {
  const { before: n, after: m } = length
  const limit = Math.min(n + m, maxDifferences)
  // Furthest x on each diagonal k = x - y, at index k + offset.
  const furthest = new Int32Array(2 * limit + 3)
  const offset = limit + 1
  const rounds: Int32Array[] = []
  let steps = 0
  for (let d = 0; d <= limit; d++) {
    for (let k = -d; k <= d; k += 2) {
      const goesDown = k === -d || (k !== d && furthest[offset + k - 1]! < furthest[offset + k + 1]!)
      let x = goesDown ? furthest[offset + k + 1]! : furthest[offset + k - 1]! + 1
      const begin = x
      while (x < n && x - k < m && isEqual(x, x - k)) x++
      steps += x - begin + 1
      furthest[offset + k] = x
      if (x >= n && x - k >= m) {
        yield steps
        return wayBack(n, m, rounds, d)
      }
    }
    rounds.push(furthest.slice(offset - d, offset + d + 1))
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

/** `rounds[d]` holds the furthest x of the diagonals -d…d after round d. */
function wayBack(n: number, m: number, rounds: readonly Int32Array[], differences: number): Int32Array {
  const matches = new Int32Array(n).fill(-1)
  let [x, y] = [n, m]
  for (let d = differences; d >= 0; d--) {
    const k = x - y
    const [fromX, fromY] = d === 0 ? [0, 0] : stepBack(rounds[d - 1]!, k, d)
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

/** Where round `d - 1` stood before the step on to diagonal `k`. */
function stepBack(round: Int32Array, k: number, d: number): [number, number] {
  const at = (diagonal: number) => round[diagonal + d - 1]!
  const goesDown = k === -d || (k !== d && at(k - 1) < at(k + 1))
  const from = goesDown ? k + 1 : k - 1
  const x = at(from)
  return [x, x - from]
}
