import type { StratifiedEstimate } from './stratified-estimate.ts'
import { unitEstimate } from './stratified-estimate.ts'
import type { UnitMoments } from './unit-moments.ts'

/** What the units of one arm were like before the test: a value c of each, with its moments beside those of n and x. */
export interface CovariateMoments {
  meanC: number
  /** Σ(c − meanC)². */
  cc: number
  /** Σ(c − meanC)(x − meanX). */
  cx: number
  /** Σ(c − meanC)(n − meanN). */
  cn: number
}

export interface AdjustableArm {
  moments: UnitMoments
  covariate: CovariateMoments
}

/**
 * The mean of an observation in each arm as if all arms had been alike before the test (CUPED: Deng, Xu, Kohavi and Walker,
 * WSDM 2013), with as much less variance as the covariate tells beforehand: by its squared correlation. The slope is one for
 * all arms, so the difference between arms stays unbiased. Every arm needs three units with observations.
 */
export function adjustedEstimates(arms: readonly AdjustableArm[]): StratifiedEstimate[] {
  const units = arms.reduce((sum, { moments }) => sum + moments.units, 0)
  const meanC = arms.reduce((sum, { moments, covariate }) => sum + (moments.units / units) * covariate.meanC, 0)
  const plain = arms.map(({ moments }) => unitEstimate(moments))
  // Of a unit's part in the ratio, (x − value n) / meanN, with c.
  const together = arms.map(
    ({ moments: { meanN }, covariate: { cx, cn } }, arm) => (cx - plain[arm]!.value * cn) / meanN,
  )
  const spread = arms.reduce((sum, { covariate }) => sum + covariate.cc, 0)
  const slope = spread > 0 ? together.reduce((sum, part) => sum + part, 0) / spread : 0
  return plain.map(({ value, variance, units: size }, arm) => {
    const { covariate } = arms[arm]!
    const explained = (2 * slope * together[arm]! - slope * slope * covariate.cc) / (size - 1) / size
    return {
      value: value - slope * (covariate.meanC - meanC),
      variance: Math.max(0, variance - explained),
      units: size,
      degreesOfFreedom: size - 2,
    }
  })
}
