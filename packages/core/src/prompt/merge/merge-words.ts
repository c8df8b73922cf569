import { splitWords } from '../diff/diff-words.ts'
import { markedChanges } from '../diff/marks.ts'
import { numberPieces } from '../diff/number-pieces.ts'
import { piecesOf, textOf } from '../diff/pieces.ts'
import { findRegions } from './region.ts'

const maxWork = 4_000_000
/** Nobody reads a proposal for a longer text word by word. */
const longestText = 100_000

/**
 * Merges two changes of one text word by word, for changes in one line that do not touch; null where some do. To be
 * proposed to a person, and null for long texts: what fits word by word often says what neither side meant.
 */
export function mergeWords(base: string, ours: string, theirs: string): string | null {
  if (Math.max(base.length, ours.length, theirs.length) > longestText) return null
  const words = { base: splitWords(base), ours: splitWords(ours), theirs: splitWords(theirs) }
  const sides = { ours: piecesOf(words.ours), theirs: piecesOf(words.theirs) }
  const { numbers, count } = numberPieces(piecesOf(words.base), sides.ours, sides.theirs)
  const marksOf = (side: Int32Array) => markedChanges({ before: numbers[0]!, after: side, symbols: count }, maxWork)
  let merged = ''
  let at = 0
  for (const region of findRegions(marksOf(numbers[1]!), marksOf(numbers[2]!))) {
    const [inOurs, inTheirs] = [textOf(sides.ours, ...region.ours), textOf(sides.theirs, ...region.theirs)]
    if (region.kind === 'conflict' && inOurs !== inTheirs) return null
    merged += textOf(sides.ours, at, region.ours[0]) + (region.kind === 'theirs' ? inTheirs : inOurs)
    at = region.ours[1]
  }
  return merged + textOf(sides.ours, at)
}
