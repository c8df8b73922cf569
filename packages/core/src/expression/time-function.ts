import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import type { FunctionDefinition, Overload } from './function.ts'
import { define, overload } from './function.ts'
import { modulo } from './time.ts'
import type { Duration, Timestamp } from './value.ts'
import { kind } from './value.ts'

const { int, string, timestamp, duration } = kind

/** Reads a field of a moment; the moment is shifted so that its UTC fields are those of the time zone. */
type ReadField = (local: Date, nanoseconds: bigint) => number

function field(name: string, read: ReadField, ...more: Overload[]): FunctionDefinition {
  return define(
    name,
    'method',
    overload([timestamp], int, (_frame, value: Timestamp) => readField(read, value, 0)),
    overload([timestamp, string], int, (frame, value: Timestamp, zone: string) =>
      readField(read, value, zoneOffsetMs(frame, milliseconds(value), zone)),
    ),
    ...more,
  )
}

function span(unit: bigint): Overload {
  return overload([duration], int, (_frame, value: Duration) => value.nanoseconds / unit)
}

/** The fields of timestamps, in UTC or in a time zone, and the units of durations. Months and weekdays count from 0. */
export const timeFunctions = [
  field('getFullYear', (local) => local.getUTCFullYear()),
  field('getMonth', (local) => local.getUTCMonth()),
  field('getDate', (local) => local.getUTCDate()),
  field('getDayOfMonth', (local) => local.getUTCDate() - 1),
  field('getDayOfWeek', (local) => local.getUTCDay()),
  field('getDayOfYear', (local) => Math.floor((local.getTime() - startOfYear(local.getUTCFullYear())) / 86_400_000)),
  field('getHours', (local) => local.getUTCHours(), span(3_600_000_000_000n)),
  field('getMinutes', (local) => local.getUTCMinutes(), span(60_000_000_000n)),
  field('getSeconds', (local) => local.getUTCSeconds(), span(1_000_000_000n)),
  field(
    'getMilliseconds',
    (local) => local.getUTCMilliseconds(),
    overload([duration], int, (_frame, value: Duration) => (value.nanoseconds / 1_000_000n) % 1_000n),
  ),
]

function milliseconds(value: Timestamp): number {
  return Number((value.nanoseconds - modulo(value.nanoseconds, 1_000_000n)) / 1_000_000n)
}

function readField(read: ReadField, value: Timestamp, offsetMs: number): bigint {
  return BigInt(read(new Date(milliseconds(value) + offsetMs), value.nanoseconds))
}

/** Date.UTC takes the years 0 to 99 for 1900 to 1999. */
function startOfYear(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1)
}

/** Making a formatter takes some 50 µs, so those of the last zones are kept. */
const formatters = new Map<string, Intl.DateTimeFormat>()
const keptFormatters = 100

/** How far the zone's clocks are ahead of UTC at that moment; the zone is an IANA name or an offset such as -05:30. */
function zoneOffsetMs(frame: Frame, ms: number, zone: string): number {
  frame.spend(60)
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000
  const parts = Object.fromEntries(
    formatterOf(frame, zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const local =
    new Date(0).setUTCFullYear(parts.year!, parts.month! - 1, parts.day!) +
    Date.UTC(1970, 0, 1, parts.hour!, parts.minute!, parts.second!)
  return local - Math.floor(ms / 1_000) * 1_000
}

function formatterOf(frame: Frame, zone: string): Intl.DateTimeFormat {
  const kept = formatters.get(zone)
  if (kept) return kept
  frame.spend(1_000)
  try {
    const formatter = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    if (formatters.size >= keptFormatters) formatters.clear()
    formatters.set(zone, formatter)
    return formatter
  } catch {
    throw new Fault(
      `There is no time zone "${zone.slice(0, 60)}".`,
      'Use a name such as "Europe/Berlin" or an offset such as "+02:00".',
    )
  }
}
