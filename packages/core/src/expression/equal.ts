import type { Frame } from './frame.ts'
import type { MapValue } from './map.ts'
import { keysOf, readMember, sizeOfMap } from './map.ts'
import type { Duration, Timestamp, TypeValue } from './value.ts'
import { kind, kindOf, numberKinds, plainNumber } from './value.ts'

/** CEL's equality: deep, and across the kinds of numbers; values of different kinds are not equal. */
export function equal(left: unknown, right: unknown, frame: Frame): boolean {
  if (typeof left === 'string') {
    if (typeof right !== 'string' || left.length !== right.length) return false
    frame.spendText(left.length)
    return left === right
  }
  const leftKind = kindOf(left)
  const rightKind = kindOf(right)
  if (leftKind & numberKinds && rightKind & numberKinds) return sameNumber(left, right)
  if (leftKind !== rightKind) return false
  switch (leftKind) {
    case kind.list:
      return equalLists(left as unknown[], right as unknown[], frame)
    case kind.map:
      return equalMaps(left as MapValue, right as MapValue, frame)
    case kind.bytes:
      return compareBytes(left as Uint8Array, right as Uint8Array, frame) === 0
    case kind.timestamp:
      return (left as Timestamp).nanoseconds === (right as Timestamp).nanoseconds
    case kind.duration:
      return (left as Duration).nanoseconds === (right as Duration).nanoseconds
    case kind.type:
      return (left as TypeValue).name === (right as TypeValue).name
    default:
      return left === right
  }
}

function sameNumber(left: unknown, right: unknown): boolean {
  // JavaScript compares a bigint with a number by their exact values, which is what CEL asks for.
  // biome-ignore lint/suspicious/noDoubleEquals: `===` would tell 1n from 1
  return plainNumber(left) == plainNumber(right)
}

function equalLists(left: unknown[], right: unknown[], frame: Frame): boolean {
  if (left.length !== right.length) return false
  frame.spend(left.length)
  return left.every((item, index) => equal(item, right[index], frame))
}

function equalMaps(left: MapValue, right: MapValue, frame: Frame): boolean {
  const size = sizeOfMap(left)
  frame.spend(2 + 3 * size)
  if (size !== sizeOfMap(right)) return false
  return keysOf(left).every((key) => {
    const other = readMember(right, key)
    return other !== undefined && equal(readMember(left, key), other, frame)
  })
}

/** Below 0, 0 or above 0 as the left bytes sort before, with or after the right ones. */
export function compareBytes(left: Uint8Array, right: Uint8Array, frame: Frame): number {
  const length = Math.min(left.length, right.length)
  frame.spendText(length)
  for (let index = 0; index < length; index++) {
    const difference = left[index]! - right[index]!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
