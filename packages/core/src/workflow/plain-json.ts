/** Why a value is no JSON that a workflow may consist of. */
export interface PlainJsonFault {
  path: (string | number)[]
  reason: 'not_json' | 'forbidden_key' | 'too_deep' | 'too_large'
  found: string
}

export type PlainJsonResult = { ok: true; value: unknown } | { ok: false; fault: PlainJsonFault }

/** Objects and lists nest at most this deep in a workflow document. */
const maxDepth = 100
/** A workflow document holds at most this many values, its objects and lists included. */
const maxValues = 1_000_000

interface Frame {
  source: object
  copy: Record<string, unknown> | unknown[]
  keys: string[] | null
  at: number
}

/**
 * A deep copy of a value as plain JSON, or the first reason why it is none. Members that are `undefined` are left out,
 * as JSON does; `-0` becomes `0`. Refused are cycles and whatever nests deeper than `maxDepth` or holds more than
 * `maxValues` values, `__proto__` keys, numbers and types that JSON has not, and strings that no database takes:
 * with a lone surrogate or U+0000. Needs no call stack. Throws only what a getter or proxy in the value throws.
 */
export function copyPlainJson(root: unknown): PlainJsonResult {
  const stack: Frame[] = []
  let values = 0
  let fault: PlainJsonFault | null = null

  const fail = (reason: PlainJsonFault['reason'], found: string): undefined => {
    const path = stack.map((frame) => (frame.keys === null ? frame.at - 1 : frame.keys[frame.at - 1]!))
    fault = { path, reason, found }
    return undefined
  }
  const enter = (source: object): Frame['copy'] | undefined => {
    if (stack.length >= maxDepth) return fail('too_deep', `more than ${maxDepth} levels`)
    const keys = Array.isArray(source) ? null : Object.keys(source)
    values += keys === null ? (source as unknown[]).length : keys.length
    if (values > maxValues) return fail('too_large', `more than ${maxValues} values`)
    const foreign = keys === null ? null : foreignClass(source)
    if (foreign !== null) return fail('not_json', `an object of class ${foreign}`)
    const copy = keys === null ? [] : {}
    stack.push({ source, copy, keys, at: 0 })
    return copy
  }
  const convert = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) return enter(value)
    const found = scalarFault(value)
    if (found !== null) return fail('not_json', found)
    return Object.is(value, -0) ? 0 : value
  }

  const copied = convert(root)
  while (fault === null && stack.length > 0) {
    const frame = stack[stack.length - 1]!
    if (frame.at === (frame.keys === null ? (frame.source as unknown[]).length : frame.keys.length)) stack.pop()
    else if (frame.keys === null) {
      const index = frame.at++
      ;(frame.copy as unknown[])[index] = convert((frame.source as unknown[])[index])
    } else {
      const key = frame.keys[frame.at++]!
      const value = (frame.source as Record<string, unknown>)[key]
      if (key === '__proto__') fail('forbidden_key', key)
      else if (scalarFault(key) !== null) fail('not_json', `a key with ${scalarFault(key)}`)
      else if (value !== undefined) (frame.copy as Record<string, unknown>)[key] = convert(value)
    }
  }
  return fault === null ? { ok: true, value: copied } : { ok: false, fault }
}

/** The class of an object that is not plain; objects of another realm are plain. */
function foreignClass(value: object): string | null {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return null
  return String(prototype.constructor?.name ?? 'unknown')
}

function scalarFault(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) return 'a string with a lone surrogate'
      return value.includes('\u0000') ? 'a string with the character U+0000' : null
    case 'number':
      return Number.isFinite(value) ? null : String(value)
    case 'boolean':
      return null
    default:
      return value === null ? null : value === undefined ? 'undefined' : `a ${typeof value}`
  }
}
