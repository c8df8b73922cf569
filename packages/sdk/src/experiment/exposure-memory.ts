/** Twice as many are remembered at most. */
const mostRecent = 50_000

type Units = Map<string, string>

/**
 * Which variant each unit was last said to have been shown, by test and epoch. Units that were not seen for long are
 * forgotten: two generations, of which the older one is let go of when the younger one is full, cost a unit that is
 * seen again two look-ups and nothing else.
 */
export function exposureMemory() {
  let recent = new Map<string, Units>()
  let earlier = new Map<string, Units>()
  let count = 0
  const add = (test: string, unit: string, variantId: string) => {
    if (count++ === mostRecent) {
      earlier = recent
      recent = new Map()
      count = 1
    }
    const units = recent.get(test) ?? new Map()
    recent.set(test, units.set(unit, variantId))
  }
  const has = (test: string, unit: string, variantId: string) => {
    if (recent.get(test)?.get(unit) === variantId) return true
    if (earlier.get(test)?.get(unit) !== variantId) return false
    add(test, unit, variantId)
    return true
  }
  return { has, add }
}
