import type { EditScript } from './edit.ts'
import { editScript } from './edit.ts'
import { matchSequences } from './match.ts'
import { myersMatches } from './myers.ts'
import { numberPieces } from './number-pieces.ts'
import type { Pieces } from './pieces.ts'
import type { Sequences } from './sequence.ts'
import { commonEnds } from './sequence.ts'

/** Differences up to which sequences count as alike: Myers' way back takes half the square of it in memory. */
const fewDifferences = 400

/**
 * The shortest script that turns one text into another piece by piece, by whichever algorithm is quickest for them, or a
 * script of some length when that would take more than `maxWork` steps.
 */
export function* diffPieces(
  { before, after, offset }: { before: Pieces; after: Pieces; offset: number },
  maxWork: number,
): Generator<number, EditScript, void> {
  const { numbers, count } = numberPieces(before, after)
  const { prefix, suffix } = commonEnds(numbers[0]!, numbers[1]!)
  const differing = (side: Int32Array) => side.subarray(prefix, side.length - suffix)
  const sequences = { before: differing(numbers[0]!), after: differing(numbers[1]!), symbols: count }
  const length = { before: sequences.before.length, after: sequences.after.length }
  const most = Math.min(fewDifferences, Math.ceil((length.before + length.after) / 4) + 8)
  const alike = yield* myersMatches(sequences, most)
  const { matches, exact } = alike ? { matches: alike, exact: true } : yield* matchShared(sequences, maxWork)
  return editScript(matches, length, { offset: offset + prefix, exact })
}

/** Leaves out what only one side has, as it corresponds to nothing. */
function* matchShared({ before, after, symbols }: Sequences, maxWork: number) {
  const at = { before: sharedAt(before, after, symbols), after: sharedAt(after, before, symbols) }
  const shared = { before: at.before.map((index) => before[index]!), after: at.after.map((index) => after[index]!) }
  const { matches, exact } = yield* matchSequences({ ...shared, symbols }, maxWork)
  const all = new Int32Array(before.length).fill(-1)
  for (let index = 0; index < matches.length; index++) {
    if (matches[index]! >= 0) all[at.before[index]!] = at.after[matches[index]!]!
  }
  return { matches: all, exact }
}

/** The positions of what the other side has, too. */
function sharedAt(side: Int32Array, other: Int32Array, symbols: number): Int32Array {
  const isShared = new Uint8Array(symbols)
  for (let index = 0; index < other.length; index++) isShared[other[index]!] = 1
  const at = new Int32Array(side.length)
  let length = 0
  for (let index = 0; index < side.length; index++) if (isShared[side[index]!] === 1) at[length++] = index
  return at.subarray(0, length)
}
