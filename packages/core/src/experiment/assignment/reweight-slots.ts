import { encodeSlots } from './slot-runs.ts'
import { apportion, invalidSlots, maxArms, slotCount } from './slots.ts'

/** Slots in a row. */
interface Stretch {
  from: number
  count: number
}

/**
 * The slot table for other weights, with the fewest slots moved: only variants that have too many give up slots, and
 * only those that have too few get them. With `arms` variants and L1 the sum of the differences between the normalized
 * weights, at most ½·L1·16,384 + arms slots move. Variants may come (more weights) and go (weight 0, or none). The table
 * given stays as it is. Throws `experiment.invalid_weights`, `experiment.invalid_slots`.
 */
export function reweightSlots(slots: Uint8Array, weights: readonly number[]): Uint8Array {
  if (slots.length !== slotCount)
    throw invalidSlots(`The table has ${slots.length} slots, and a table has ${slotCount}.`)
  const held: number[] = new Array(maxArms + 1).fill(0)
  for (const variant of slots) held[variant]!++
  const counts = apportion(weights, held)
  const missing = counts.map((count, variant) => Math.max(0, count - held[variant]!))
  const result = slots.slice()
  for (const stretch of freedStretches(slots, held, counts)) give(result, stretch, missing)
  return result
}

/**
 * The slots that variants with too many give up. Each gives its shortest runs first and cuts one at its end, so that
 * the table stays short in runs however often it is reweighted.
 */
function freedStretches(slots: Uint8Array, held: readonly number[], counts: readonly number[]): Stretch[] {
  const runs = runsByVariant(slots)
  const freed: Stretch[] = []
  for (const [variant, stretches] of runs) {
    let surplus = held[variant]! - (counts[variant] ?? 0)
    for (const { from, count } of stretches.sort((a, b) => a.count - b.count || a.from - b.from)) {
      if (surplus <= 0) break
      const taken = Math.min(count, surplus)
      freed.push({ from: from + count - taken, count: taken })
      surplus -= taken
    }
  }
  // What fits whole goes first, so that the fewest stretches are divided.
  return freed.sort((a, b) => b.count - a.count || a.from - b.from)
}

function runsByVariant(slots: Uint8Array): Map<number, Stretch[]> {
  const runs = new Map<number, Stretch[]>()
  let from = 0
  for (const [variant, count] of encodeSlots(slots)) {
    const stretches = runs.get(variant)
    if (stretches) stretches.push({ from, count })
    else runs.set(variant, [{ from, count }])
    from += count
  }
  return runs
}

/** Gives a stretch to variants that miss slots: the neighbours first, whose runs it makes longer, then who misses most. */
function give(slots: Uint8Array, stretch: Stretch, missing: number[]): void {
  let { from, count } = stretch
  const after = slots[from + count] ?? 0
  const toAfter = Math.min(count, missing[after] ?? 0)
  slots.fill(after, from + count - toAfter, from + count)
  if (toAfter > 0) missing[after]! -= toAfter
  count -= toAfter
  const before = slots[from - 1] ?? 0
  let receiver = (missing[before] ?? 0) > 0 ? before : mostMissing(missing)
  while (count > 0) {
    const taken = Math.min(count, missing[receiver]!)
    slots.fill(receiver, from, from + taken)
    missing[receiver]! -= taken
    from += taken
    count -= taken
    receiver = mostMissing(missing)
  }
}

function mostMissing(missing: readonly number[]): number {
  return missing.indexOf(Math.max(...missing))
}
