/**
 * Another system's way from a unit to its variant. A test that moves over from there names the scheme and keeps its
 * settings, and every unit keeps the variant that it has.
 */
export interface BucketingScheme<Settings> {
  /** The index of the unit's variant, null when the unit takes no part. The settings are plain JSON. */
  assign(settings: Settings, id: string): number | null
}

/** The first variant at which the weights that precede and include it exceed the position; null past the last one. */
export function variantAt(weights: readonly number[], position: number): number | null {
  let end = 0
  const variant = weights.findIndex((weight) => {
    end += weight
    return position < end
  })
  return variant < 0 ? null : variant
}
