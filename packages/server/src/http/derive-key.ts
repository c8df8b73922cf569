import { hkdfSync } from 'node:crypto'

/** What a derived key is for: keys of different purposes say nothing about each other. */
export type KeyPurpose = 'cursor' | 'idempotent-answer' | 'browser-token'

/** A 256-bit key for one purpose out of the server's secret (HKDF-SHA256, RFC 5869). */
export function deriveKey(secret: Uint8Array, purpose: KeyPurpose, salt: string | Uint8Array = ''): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, `fairlead ${purpose}`, 32))
}
