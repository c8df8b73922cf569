import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import { expressionLimits } from './limit.ts'
import { readOwn } from './map.ts'
import { formatDuration, formatTimestamp } from './time.ts'
import type { Duration, Timestamp, TypeValue, Uint } from './value.ts'
import { kind, kindOf } from './value.ts'

/** So many parts of a value take as long as one step. */
const partsPerStep = 8
/** What a value is counted as that is no text, with what separates it from the next. */
const plainLength = 4
/** What is not longer is measured again sooner than remembered. */
const shortLength = 500

/**
 * The value as plain JSON: whole numbers as numbers, moments in RFC 3339, spans in seconds ("90s"), bytes in base64,
 * maps as objects. What came in from outside is given back as it is. Throws a fault for what JSON can't hold, and a limit
 * fault for a value that was built and is longer than `expressionLimits.resultLength`: a text or a map from outside costs
 * nothing to mention, but every mention of it is written out in the end.
 */
export function toJson(value: unknown, frame: Frame): unknown {
  switch (kindOf(value)) {
    case kind.null:
    case kind.bool:
    case kind.string:
      return value
    case kind.list:
      return new Writer(frame).list(value as unknown[])
    case kind.map:
      return value instanceof Map ? new Writer(frame).map(value) : value
    default:
      return new Writer(frame).write(value)
  }
}

/** Writes one value that was built, counting what it goes through and how long the whole becomes. */
class Writer {
  readonly #frame: Frame
  /** The length of each longer map from outside that was mentioned. */
  readonly #foreign = new Map<object, number>()
  #parts = 0
  #left: number = expressionLimits.resultLength

  constructor(frame: Frame) {
    this.#frame = frame
  }

  write(value: unknown): unknown {
    this.#count(1, plainLength)
    switch (kindOf(value)) {
      case kind.null:
      case kind.bool:
        return value
      case kind.string:
        this.#take((value as string).length)
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
        return this.#base64(value as Uint8Array)
      case kind.list:
        return this.list(value as unknown[])
      case kind.map:
        if (value instanceof Map) return this.map(value)
        this.#mention(value as object)
        return value
      default:
        throw new Fault('The value is nothing that JSON can hold.')
    }
  }

  /** A list from outside may stand in one that was built, so a list is copied only where an item changes. */
  list(list: unknown[]): unknown[] {
    let copy: unknown[] | undefined
    for (let index = 0; index < list.length; index++) {
      const item = this.write(list[index])
      if (item !== list[index]) copy ??= list.slice(0, index)
      copy?.push(item)
    }
    return copy ?? list
  }

  map(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
    const entries = [...map].map(([key, value]) => [String(this.write(key)), this.write(value)])
    // Sets own members, also one called __proto__.
    return Object.fromEntries(entries)
  }

  #base64(bytes: Uint8Array): string {
    this.#take(2 * bytes.length)
    this.#frame.spendText(8 * bytes.length)
    let binary = ''
    for (const byte of bytes) binary += String.fromCharCode(byte)
    return btoa(binary)
  }

  /** A map from outside is passed on as it is, and measured the first time. */
  #mention(map: object): void {
    const known = this.#foreign.get(map)
    if (known !== undefined) {
      this.#take(known)
      return
    }
    const before = this.#left
    // Values from outside may be nested deeper than the stack.
    const open: object[] = [map]
    for (let object = open.pop(); object !== undefined; object = open.pop()) {
      const keys = Object.keys(object)
      let length = keys.length * plainLength
      for (const key of keys) {
        const value = readOwn(object, key)
        if (typeof value === 'string') length += value.length
        else if (typeof value === 'object' && value !== null) open.push(value)
        length += key.length
      }
      this.#count(keys.length, length)
    }
    const length = before - this.#left
    if (length > shortLength) this.#foreign.set(map, length)
  }

  #count(parts: number, length: number): void {
    this.#parts += parts
    if (this.#parts >= partsPerStep) {
      this.#frame.spend(Math.floor(this.#parts / partsPerStep))
      this.#parts %= partsPerStep
    }
    this.#take(length)
  }

  #take(length: number): void {
    this.#left -= length
    if (this.#left >= 0) return
    const most = expressionLimits.resultLength.toLocaleString('en')
    const hint = 'Pick the parts that are needed, or compute this in a tool.'
    throw new Fault(`The value is longer than ${most} characters as JSON.`, hint, undefined, true)
  }
}
