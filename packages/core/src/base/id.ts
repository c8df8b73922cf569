import type { Clock } from './clock.ts'

/** Fills the array with random bytes; `crypto.getRandomValues` bound to `crypto` will do. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => unknown

/** A clock that was set back further than this is believed; a smaller step back is a correction, and ids go on rising. */
const believedRollbackMs = 10_000
const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const lastOf = new WeakMap<Clock, { ms: number; counter: number }>()

/**
 * A new UUIDv7 in lower case (RFC 9562 §5.7). Ids made with one clock rise strictly, also within a millisecond:
 * `rand_a` is a counter that starts at a random place (RFC 9562 §6.2, method 1).
 */
export function createId(clock: Clock, random: RandomBytes): string {
  const bytes = new Uint8Array(16)
  random(bytes)
  const { ms, counter } = tick(clock, ((bytes[6]! << 8) | bytes[7]!) & 0x7ff)
  bytes[0] = ms / 2 ** 40
  bytes[1] = ms / 2 ** 32
  bytes[2] = ms / 2 ** 24
  bytes[3] = ms / 2 ** 16
  bytes[4] = ms / 2 ** 8
  bytes[5] = ms
  bytes[6] = 0x70 | (counter >> 8)
  bytes[7] = counter
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function tick(clock: Clock, seed: number): { ms: number; counter: number } {
  const now = Math.floor(clock())
  const last = lastOf.get(clock)
  let next = { ms: now, counter: seed }
  if (last && now <= last.ms && now >= last.ms - believedRollbackMs) {
    next = last.counter < 0xfff ? { ms: last.ms, counter: last.counter + 1 } : { ms: last.ms + 1, counter: seed }
  }
  lastOf.set(clock, next)
  return next
}

/** Whether the text is a UUIDv7 as `createId` writes it: lower case, version 7, RFC variant. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && pattern.test(text)
}

/** The millisecond since the Unix epoch that the id was made in; NaN when the text is not an id. */
export function idTimestamp(id: string): number {
  return isId(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : Number.NaN
}

/** The machine's randomness: the default where a host brings none. */
export const systemRandom: RandomBytes = (bytes) => crypto.getRandomValues(bytes)
