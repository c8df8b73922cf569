import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import { formatDuration, formatTimestamp } from './time.ts'
import type { Duration, Timestamp, TypeValue, Uint } from './value.ts'
import { kind, kindOf } from './value.ts'

/**
 * The value as plain JSON: whole numbers as numbers, moments in RFC 3339, spans in seconds ("90s"), bytes in base64,
 * maps as objects. What came in from outside is given back as it is. Throws a fault for what JSON can't hold.
 */
export function toJson(value: unknown, frame: Frame): unknown {
  switch (kindOf(value)) {
    case kind.null:
    case kind.bool:
    case kind.string:
      return value
    case kind.double:
      if (Number.isFinite(value)) return value
      throw new Fault(`The value is ${value}, which JSON can't hold.`, 'Test a divisor for 0 before dividing by it.')
    case kind.int:
      return Number(value)
    case kind.uint:
      return Number((value as Uint).value)
    case kind.timestamp:
      return formatTimestamp(value as Timestamp)
    case kind.duration:
      return formatDuration(value as Duration)
    case kind.type:
      return (value as TypeValue).name
    case kind.bytes:
      return base64(value as Uint8Array, frame)
    case kind.list:
      return listToJson(value as unknown[], frame)
    case kind.map:
      return value instanceof Map ? mapToJson(value, frame) : value
    default:
      throw new Fault('The value is nothing that JSON can hold.')
  }
}

/** A list from outside may stand in one that was built, so a list is copied only where an item changes. */
function listToJson(list: unknown[], frame: Frame): unknown[] {
  frame.spendItems(list.length)
  let copy: unknown[] | undefined
  for (let index = 0; index < list.length; index++) {
    const item = toJson(list[index], frame)
    if (item !== list[index]) copy ??= list.slice(0, index)
    copy?.push(item)
  }
  return copy ?? list
}

function mapToJson(map: ReadonlyMap<unknown, unknown>, frame: Frame): Record<string, unknown> {
  frame.spendItems(map.size)
  const entries = [...map].map(([key, value]) => [String(toJson(key, frame)), toJson(value, frame)])
  // Sets own members, also one called __proto__.
  return Object.fromEntries(entries)
}

function base64(bytes: Uint8Array, frame: Frame): string {
  frame.spendText(8 * bytes.length)
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
