/** The lines of a text, each with the newline that ends it; the last may have none. */
export function splitLines(text: string, from = 0, to = text.length): string[] {
  const lines: string[] = []
  for (let start = from; start < to; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 || newline >= to ? to : newline + 1
    lines.push(text.slice(start, end))
    start = end
  }
  return lines
}

/** How many lines end before a position that begins a line. */
export function countLines(text: string, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

const piece = 128

function endingAt(text: string, end: number): string {
  return text.slice(end - piece, end)
}

/** The lengths of what two texts have in common at their ends, in whole lines. */
export function commonEnds(before: string, after: string): { prefix: number; suffix: number } {
  const shorter = Math.min(before.length, after.length)
  let prefix = 0
  // Whole pieces are compared many characters at a time.
  while (prefix + piece <= shorter && before.slice(prefix, prefix + piece) === after.slice(prefix, prefix + piece))
    prefix += piece
  while (prefix < shorter && before.charCodeAt(prefix) === after.charCodeAt(prefix)) prefix++
  if (prefix === before.length && prefix === after.length) return { prefix, suffix: 0 }
  // Back to the beginning of the first line that differs.
  prefix = prefix === 0 ? 0 : before.lastIndexOf('\n', prefix - 1) + 1
  let suffix = 0
  const most = shorter - prefix
  while (suffix + piece <= most && endingAt(before, before.length - suffix) === endingAt(after, after.length - suffix))
    suffix += piece
  while (suffix < most && before.charCodeAt(before.length - 1 - suffix) === after.charCodeAt(after.length - 1 - suffix))
    suffix++
  const startsLine = (text: string) => suffix === text.length || text[text.length - suffix - 1] === '\n'
  if (suffix > 0 && !(startsLine(before) && startsLine(after))) {
    // On to the beginning of the next line, which is common.
    const newline = before.indexOf('\n', before.length - suffix)
    suffix = newline < 0 ? 0 : before.length - newline - 1
  }
  return { prefix, suffix }
}
