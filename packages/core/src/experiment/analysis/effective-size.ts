import type { StratifiedEstimate } from '../statistics/stratified-estimate.ts'

/**
 * How many independent observations an estimate is worth, for the variance of one of them: as a conjugate posterior takes
 * it. Not more than were seen, unless a covariate helped, and as many as there are units where these do not differ at all.
 * A variance that few units tell counts for more, as that of Student's t does.
 */
export function effectiveSize(
  { variance, degreesOfFreedom, units }: StratifiedEstimate,
  ofOne: number,
  most: number,
): number {
  if (!(variance > 0 && ofOne > 0)) return Math.min(units, most)
  const certainty = Math.max(0.25, (degreesOfFreedom - 2) / degreesOfFreedom)
  return Math.min(most, (certainty * ofOne) / variance)
}
