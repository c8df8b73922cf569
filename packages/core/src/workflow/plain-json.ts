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

/**
 * A deep copy of a value as plain JSON, or the first reason why it is none. Members that are `undefined` are left out,
 * as JSON does; `-0` becomes `0`. Refused are cycles and whatever nests deeper than `maxDepth` or holds more than
 * `maxValues` values, `__proto__` keys, numbers and types that JSON has not, and strings that no database takes:
 * with a lone surrogate or U+0000. Throws only what a getter or proxy in the value throws.
 */
export function copyPlainJson(root: unknown): PlainJsonResult {
  const copier = new Copier()
  const value = copier.copy(root, 0)
  return copier.fault === null ? { ok: true, value } : { ok: false, fault: copier.fault }
}

/** Recursive: what it takes of the call stack is bounded by `maxDepth`. */
class Copier {
  /** Once it is set, everything returns at once, and each level puts its key in front of the path. */
  fault: PlainJsonFault | null = null
  #values = 0

  copy(value: unknown, depth: number): unknown {
    if (typeof value === 'object' && value !== null) return this.#enter(value, depth)
    const found = scalarFault(value)
    if (found !== null) return this.#fail('not_json', found)
    return value === 0 ? 0 : value
  }

  #enter(source: object, depth: number): unknown {
    if (depth >= maxDepth) return this.#fail('too_deep', `more than ${maxDepth} levels`)
    return Array.isArray(source) ? this.#copyList(source, depth) : this.#copyObject(source, depth)
  }

  #copyList(source: readonly unknown[], depth: number): unknown {
    const { length } = source
    if (!this.#count(length)) return undefined
    const list: unknown[] = []
    for (let index = 0; index < length; index++) {
      list.push(this.copy(source[index], depth + 1))
      if (this.fault !== null) return this.#inside(index)
    }
    return list
  }

  #copyObject(source: object, depth: number): unknown {
    const keys = Object.keys(source)
    if (!this.#count(keys.length)) return undefined
    const foreign = foreignClass(source)
    if (foreign !== null) return this.#fail('not_json', `an object of class ${foreign}`)
    const object: Record<string, unknown> = {}
    for (const key of keys) {
      const value = (source as Record<string, unknown>)[key]
      const keyFault = scalarFault(key)
      if (key === '__proto__') this.#fail('forbidden_key', key)
      else if (keyFault !== null) this.#fail('not_json', `a key with ${keyFault}`)
      else if (value !== undefined) object[key] = this.copy(value, depth + 1)
      if (this.fault !== null) return this.#inside(key)
    }
    return object
  }

  #count(values: number): boolean {
    this.#values += values
    if (this.#values > maxValues) this.#fail('too_large', `more than ${maxValues} values`)
    return this.fault === null
  }

  #fail(reason: PlainJsonFault['reason'], found: string): undefined {
    this.fault = { path: [], reason, found }
  }

  #inside(key: string | number): undefined {
    this.fault?.path.unshift(key)
  }
}

/** The class of an object that is not plain; objects of another realm are plain. */
function foreignClass(value: object): string | null {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null) return null
  return String(prototype.constructor?.name ?? 'unknown')
}

function scalarFault(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      if (isPlainText(value)) return null
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

/** True of short text in which nothing can be wrong: most of a document's strings and keys, told faster by a loop. */
function isPlainText(text: string): boolean {
  if (text.length > 40) return false
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0 || (unit >= 0xd800 && unit < 0xe000)) return false
  }
  return true
}
