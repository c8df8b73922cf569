import type { Pieces } from './pieces.ts'
import { commonLength, piecesOf } from './pieces.ts'

/** So many pieces with one hash are looked through; then a table that no input slows down takes over. */
const longestProbe = 32
/** So many pieces are compared at once. */
const longestRun = 32

/** For short texts, one after the other: making a table takes longer than filling it. */
const smallTable = new Int32Array(1_024)

export interface Numbered {
  numbers: Int32Array[]
  /** The numbers are below this. */
  count: number
}

/** Gives equal pieces equal numbers, from 0 up, over all texts. Texts that are much like the first take least. */
export function numberPieces(first: Pieces, ...others: readonly Pieces[]): Numbered {
  const table = new PieceTable(others.reduce((sum, { starts }) => sum + starts.length, first.starts.length))
  const numbers = table.of(first)
  const rest = others.map((pieces) => table.of(pieces, { pieces: first, numbers }))
  return { numbers: [numbers, ...rest], count: table.count }
}

/** As `numberPieces`, for lists of strings. */
export function numberStrings(first: readonly string[], ...others: readonly (readonly string[])[]): Numbered {
  return numberPieces(piecesOf(first), ...others.map(piecesOf))
}

/**
 * A table of its own: hashing a few characters and comparing the whole is several times quicker than a `Map`, which reads
 * every character of every piece. Only one is in use at a time.
 */
class PieceTable {
  /** By number, a text that has the piece, and where. */
  readonly #texts: string[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #slots: Int32Array
  readonly #mask: number
  #fallback: Map<string, number> | undefined

  /** `most` is how many different pieces there may be. */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * most + 2))
    this.#slots = size <= smallTable.length ? smallTable.subarray(0, size).fill(0) : new Int32Array(size)
    this.#mask = size - 1
  }

  get count(): number {
    return this.#texts.length
  }

  /** The numbers of pieces; where `hint`, whose numbers are given, goes on in the same way, nothing is looked up. */
  of(pieces: Pieces, hint?: { pieces: Pieces; numbers: Int32Array }): Int32Array {
    const { text, starts } = pieces
    const numbers = new Int32Array(starts.length - 1)
    let next = 0
    for (let at = 0; at < numbers.length; ) {
      if (hint) {
        for (let left = commonPieces(pieces, at, hint.pieces, next); left > 0; left--)
          numbers[at++] = hint.numbers[next++]!
        if (at === numbers.length) break
      }
      const number = this.#numberOf(text, starts[at]!, starts[at + 1]!)
      numbers[at++] = number
      if (hint) next = behind(hint.numbers, number, next)
    }
    return numbers
  }

  #numberOf(text: string, start: number, end: number): number {
    if (this.#fallback) return this.#lookUp(this.#fallback, text, start, end)
    const length = end - start
    let hash = Math.imul(length, 0x9e3779b1)
    if (length > 0) {
      hash = mix(hash, text.charCodeAt(start + (length >> 2)))
      hash = mix(hash, text.charCodeAt(start + (length >> 1)))
      hash = mix(hash, text.charCodeAt(end - (length >> 2) - 1))
      hash = mix(hash, text.charCodeAt(end - (length >> 3) - 1))
    }
    for (let probe = 0; probe < longestProbe; probe++) {
      const slot = (hash + probe) & this.#mask
      const number = this.#slots[slot]! - 1
      if (number < 0) {
        this.#slots[slot] = this.#add(text, start, end) + 1
        return this.#texts.length - 1
      }
      const known = this.#starts[number]!
      if (this.#ends[number]! - known !== length) continue
      if (commonLength(this.#texts[number]!, known, text, start, length) === length) return number
    }
    this.#fallback = new Map(
      this.#texts.map((known, number) => [known.slice(this.#starts[number], this.#ends[number]), number]),
    )
    return this.#lookUp(this.#fallback, text, start, end)
  }

  #lookUp(known: Map<string, number>, text: string, start: number, end: number): number {
    const piece = text.slice(start, end)
    let number = known.get(piece)
    if (number === undefined) {
      number = this.#add(text, start, end)
      known.set(piece, number)
    }
    return number
  }

  #add(text: string, start: number, end: number): number {
    this.#starts.push(start)
    this.#ends.push(end)
    return this.#texts.push(text) - 1
  }
}

function mix(hash: number, character: number): number {
  const mixed = Math.imul(hash ^ character, 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}

/** How many pieces from two positions on are the same. */
function commonPieces(one: Pieces, at: number, other: Pieces, next: number): number {
  const most = Math.min(one.starts.length - 1 - at, other.starts.length - 1 - next, longestRun)
  const start = one.starts[at]!
  const otherStart = other.starts[next]!
  const ahead = otherStart - start
  let count = 0
  while (count < most && one.starts[at + count + 1]! + ahead === other.starts[next + count + 1]!) count++
  if (count === 0) return 0
  const end = one.starts[at + count]!
  // Mostly they are, all that are as long.
  if (one.text.slice(start, end) === other.text.slice(otherStart, end + ahead)) return count
  const common = commonLength(one.text, start, other.text, otherStart, end - start)
  while (one.starts[at + count]! - start > common) count--
  return count
}

/** Where the hint goes on behind a piece: soon after where it was, or not at all by now. */
function behind(numbers: Int32Array, number: number, from: number): number {
  const end = Math.min(from + 8, numbers.length)
  for (let at = from; at < end; at++) if (numbers[at] === number) return at + 1
  return from
}
