import { canonicalJson } from '../../base/index.ts'

/** A place where both sides changed a value differently; `undefined` where it is not there. */
export interface ValueConflict {
  /** The keys that lead there. */
  path: string[]
  base: unknown
  ours: unknown
  theirs: unknown
}

export interface ValueMerge {
  /** Of conflicts, what ours has. */
  value: unknown
  conflicts: ValueConflict[]
}

/**
 * Merges JSON values key by key: objects on both sides are gone into, whatever else changed on both sides differently is
 * a conflict. `undefined` stands for what is not there, so a key may be added, changed or removed. Keys keep the order
 * of ours, with those that theirs added behind them. Objects that stand deeper than `depth` are taken whole.
 */
export function mergeValue(
  base: unknown,
  ours: unknown,
  theirs: unknown,
  path: readonly string[] = [],
  depth = Number.POSITIVE_INFINITY,
): ValueMerge {
  if (isSame(ours, theirs) || isSame(base, theirs)) return { value: ours, conflicts: [] }
  if (isSame(base, ours)) return { value: theirs, conflicts: [] }
  // Objects that both sides added are merged as if there had been an empty one.
  if (depth > 0 && isObject(ours) && isObject(theirs) && (base === undefined || isObject(base))) {
    return mergeObjects(base ?? {}, ours, theirs, path, depth - 1)
  }
  return { value: ours, conflicts: [{ path: [...path], base, ours, theirs }] }
}

type JsonObject = Record<string, unknown>

function mergeObjects(
  base: JsonObject,
  ours: JsonObject,
  theirs: JsonObject,
  path: readonly string[],
  depth: number,
): ValueMerge {
  const conflicts: ValueConflict[] = []
  const merged: [string, unknown][] = []
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const [inBase, inOurs, inTheirs] = [base, ours, theirs].map((side) => own(side, key))
    const member = mergeValue(inBase, inOurs, inTheirs, [...path, key], depth)
    conflicts.push(...member.conflicts)
    if (member.value !== undefined) merged.push([key, member.value])
  }
  return { value: Object.fromEntries(merged), conflicts }
}

function own(side: JsonObject, key: string): unknown {
  return Object.hasOwn(side, key) ? side[key] : undefined
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b
  return a === b || canonicalJson(a) === canonicalJson(b)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
