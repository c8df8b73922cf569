import { FairleadError } from '../base/index.ts'

/** A node's value as it can be stored, and how long its JSON is. */
export interface Recordable {
  value: unknown
  /** In UTF-16 units of JSON text. */
  size: number
}

/** What one node may give, in UTF-16 units of JSON text. */
const maxValueSize = 4 * 1024 * 1024
/** What a run may give as its outputs: those of many nodes, mostly. */
export const maxOutputsSize = 16 * 1024 * 1024
/** What an error may say. */
const maxMessageLength = 4_000

/**
 * A value as plain JSON, as `JSON.stringify` would write it; `undefined` counts as null. Characters that no database
 * stores and no UTF-8 holds (U+0000, halves of surrogate pairs, as where an emoji was cut in two) become U+FFFD, so that
 * the run goes on with what a replay will find. `giver` begins a sentence. Throws `run.value_not_json`
 * and `run.value_too_large`.
 */
export function recordable(value: unknown, giver: string, most = maxValueSize): Recordable {
  if (typeof value === 'string') return { value: cleanText(value), size: fitting(value.length + 2, giver, most) }
  if (value === undefined || value === null) return { value: null, size: 4 }
  // JSON knows no -0.
  if (typeof value === 'boolean' || Number.isFinite(value)) return { value: value === 0 ? 0 : value, size: 8 }
  const text = textOf(value, giver)
  const size = fitting(text.length, giver, most)
  const plain: unknown = JSON.parse(text)
  return { value: mayBeUnclean(text) ? clean(plain) : plain, size }
}

/** An error's message: cleaned like a value, and cut where it goes on for pages. */
export function recordableMessage(message: string): string {
  const isLong = message.length > maxMessageLength
  return cleanText(isLong ? `${message.slice(0, maxMessageLength)}…` : message)
}

function fitting(size: number, giver: string, most: number): number {
  if (size <= most) return size
  const [given, limit] = [size, most].map((units) => (units / 1024 / 1024).toFixed(1))
  const advice = 'Give a reference instead, such as a file name or an id.'
  throw new FairleadError('run.value_too_large', `${giver} gave ${given} MB; ${limit} MB is the most. ${advice}`)
}

function textOf(value: unknown, giver: string): string {
  let reason = 'a function or a symbol'
  try {
    const text = JSON.stringify(value)
    if (text !== undefined) return text
  } catch (error) {
    reason = error instanceof RangeError ? 'too long or too deep' : 'a BigInt, a cycle, or something that throws'
  }
  throw new FairleadError(
    'run.value_not_json',
    `${giver} gave something that is not JSON (${reason}). Return plain data.`,
  )
}

/** True where JSON text holds an escape that may stand for a character that can't be stored. */
function mayBeUnclean(text: string): boolean {
  return /\\u(?:0000|d[89a-f])/i.test(text)
}

function cleanText(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD').toWellFormed() : text.toWellFormed()
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), clean(member)]))
}
