import type { ConfiguredVariant } from '@fairlead/core/experiment'

/** Twice as many are remembered at most. */
const mostRecent = 50_000

type Units = Map<string, ConfiguredVariant>

/**
 * Which variant each unit was last said to have been shown, by test and epoch. Units that were not seen for long are
 * forgotten: two generations, of which the older one is let go of when the younger one is full, cost a unit that is
 * seen again two look-ups and nothing else.
 */
export function exposureMemory() {
  let recent = new Map<string, Units>()
  let earlier = new Map<string, Units>()
  let count = 0
  const add = (test: string, unit: string, variant: ConfiguredVariant) => {
    if (count++ === mostRecent) {
      earlier = recent
      recent = new Map()
      count = 1
    }
    const units = recent.get(test) ?? new Map()
    recent.set(test, units.set(unit, variant))
  }
  const find = (test: string, unit: string): ConfiguredVariant | undefined => {
    const last = recent.get(test)?.get(unit)
    if (last) return last
    const variant = earlier.get(test)?.get(unit)
    if (variant) add(test, unit, variant)
    return variant
  }
  return { find, add }
}
