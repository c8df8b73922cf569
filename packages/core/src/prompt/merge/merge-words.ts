import { splitWords } from '../diff/diff-words.ts'
import { numberLines } from '../diff/line-numbers.ts'
import { markedChanges } from '../diff/marks.ts'
import { findRegions } from './region.ts'

const maxWork = 4_000_000

/**
 * Merges two changes of one text word by word, for changes in one line that do not touch; null where some do. To be
 * proposed to a person: what fits word by word often says what neither side meant.
 */
export function mergeWords(base: string, ours: string, theirs: string): string | null {
  const words = { base: splitWords(base), ours: splitWords(ours), theirs: splitWords(theirs) }
  const { numbers, count } = numberLines(words.base, words.ours, words.theirs)
  const marksOf = (side: Int32Array) => markedChanges({ before: numbers[0]!, after: side, symbols: count }, maxWork)
  const merged: string[] = []
  let at = 0
  for (const region of findRegions(marksOf(numbers[1]!), marksOf(numbers[2]!))) {
    const sides = { ours: words.ours.slice(...region.ours), theirs: words.theirs.slice(...region.theirs) }
    if (region.kind === 'conflict' && sides.ours.join('') !== sides.theirs.join('')) return null
    merged.push(...words.ours.slice(at, region.ours[0]), ...(region.kind === 'theirs' ? sides.theirs : sides.ours))
    at = region.ours[1]
  }
  merged.push(...words.ours.slice(at))
  return merged.join('')
}
