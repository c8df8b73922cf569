import { bitParallelMatches } from './bit-parallel.ts'
import { huntSzymanskiMatches } from './hunt-szymanski.ts'
import type { Sequences } from './sequence.ts'
import { countsOf } from './sequence.ts'

/** A gap between anchors whose table has more words than this is cut by its middle. */
const gapWords = 250_000

/**
 * A common subsequence that need not be longest, for sequences that are too long for one: first of the elements that
 * both have once (patience), then exactly in the gaps that are left, as long as the work lasts.
 */
export function* roughMatches(sequences: Sequences, maxWork: number): Generator<number, Int32Array, void> {
  const { before, after } = sequences
  const matches = new Int32Array(before.length).fill(-1)
  let work = 0
  const anchors = yield* anchorsOf(sequences)
  work += before.length + after.length
  // The last gap reaches to the ends.
  let [fromBefore, fromAfter] = [0, 0]
  for (const [toBefore, toAfter] of [...anchors, [before.length, after.length] as const]) {
    const gap = { fromBefore, toBefore, fromAfter, toAfter }
    work += yield* matchGap(sequences, gap, matches, maxWork - work)
    if (toBefore < before.length) matches[toBefore] = toAfter
    fromBefore = toBefore + 1
    fromAfter = toAfter + 1
  }
  return matches
}

interface Gap {
  fromBefore: number
  toBefore: number
  fromAfter: number
  toAfter: number
}

/** Answers the steps that it took. */
function* matchGap(
  sequences: Sequences,
  gap: Gap,
  matches: Int32Array,
  maxWork: number,
): Generator<number, number, void> {
  let { fromBefore, toBefore, fromAfter, toAfter } = gap
  const { before, after, symbols } = sequences
  while (fromBefore < toBefore && fromAfter < toAfter && before[fromBefore] === after[fromAfter])
    matches[fromBefore++] = fromAfter++
  while (fromBefore < toBefore && fromAfter < toAfter && before[toBefore - 1] === after[toAfter - 1])
    matches[--toBefore] = --toAfter
  const [n, m] = [toBefore - fromBefore, toAfter - fromAfter]
  if (n === 0 || m === 0) return 1
  const words = n * (m / 32 + 2)
  if (maxWork <= symbols) return 1
  if (words > Math.min(gapWords, maxWork - symbols) && n > 1 && m > 1) {
    const middle = { before: fromBefore + (n >>> 1), after: fromAfter + (m >>> 1) }
    const first = { fromBefore, toBefore: middle.before, fromAfter, toAfter: middle.after }
    const second = { fromBefore: middle.before, toBefore, fromAfter: middle.after, toAfter }
    const work = yield* matchGap(sequences, first, matches, maxWork)
    return work + (yield* matchGap(sequences, second, matches, maxWork - work))
  }
  const found = yield* bitParallelMatches({
    before: before.subarray(fromBefore, toBefore),
    after: after.subarray(fromAfter, toAfter),
    symbols,
  })
  for (let at = 0; at < n; at++) if (found![at]! >= 0) matches[fromBefore + at] = fromAfter + found![at]!
  return words + symbols
}

/** The pairs of elements that both sequences have once, as many as rise on both sides. */
function* anchorsOf({ before, after, symbols }: Sequences): Generator<number, [number, number][], void> {
  const counts = { before: countsOf(before, symbols), after: countsOf(after, symbols) }
  const isAnchor = (symbol: number) => counts.before[symbol] === 1 && counts.after[symbol] === 1
  const positions = (sequence: Int32Array) => sequence.map((_, at) => at).filter((at) => isAnchor(sequence[at]!))
  const [beforeAt, afterAt] = [positions(before), positions(after)]
  const once = { before: beforeAt.map((at) => before[at]!), after: afterAt.map((at) => after[at]!), symbols }
  const found = (yield* huntSzymanskiMatches(once, beforeAt.length))!
  const anchors: [number, number][] = []
  for (const [at, counterpart] of found.entries()) {
    if (counterpart >= 0) anchors.push([beforeAt[at]!, afterAt[counterpart]!])
  }
  return anchors
}
