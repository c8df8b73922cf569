import type { Frame } from './frame.ts'

/**
 * Engines look for a part in time of both lengths multiplied: 'a' × 200,000 for 'a' × 100,000 + 'b' takes a second. So
 * the engine looks for this many first characters only, and each place they are found at is paid for.
 */
const headLength = 8

/** The first offset from `from` on at which the part begins, -1 without one. */
export function firstIndex(frame: Frame, text: string, part: string, from: number): number {
  if (part.length <= headLength) return text.indexOf(part, from)
  const head = part.slice(0, headLength)
  const last = text.length - part.length
  for (let at = from > last ? -1 : text.indexOf(head, from); at >= 0 && at <= last; at = text.indexOf(head, at + 1)) {
    if (beginsAt(frame, text, part, at)) return at
  }
  return -1
}

/** The last offset up to `from` at which the part begins, -1 without one. */
export function lastIndex(frame: Frame, text: string, part: string, from: number): number {
  if (part.length <= headLength) return text.lastIndexOf(part, from)
  const head = part.slice(0, headLength)
  let at = Math.min(from, text.length - part.length)
  while (at >= 0) {
    at = text.lastIndexOf(head, at)
    if (at < 0 || beginsAt(frame, text, part, at)) return at
    at--
  }
  return -1
}

/** The text's pieces between the separators. */
export function splitAt(frame: Frame, text: string, separator: string): string[] {
  if (separator.length <= headLength) return text.split(separator)
  const pieces: string[] = []
  let start = 0
  for (let at = firstIndex(frame, text, separator, 0); at >= 0; at = firstIndex(frame, text, separator, start)) {
    pieces.push(text.slice(start, at))
    start = at + separator.length
  }
  pieces.push(text.slice(start))
  return pieces
}

function beginsAt(frame: Frame, text: string, part: string, at: number): boolean {
  frame.spend(1)
  frame.spendText(part.length)
  return text.startsWith(part, at)
}
