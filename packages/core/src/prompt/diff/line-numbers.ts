/** So many strings with one hash are looked through; then a table that no input slows down takes over. */
const longestProbe = 32

/** For short texts, one after the other: making a table takes longer than filling it. */
const smallTable = new Int32Array(1_024)

/**
 * Gives equal strings equal numbers, from 0 up to `count`, over all lists. Lists that are much like the first take least.
 */
export function numberLines(
  first: readonly string[],
  ...others: readonly (readonly string[])[]
): { numbers: Int32Array[]; count: number } {
  const table = new LineTable(others.reduce((sum, { length }) => sum + length, first.length))
  const numbers = table.of(first)
  const rest = others.map((lines) => table.of(lines, { lines: first, numbers }))
  return { numbers: [numbers, ...rest], count: table.count }
}

/**
 * A table of its own: hashing a few characters and comparing the whole is several times quicker than a `Map`, which reads
 * every character of every line. Only one is in use at a time.
 */
class LineTable {
  readonly #lines: string[] = []
  readonly #slots: Int32Array
  readonly #mask: number
  #fallback: Map<string, number> | undefined

  /** `most` is how many different strings there may be. */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * most + 2))
    this.#slots = size <= smallTable.length ? smallTable.subarray(0, size).fill(0) : new Int32Array(size)
    this.#mask = size - 1
  }

  get count(): number {
    return this.#lines.length
  }

  /** The numbers of a list; where `hint`, whose numbers are given, goes on in the same way, nothing is looked up. */
  of(lines: readonly string[], hint?: { lines: readonly string[]; numbers: Int32Array }): Int32Array {
    const numbers = new Int32Array(lines.length)
    let next = 0
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]!
      if (hint && line === hint.lines[next]) {
        numbers[at] = hint.numbers[next++]!
        continue
      }
      const number = this.#numberOf(line)
      numbers[at] = number
      if (hint) next = behind(hint.numbers, number, next)
    }
    return numbers
  }

  #numberOf(line: string): number {
    if (this.#fallback) return this.#lookUp(this.#fallback, line)
    const { length } = line
    let hash = Math.imul(length, 0x9e3779b1)
    for (const at of [0, length >> 2, length >> 1, length - (length >> 2), length - 2]) {
      hash = Math.imul(hash ^ (line.charCodeAt(at) | 0), 0x85ebca6b)
      hash ^= hash >>> 13
    }
    for (let probe = 0; probe < longestProbe; probe++) {
      const slot = (hash + probe) & this.#mask
      const number = this.#slots[slot]! - 1
      if (number < 0) {
        this.#slots[slot] = this.#lines.push(line)
        return this.#lines.length - 1
      }
      if (this.#lines[number] === line) return number
    }
    this.#fallback = new Map(this.#lines.map((known, number) => [known, number]))
    return this.#lookUp(this.#fallback, line)
  }

  #lookUp(known: Map<string, number>, line: string): number {
    const number = known.get(line)
    if (number !== undefined) return number
    known.set(line, this.#lines.length)
    return this.#lines.push(line) - 1
  }
}

/** Where the hint goes on behind a line: soon after where it was, or not at all by now. */
function behind(numbers: Int32Array, number: number, from: number): number {
  for (let at = from; at < Math.min(from + 8, numbers.length); at++) if (numbers[at] === number) return at + 1
  return from
}
