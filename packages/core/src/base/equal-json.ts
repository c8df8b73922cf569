/**
 * Whether two JSON values are equal, members in any order. Spends a step per part that is compared, so that values with
 * shared parts end too.
 */
export function equalJson(a: unknown, b: unknown, budget: { spend(steps: number): void }): boolean {
  budget.spend(1)
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equalJson(item, b[index], budget))
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(left)
  budget.spend(keys.length)
  if (Object.keys(right).length !== keys.length) return false
  return keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key], budget))
}
