/** A text and where its pieces begin, such as its lines; the last of `starts` is where the text ends. */
export interface Pieces {
  text: string
  starts: readonly number[]
}

/** The lines of a text, each with the newline that ends it; the last may have none. */
export function linesOf(text: string, from = 0, to = text.length): Pieces {
  const starts = [from]
  for (let end = text.indexOf('\n', from) + 1; end > 0 && end <= to; end = text.indexOf('\n', end) + 1) starts.push(end)
  if (starts.at(-1)! < to) starts.push(to)
  return { text, starts }
}

/** The lines of a text as strings. */
export function splitLines(text: string): string[] {
  const lines = linesOf(text)
  return lines.starts.slice(1).map((_, line) => textOf(lines, line, line + 1))
}

/** Strings as the pieces of one text. */
export function piecesOf(strings: readonly string[]): Pieces {
  let end = 0
  return { text: strings.join(''), starts: [0, ...strings.map(({ length }) => (end += length))] }
}

/** Pieces from…to as one text. */
export function textOf({ text, starts }: Pieces, from = 0, to = starts.length - 1): string {
  return text.slice(starts[from], starts[to])
}

/** So many characters are compared at once. */
export const chunk = 128

/** How many characters two texts have in common from two positions on, looking at `most` at most. */
export function commonLength(one: string, oneFrom: number, other: string, otherFrom: number, most: number): number {
  let length = 0
  const slice = (text: string, from: number) => text.slice(from + length, from + length + chunk)
  while (length + chunk <= most && slice(one, oneFrom) === slice(other, otherFrom)) length += chunk
  while (length < most && one.charCodeAt(oneFrom + length) === other.charCodeAt(otherFrom + length)) length++
  return length
}
