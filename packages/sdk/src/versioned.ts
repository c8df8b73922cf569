import type { Received } from './transport.ts'

/** An object with its entity tag: give it back to change what you have seen, and nothing newer. */
export type Versioned<Value> = Value & { readonly etag: string }

export function versioned<Value extends object>({ body, etag }: Received<Value>): Versioned<Value> {
  return { ...body, etag }
}
