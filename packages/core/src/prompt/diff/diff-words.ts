import type { DiffOptions } from './diff-lines.ts'
import { defaultMaxWork } from './diff-lines.ts'
import type { EditScript } from './edit.ts'
import { editScript } from './edit.ts'
import { matchStrings } from './match.ts'

const word = /[\p{L}\p{N}\p{M}_]+|\s|[^\p{L}\p{N}\p{M}_\s]/gu

/** The words of a text, every space, and every sign: together they are the text. The same on every machine. */
export function splitWords(text: string): string[] {
  return text.match(word) ?? []
}

/** As `diffLines`, by the words, spaces and signs of `splitWords`; positions in the edits count those. */
export function diffWords(before: string, after: string, { maxWork = defaultMaxWork }: DiffOptions = {}): EditScript {
  const words = { before: splitWords(before), after: splitWords(after) }
  const shorter = Math.min(words.before.length, words.after.length)
  let offset = 0
  while (offset < shorter && words.before[offset] === words.after[offset]) offset++
  const rest = { before: words.before.slice(offset), after: words.after.slice(offset) }
  const steps = matchStrings(rest.before, rest.after, maxWork)
  let step = steps.next()
  while (!step.done) step = steps.next()
  const { matches, exact } = step.value
  return editScript(matches, { before: rest.before.length, after: rest.after.length }, { offset, exact })
}
