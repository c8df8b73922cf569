import { FairleadError } from '@fairlead/core/base'
import { types } from 'pg'

const int8 = 20
const int8Array = 1016

/**
 * How a value that Postgres sends as text becomes a JavaScript value: the same function for both back ends. Where `pg`
 * has no opinion (`uuid`, `numeric`, `xid8`) the text stays text.
 */
export function parserOf(typeId: number): (text: string) => unknown {
  if (typeId === int8) return parseInt8
  const parse: (text: string) => unknown = types.getTypeParser(typeId, 'text')
  return typeId === int8Array
    ? (text) => (parse(text) as (string | null)[]).map((item) => item && parseInt8(item))
    : parse
}

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    throw new FairleadError('database.unsafe_integer', `${text} does not fit a JavaScript number; select it as text.`, {
      data: { value: text },
    })
  }
  return value
}

/**
 * How a parameter is sent: text, raw bytes or null. A plain array becomes a Postgres array, any other object JSON text,
 * so JSON that is an array must come as text already.
 */
export function encodeParameter(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof Date) return value.toISOString()
  return Array.isArray(value) ? encodeArray(value) : JSON.stringify(value)
}

/** Texts are quoted, numbers need not be; looked at first, for few hold anything to escape and there may be thousands. */
function encodeArray(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (Array.isArray(value)) return encodeArray(value)
    if (typeof value === 'number') return String(value)
    const encoded = encodeParameter(value)
    if (encoded === null) return 'NULL'
    const text = typeof encoded === 'string' ? encoded : `\\x${encoded.toString('hex')}`
    return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
  })
  return `{${items.join(',')}}`
}
