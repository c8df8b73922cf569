import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import { define, overload } from './function.ts'
import type { MapValue } from './map.ts'
import { sizeOfMap } from './map.ts'
import { textSize } from './text-function.ts'
import { checkedTimestamp, formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts'
import type { Duration, Timestamp } from './value.ts'
import { allKinds, kind, kindOf, TypeValue, Uint } from './value.ts'

const { string, bool, int, uint, double, bytes, list, map, timestamp, duration, type } = kind
const same = (_frame: Frame, value: unknown) => value

/** Sizes, and the functions that turn a value of one kind into one of another. */
export const conversionFunctions = [
  define(
    'size',
    'both',
    overload([string], int, (frame, text: string) => BigInt(textSize(frame, text))),
    overload([list], int, (_frame, items: unknown[]) => BigInt(items.length)),
    overload([map], int, (frame, value: MapValue) => {
      const size = sizeOfMap(value)
      frame.spend(size)
      return BigInt(size)
    }),
    overload([bytes], int, (_frame, value: Uint8Array) => BigInt(value.length)),
  ),
  define(
    'string',
    'function',
    overload([string], string, same),
    overload([bool | int], string, (_frame, value: boolean | bigint) => String(value)),
    overload([uint], string, (_frame, value: Uint) => String(value.value)),
    overload([double], string, (_frame, value: number) => formatDouble(value)),
    overload([timestamp], string, (_frame, value: Timestamp) => formatTimestamp(value)),
    overload([duration], string, (_frame, value: Duration) => formatDuration(value)),
    overload([bytes], string, decodeText),
  ),
  define(
    'int',
    'function',
    overload([int], int, same),
    overload([double], int, (_frame, value: number) => wholeNumber(value)),
    overload([uint], int, (_frame, value: Uint) => int64(value.value)),
    overload([string], int, (_frame, text: string) => int64(parseWhole(text, /^[+-]?\d{1,20}$/, 'int'))),
    overload([timestamp], int, (_frame, value: Timestamp) => floorSeconds(value.nanoseconds)),
  ),
  define(
    'uint',
    'function',
    overload([uint], uint, same),
    overload([double], uint, (_frame, value: number) => uint64(wholeNumber(value, 2 ** 64))),
    overload([int], uint, (_frame, value: bigint) => uint64(value)),
    overload([string], uint, (_frame, text: string) => uint64(parseWhole(text, /^\+?\d{1,20}$/, 'uint'))),
  ),
  define(
    'double',
    'function',
    overload([double], double, same),
    overload([int], double, (_frame, value: bigint) => Number(value)),
    overload([uint], double, (_frame, value: Uint) => Number(value.value)),
    overload([string], double, (_frame, text: string) => parseDouble(text)),
  ),
  define(
    'bool',
    'function',
    overload([bool], bool, same),
    overload([string], bool, (_frame, text: string) => parseBool(text)),
  ),
  define('bytes', 'function', overload([bytes], bytes, same), overload([string], bytes, encodeText)),
  define('dyn', 'function', overload([allKinds], allKinds, same)),
  define(
    'type',
    'function',
    overload([allKinds], type, (_frame, value: unknown) => typeValues.get(typeNames.get(kindOf(value)) ?? '')),
  ),
  define(
    'timestamp',
    'function',
    overload([timestamp], timestamp, same),
    overload([string], timestamp, (frame, text: string) => {
      frame.spend(15)
      return parseTimestamp(text)
    }),
    overload([int], timestamp, (_frame, seconds: bigint) => checkedTimestamp(seconds * 1_000_000_000n)),
    overload([double], timestamp, (_frame, seconds: number) => checkedTimestamp(wholeNumber(seconds) * 1_000_000_000n)),
  ),
  define(
    'duration',
    'function',
    overload([duration], duration, same),
    overload([string], duration, (frame, text: string) => {
      frame.spend(5)
      return parseDuration(text)
    }),
  ),
]

const typeNames = new Map<number, string>([
  [kind.null, 'null_type'],
  [bool, 'bool'],
  [int, 'int'],
  [uint, 'uint'],
  [double, 'double'],
  [string, 'string'],
  [bytes, 'bytes'],
  [list, 'list'],
  [map, 'map'],
  [timestamp, 'google.protobuf.Timestamp'],
  [duration, 'google.protobuf.Duration'],
  [type, 'type'],
])

/** The types as values, by the names they have in an expression. */
export const typeValues: ReadonlyMap<string, TypeValue> = new Map(
  [...typeNames.values()].map((name) => [name, new TypeValue(name)]),
)

function formatDouble(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function wholeNumber(value: number, limit = 2 ** 63): bigint {
  if (Number.isFinite(value) && Math.abs(value) < limit) return BigInt(Math.trunc(value))
  throw new Fault(`${value} can't be a whole number of 64 bits.`)
}

function int64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value
  throw new Fault(`${value} does not fit into 64 bits.`)
}

function uint64(value: bigint): Uint {
  if (BigInt.asUintN(64, value) === value) return new Uint(value)
  throw new Fault(`${value} can't be an unsigned whole number of 64 bits.`)
}

function parseWhole(text: string, pattern: RegExp, name: string): bigint {
  if (text.length <= 21 && pattern.test(text)) return BigInt(text.replace('+', ''))
  throw new Fault(`${name}() can't read ${quoted(text)} as a whole number.`)
}

function parseDouble(text: string): number {
  if (text.length <= 400 && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  const special = /^([+-]?)(inf|infinity)$/i.exec(text)
  if (special) return special[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  throw new Fault(`double() can't read ${quoted(text)} as a number.`)
}

function parseBool(text: string): boolean {
  if (['true', 'True', 'TRUE', 't', '1'].includes(text)) return true
  if (['false', 'False', 'FALSE', 'f', '0'].includes(text)) return false
  throw new Fault(`bool() can't read ${quoted(text)} as true or false.`)
}

function quoted(text: string): string {
  return `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`
}

function floorSeconds(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / 1_000_000_000n
  return nanoseconds % 1_000_000_000n < 0n ? seconds - 1n : seconds
}

function encodeText(frame: Frame, text: string): Uint8Array {
  frame.spend(8)
  frame.spendText(4 * text.length)
  return new TextEncoder().encode(text)
}

function decodeText(frame: Frame, value: Uint8Array): string {
  frame.spend(8)
  frame.spendText(4 * value.length)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    throw new Fault('The bytes are not text in UTF-8.')
  }
}
