import { Fault } from './fault.ts'
import { Duration, Timestamp } from './value.ts'

const second = 1_000_000_000n
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z, the range of CEL's timestamps. */
const earliest = -62_135_596_800n * second
const latest = 253_402_300_800n * second - 1n
/** Durations are 64-bit counts of nanoseconds, as in other implementations of CEL: some 292 years. */
const longest = 2n ** 63n - 1n

const nanosecondsOf = new Map([
  ['h', 3_600n * second],
  ['m', 60n * second],
  ['s', second],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['ns', 1n],
])

const timestampPattern = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/
const durationPattern = /(\d+)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/y

/** The moment; throws a fault outside the years 1 to 9999. */
export function checkedTimestamp(nanoseconds: bigint): Timestamp {
  if (nanoseconds >= earliest && nanoseconds <= latest) return new Timestamp(nanoseconds)
  throw new Fault('A timestamp lies between the years 1 and 9999.')
}

/** The span; throws a fault beyond 292 years. */
export function checkedDuration(nanoseconds: bigint): Duration {
  if (nanoseconds <= longest && nanoseconds >= -longest) return new Duration(nanoseconds)
  throw new Fault('A duration is at most 292 years.')
}

/** Reads RFC 3339, such as 2026-01-31T09:30:00.5+01:00. */
export function parseTimestamp(text: string): Timestamp {
  const match = text.length <= 40 ? timestampPattern.exec(text) : null
  const [, date, time, fraction = '', zone] = match ?? []
  const ms = match ? Date.parse(`${date}T${time}${zone!.toUpperCase()}`) : Number.NaN
  // Date.parse takes a 30th of February for the 1st or 2nd of March.
  if (Number.isNaN(ms) || !new Date(`${date}T00:00:00Z`).toISOString().startsWith(date!)) {
    throw new Fault('timestamp() takes a time such as "2026-01-31T09:30:00Z".')
  }
  return checkedTimestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')))
}

/** Writes RFC 3339 in UTC with the decimals that are needed. */
export function formatTimestamp(timestamp: Timestamp): string {
  const fraction = modulo(timestamp.nanoseconds, second)
  const text = new Date(Number((timestamp.nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  return `${text}${decimals(fraction)}Z`
}

/** Reads such as 1h30m, -1.5s or 300ms. */
export function parseDuration(text: string): Duration {
  const sign = /^[+-]?/.exec(text)![0]
  let total = 0n
  durationPattern.lastIndex = sign.length
  let end = sign.length
  while (end < text.length && text.length <= 100) {
    const match = durationPattern.exec(text)
    if (!match) break
    const [, whole, fraction = '', unit] = match
    const scale = nanosecondsOf.get(unit!)!
    total += BigInt(whole!) * scale + (BigInt(fraction.slice(0, 12).padEnd(12, '0')) * scale) / 1_000_000_000_000n
    end = durationPattern.lastIndex
  }
  if (end < text.length || end === sign.length) throw new Fault('duration() takes a span such as "1h30m" or "1.5s".')
  return checkedDuration(sign === '-' ? -total : total)
}

/** Writes seconds with the decimals that are needed, such as 5400s or -1.5s. */
export function formatDuration(duration: Duration): string {
  const nanoseconds = duration.nanoseconds < 0n ? -duration.nanoseconds : duration.nanoseconds
  const sign = duration.nanoseconds < 0n ? '-' : ''
  return `${sign}${nanoseconds / second}${decimals(nanoseconds % second)}s`
}

function decimals(fraction: bigint): string {
  return fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
}

/** The remainder that is never negative. */
export function modulo(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor
}
