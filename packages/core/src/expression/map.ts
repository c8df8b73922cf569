import { Uint } from './value.ts'

/** A map: a plain object from outside, or a Map with normalized keys that the expression built. */
export type MapValue = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>

/**
 * The value at a key, undefined when there is none. Of objects only own data members are read: nothing inherited, and
 * no getter is run. Undefined, functions and symbols are no data, hence none.
 */
export function readMember(map: MapValue, key: unknown): unknown {
  if (map instanceof Map) return map.get(normalizeKey(key))
  if (typeof key !== 'string') return undefined
  return readOwn(map, key)
}

/** The value of an object's own data member, undefined when there is none. */
export function readOwn(object: object, name: string): unknown {
  const value = Object.getOwnPropertyDescriptor(object, name)?.value
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
}

/** Keys that are equal numbers are one key; anything but null, bool, number and string can't be one. */
export function normalizeKey(key: unknown): unknown {
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key)
  return key instanceof Uint ? key.value : key
}

/** The keys of a map in their order. */
export function keysOf(map: MapValue): unknown[] {
  return map instanceof Map ? [...map.keys()] : Object.keys(map)
}

/** The number of a map's keys. */
export function sizeOfMap(map: MapValue): number {
  return map instanceof Map ? map.size : Object.keys(map).length
}
