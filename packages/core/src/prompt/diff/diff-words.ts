import type { DiffOptions } from './diff-lines.ts'
import { defaultMaxWork } from './diff-lines.ts'
import { diffPieces } from './diff-pieces.ts'
import type { EditScript } from './edit.ts'
import { piecesOf } from './pieces.ts'
import { finish } from './sequence.ts'

const word = /[\p{L}\p{N}\p{M}_]+|\s|[^\p{L}\p{N}\p{M}_\s]/gu

/** The words of a text, every space, and every sign: together they are the text. The same on every machine. */
export function splitWords(text: string): string[] {
  return text.match(word) ?? []
}

/** As `diffLines`, by the words, spaces and signs of `splitWords`; positions in the edits count those. */
export function diffWords(before: string, after: string, { maxWork = defaultMaxWork }: DiffOptions = {}): EditScript {
  return finish(
    diffPieces({ before: piecesOf(splitWords(before)), after: piecesOf(splitWords(after)), offset: 0 }, maxWork),
  )
}
