/**
 * The kinds of CEL values as bits, so that a set of kinds is a number. JSON's numbers are doubles; `int` and `uint`
 * come from literals and functions.
 */
export const kind = {
  null: 1,
  bool: 2,
  int: 4,
  uint: 8,
  double: 16,
  string: 32,
  bytes: 64,
  list: 128,
  map: 256,
  timestamp: 512,
  duration: 1024,
  type: 2048,
} as const

export const numberKinds = kind.int | kind.uint | kind.double
/** What a JSON value can be. */
export const jsonKinds = kind.null | kind.bool | kind.double | kind.string | kind.list | kind.map
export const allKinds = 4095

/** An unsigned 64-bit integer. */
export class Uint {
  readonly #value: bigint
  constructor(value: bigint) {
    this.#value = value
  }
  get value(): bigint {
    return this.#value
  }
}

/** A moment, in nanoseconds since the Unix epoch. */
export class Timestamp {
  readonly #nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    this.#nanoseconds = nanoseconds
  }
  get nanoseconds(): bigint {
    return this.#nanoseconds
  }
}

/** A span of time in nanoseconds, possibly negative. */
export class Duration {
  readonly #nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    this.#nanoseconds = nanoseconds
  }
  get nanoseconds(): bigint {
    return this.#nanoseconds
  }
}

/** The type of a value, as a value. */
export class TypeValue {
  readonly #name: string
  constructor(name: string) {
    this.#name = name
  }
  get name(): string {
    return this.#name
  }
}

/**
 * The kind of a value, 0 for what is none (undefined, functions, symbols). A plain object is a map from outside, a Map
 * is one that the expression built.
 */
export function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return kind.string
    case 'number':
      return kind.double
    case 'boolean':
      return kind.bool
    case 'bigint':
      return kind.int
    case 'object':
      return value === null ? kind.null : kindOfObject(value)
    default:
      return 0
  }
}

function kindOfObject(value: object): number {
  if (Array.isArray(value)) return kind.list
  if (value instanceof Uint) return kind.uint
  if (value instanceof Timestamp) return kind.timestamp
  if (value instanceof Duration) return kind.duration
  if (value instanceof TypeValue) return kind.type
  if (value instanceof Uint8Array) return kind.bytes
  return kind.map
}

const kindNames = new Map<number, string>([
  [kind.null, 'null'],
  [kind.bool, 'bool'],
  [kind.int, 'number'],
  [kind.uint, 'number'],
  [kind.double, 'number'],
  [kind.string, 'string'],
  [kind.bytes, 'bytes'],
  [kind.list, 'list'],
  [kind.map, 'map'],
  [kind.timestamp, 'timestamp'],
  [kind.duration, 'duration'],
  [kind.type, 'type'],
])

/** A set of kinds in words, such as "string or null". */
export function describeKinds(kinds: number): string {
  if ((kinds & jsonKinds) === jsonKinds) return 'any value'
  const names = new Set<string>()
  for (const [bit, name] of kindNames) if (kinds & bit) names.add(name)
  return [...names].join(' or ') || 'nothing'
}

/** A number of any kind as a bigint or a number, which JavaScript can compare with each other. */
export function plainNumber(value: unknown): number | bigint {
  return value instanceof Uint ? value.value : (value as number | bigint)
}
