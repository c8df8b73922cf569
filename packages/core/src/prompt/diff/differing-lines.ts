import type { Pieces } from './pieces.ts'
import { chunk, commonLength, linesOf } from './pieces.ts'

/** The lines of two texts without most of those that they have in common at their ends, and how many precede them. */
export function differingLines(before: string, after: string): { before: Pieces; after: Pieces; offset: number } {
  const shorter = Math.min(before.length, after.length)
  const common = commonLength(before, 0, after, 0, shorter)
  // Back to the beginning of the first line that differs.
  const prefix = common && before.lastIndexOf('\n', common - 1) + 1
  let suffix = 0
  const ending = (text: string) => text.slice(text.length - suffix - chunk, text.length - suffix)
  while (suffix + chunk <= shorter - prefix && ending(before) === ending(after)) suffix += chunk
  // On to the beginning of a line, if there is one.
  const newline = before.indexOf('\n', before.length - suffix)
  suffix = newline < 0 ? 0 : before.length - newline - 1
  const differing = (text: string) => linesOf(text, prefix, text.length - suffix)
  const offset = linesOf(before, 0, prefix).starts.length - 1
  return { before: differing(before), after: differing(after), offset }
}
