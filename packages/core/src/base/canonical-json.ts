import { FairleadError } from './error.ts'

/**
 * The value as canonical JSON: no white space, keys by UTF-16 code units, numbers as ECMAScript prints them
 * (RFC 8785). Equal values give equal text, so the text can be hashed.
 * Throws `base.not_json` for whatever JSON can't say: undefined, functions, symbols, BigInt, NaN, infinities, lone
 * surrogates, cycles and objects that are neither plain nor arrays.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '', new Set())
}

function write(value: unknown, pointer: string, ancestors: Set<object>): string {
  switch (typeof value) {
    case 'string':
      return text(value, pointer)
    case 'boolean':
      return String(value)
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value)
      throw notJson(pointer, String(value))
    case 'object':
      return value === null ? 'null' : container(value, pointer, ancestors)
    default:
      throw notJson(pointer, typeof value)
  }
}

function container(value: object, pointer: string, ancestors: Set<object>): string {
  if (ancestors.has(value)) throw notJson(pointer, 'a cycle')
  ancestors.add(value)
  const written = Array.isArray(value) ? list(value, pointer, ancestors) : record(value, pointer, ancestors)
  ancestors.delete(value)
  return written
}

function list(value: unknown[], pointer: string, ancestors: Set<object>): string {
  const items: string[] = []
  for (let index = 0; index < value.length; index++) items.push(write(value[index], `${pointer}/${index}`, ancestors))
  return `[${items.join(',')}]`
}

function record(value: object, pointer: string, ancestors: Set<object>): string {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notJson(pointer, `an object of class ${prototype.constructor?.name ?? 'unknown'}`)
  }
  const members = Object.keys(value)
    .sort()
    .map((key) => {
      const below = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      return `${text(key, below)}:${write((value as Record<string, unknown>)[key], below, ancestors)}`
    })
  return `{${members.join(',')}}`
}

function text(value: string, pointer: string): string {
  if (value.isWellFormed()) return JSON.stringify(value)
  throw notJson(pointer, 'a string with a lone surrogate')
}

function notJson(pointer: string, found: string): FairleadError {
  const place = pointer === '' ? 'the value' : `"${pointer}"`
  return new FairleadError('base.not_json', `JSON can't hold ${found}, found at ${place}. Replace it by plain data.`, {
    data: { pointer, found },
  })
}
