import { normalTail, normalUpperQuantile } from '../statistics/normal-distribution.ts'

/**
 * How much of a one-sided level may be spent until a share of the information is there: 2 − 2Φ(z / √fraction) with z the
 * upper level/2 quantile (Lan and DeMets 1983), which is near to O'Brien and Fleming's boundaries: next to nothing early,
 * and nearly all of it for the end.
 */
export function spentBy(fraction: number, level: number): number {
  if (fraction >= 1) return level
  return fraction > 0 ? 2 * normalTail(normalUpperQuantile(level / 2) / Math.sqrt(fraction)) : 0
}
