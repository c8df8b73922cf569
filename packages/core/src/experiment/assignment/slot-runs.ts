import { invalidSlots, maxArms, slotCount } from './slots.ts'

/** A row of slots of one variant: the variant's index and how many slots. */
export type SlotRun = readonly [variant: number, count: number]

/** The slot table in short: its runs in order. */
export function encodeSlots(slots: Uint8Array): SlotRun[] {
  const runs: [number, number][] = []
  for (const variant of slots) {
    const last = runs.at(-1)
    if (last?.[0] === variant) last[1]++
    else runs.push([variant, 1])
  }
  return runs
}

/** The slot table of its runs. Throws `experiment.invalid_slots` when they are no table of 16,384 slots. */
export function decodeSlots(runs: readonly SlotRun[]): Uint8Array {
  let from = 0
  for (const [variant, count] of runs) {
    const isRun = isWhole(variant, 0, maxArms - 1) && isWhole(count, 1, slotCount - from)
    if (!isRun) throw invalidSlots(`[${variant}, ${count}] at slot ${from} is no run of a table of ${slotCount} slots.`)
    from += count
  }
  if (from !== slotCount) throw invalidSlots(`The runs make ${from} slots, and a table has ${slotCount}.`)
  return expandRuns(runs)
}

/** The same for runs that `encodeSlots` made, and that nobody has touched. Never throws. */
export function expandRuns(runs: readonly SlotRun[]): Uint8Array {
  const slots = new Uint8Array(slotCount)
  let from = 0
  for (const [variant, count] of runs) {
    slots.fill(variant, from, from + count)
    from += count
  }
  return slots
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
