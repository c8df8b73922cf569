import { murmur3 } from '../assignment/murmur3.ts'
import { variantAt } from './scheme.ts'

const variantSeed = 86_028_157

/** What decides over a variant in Unleash: `flexibleRollout` and the weights of variants. */
export interface UnleashSettings {
  /** Of the rollout; by default the feature's name. */
  readonly groupId: string
  /** Percentage, whole as Unleash has it; 100 by default. */
  readonly rollout?: number
  /** Of the variants, where it is another one: the feature's name for variants of the feature, not of the strategy. */
  readonly variantGroupId?: string
  readonly weights: readonly number[]
}

/** Where a unit stands in a rollout, from 1 to 100. */
function normalizedStrategyValue(id: string, groupId: string): number {
  return (murmur3(`${groupId}:${id}`) % 100) + 1
}

/** Where a unit stands among variants, from 1 to `normalizer`, the sum of their weights. */
function normalizedVariantValue(id: string, groupId: string, normalizer: number): number {
  return (murmur3(`${groupId}:${id}`, variantSeed) % normalizer) + 1
}

/**
 * Unleash (github.com/Unleash/client-specification). Ids and groups beyond ASCII are hashed as UTF-8, as most of its
 * SDKs do it; the one for Node does not, and such ids may switch when they come from there.
 */
export const unleash = {
  normalizedStrategyValue,
  normalizedVariantValue,
  assign({ groupId, rollout = 100, variantGroupId = groupId, weights }: UnleashSettings, id: string): number | null {
    if (normalizedStrategyValue(id, groupId) > rollout) return null
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return total > 0 ? variantAt(weights, normalizedVariantValue(id, variantGroupId, total) - 1) : null
  },
}
