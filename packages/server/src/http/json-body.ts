import type { RequestFault } from '@fairlead/core/base'
import { locateJsonFault } from './json-fault.ts'
import { problem } from './problem.ts'

/** Lists and objects of a body nest at most this deep: whatever walks it afterwards may use the call stack. */
export const maxBodyDepth = 64

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The value of a JSON body. Throws `http.too_deep` before anything is parsed, `http.malformed_json` with the position,
 * `http.forbidden_key` for a member named `__proto__`, and `http.unstorable_text` for what no database takes as text.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  refuseDepth(deepest(bytes))
  const text = decode(bytes)
  const value = parse(text)
  if (mayHoldTraps(text)) refuseTraps(value)
  return value
}

/** The same checks for a body that the host application has parsed already. */
export function checkParsedBody(value: unknown): void {
  refuseDepth(depthOf(value))
  refuseTraps(value)
}

const quote = 0x22
const backslash = 0x5c
/** Brackets and braces differ by one bit. */
const either = ~0x20
const opening = 0x5b
const closing = 0x5d

/** Looks at every byte, and so is plain: with more to do for each it takes as long as parsing. */
function deepest(bytes: Uint8Array): number {
  const { length } = bytes
  let depth = 0
  let most = 0
  for (let index = 0; index < length; index++) {
    const byte = bytes[index]!
    if (byte === quote) index = endOfString(bytes, index + 1)
    else if ((byte & either) === opening) {
      if (++depth > most) most = depth
    } else if ((byte & either) === closing) depth--
  }
  return most
}

/** Where the quote is that ends a string, given where the string begins. */
function endOfString(bytes: Uint8Array, from: number): number {
  const { length } = bytes
  let index = from
  for (; index < length && bytes[index] !== quote; index++) if (bytes[index] === backslash) index++
  return index
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw problem('http.malformed_json', 'The body is not UTF-8. Send JSON in UTF-8.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const { offset, line, column, message } = locateJsonFault(text)
    throw problem('http.malformed_json', `The body is not JSON: ${message} at line ${line}, column ${column}.`, {
      data: { offset, line, column },
    })
  }
}

function refuseDepth(depth: number): void {
  if (depth <= maxBodyDepth) return
  throw problem('http.too_deep', `The body nests deeper than ${maxBodyDepth} levels. Send a flatter one.`, {
    data: { maxDepth: maxBodyDepth },
  })
}

/** A key can also be spelled with escapes, and bad text comes by escapes only, so any escape means looking. */
function mayHoldTraps(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u')
}

function refuseTraps(root: unknown): void {
  if (isUnstorable(root)) throw unstorable([])
  for (const { value, path } of containers(root)) {
    if (Object.hasOwn(value, '__proto__')) throw forbiddenKey([...path, '__proto__'])
    for (const [key, member] of Object.entries(value)) {
      if (isUnstorable(key) || isUnstorable(member)) throw unstorable([...path, key])
    }
  }
}

/** U+0000 is in no Postgres text, and half a surrogate pair is in no UTF-8. */
function isUnstorable(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())
}

function forbiddenKey(path: Path) {
  const fault: RequestFault = { pointer: toPointer(path), message: 'is a key that no object may have' }
  return problem('http.forbidden_key', 'A member is named "__proto__". Rename it.', { data: { errors: [fault] } })
}

function unstorable(path: Path) {
  const message = 'must hold neither U+0000 nor half a surrogate pair'
  const fault: RequestFault = { pointer: toPointer(path).toWellFormed(), message }
  return problem('http.unstorable_text', `Text can't be stored: body${fault.pointer} ${message}.`, {
    data: { errors: [fault] },
  })
}

function depthOf(root: unknown): number {
  let most = 0
  for (const { path } of containers(root)) {
    most = Math.max(most, path.length + 1)
    if (most > maxBodyDepth) break
  }
  return most
}

type Path = readonly (string | number)[]

/** Every object and list inside a value, without the call stack. */
function* containers(root: unknown): Generator<{ value: object; path: Path }> {
  const open: { value: object; path: Path }[] = []
  const push = (value: unknown, path: Path) => {
    if (typeof value === 'object' && value !== null) open.push({ value, path })
  }
  push(root, [])
  for (let next = open.pop(); next; next = open.pop()) {
    yield next
    const { value, path } = next
    if (Array.isArray(value)) for (const [index, item] of value.entries()) push(item, [...path, index])
    else for (const [key, member] of Object.entries(value)) push(member, [...path, key])
  }
}

/** A JSON pointer (RFC 6901). */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
