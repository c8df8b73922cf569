/** A map: an object from outside, or a Map with normalized keys that a rule built. */
export type Keyed = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>

/** Whether a value is a map. */
export function isMap(value: unknown): value is Keyed {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a key, undefined when there is none; of objects only own members are read. */
export function readMember(map: Keyed, key: unknown): unknown {
  if (map instanceof Map) return map.get(normalizeKey(key))
  return typeof key === 'string' && Object.hasOwn(map, key) ? data((map as Record<string, unknown>)[key]) : undefined
}

/** The item at a position, undefined when there is none. */
export function readItem(list: readonly unknown[], position: unknown): unknown {
  return isNumber(position) ? data(list[Number(position)]) : undefined
}

/** The keys of a map in their order. */
export function keysOf(map: Keyed): unknown[] {
  return map instanceof Map ? [...map.keys()] : Object.keys(map)
}

/** Keys that are equal numbers are one key; undefined for what can't be one. */
export function normalizeKey(key: unknown): unknown {
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : undefined
  return typeof key === 'object' ? undefined : key
}

/** Whole numbers that a rule calculates with are bigints, all others numbers. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** CEL's equality: deep, and across the kinds of numbers; values of different kinds are not equal. */
export function equal(left: unknown, right: unknown): boolean {
  // Almost all that is compared is text.
  if (typeof left === 'string') return left === right
  // JavaScript compares a bigint with a number by their exact values, which is what CEL asks for.
  // biome-ignore lint/suspicious/noDoubleEquals: `===` would tell 1n from 1
  if (isNumber(left) && isNumber(right)) return left == right
  if (Array.isArray(left))
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, index) => equal(item, right[index]))
    )
  if (!isMap(left) || !isMap(right)) return left === right
  const keys = keysOf(left)
  return (
    keys.length === keysOf(right).length &&
    keys.every((key) => {
      const other = readMember(right, key)
      return other !== undefined && equal(readMember(left, key), other)
    })
  )
}

/** Whether one value comes before another one, or with it where that is `allowed`; undefined when they have no order. */
export function isBefore(left: unknown, right: unknown, allowed?: boolean): boolean | undefined {
  const isMixed = isNumber(left) && isNumber(right) && typeof left !== typeof right
  if (isMixed) return isBefore(Number(left), Number(right), allowed)
  if (typeof left !== typeof right || typeof left === 'object') return undefined
  return allowed ? left! <= right! : left! < right!
}

/** Functions and symbols are no data. */
function data(value: unknown): unknown {
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
}
