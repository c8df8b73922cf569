import { isWithin, slotOf, unitHash } from '../assignment/unit-hash.ts'

/** What decides over a variant here. */
export interface FairleadSettings {
  readonly seed: number
  /** The variant index that has each slot. */
  readonly slots: Uint8Array
  /** From 0 to 100; all by default. */
  readonly trafficPercentage?: number
}

/** Whether a unit takes part. Whoever does at one percentage does at every higher one. */
export function isInTraffic(seed: number, trafficPercentage: number, id: string): boolean {
  return trafficPercentage >= 100 || isWithin(unitHash('gate', seed, id), trafficPercentage)
}

/** A unit's slot of 16,384, whether it takes part or not. */
function slotOfUnit(seed: number, id: string): number {
  return slotOf(unitHash('slot', seed, id))
}

/** Our own: a hash for the traffic, and another one for the slot. */
export const fairlead = {
  isInTraffic,
  slot: slotOfUnit,
  assign({ seed, slots, trafficPercentage = 100 }: FairleadSettings, id: string): number | null {
    return isInTraffic(seed, trafficPercentage, id) ? slots[slotOfUnit(seed, id)]! : null
  },
}
