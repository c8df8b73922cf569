import type { Received } from './transport.ts'

/** An object with its entity tag: give it back to change what you have seen, and nothing newer. */
export type Versioned<Value> = Value & { readonly etag: string }

/**
 * The etag of what a change is built upon. Throws a `TypeError` for anything that was not read from the control plane: a
 * change has to say what it changes.
 */
export function etagOf(seen: { readonly etag: string }, call: string, kind: string): string {
  const etag: unknown = (seen as { etag?: unknown } | null | undefined)?.etag
  if (typeof etag === 'string' && etag !== '') return etag
  throw new TypeError(`${call} needs the ${kind} as it was read, with its "etag": pass what a call before returned.`)
}

export function versioned<Value extends object>({ body, etag }: Received<Value>): Versioned<Value> {
  return { ...body, etag }
}
