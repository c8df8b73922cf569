import { invalidEvidence } from './evidence.ts'

/**
 * What the units of one arm have shown of one metric. A unit counts once, however many observations it has: as the pair of
 * how many they are (n) and what they sum up to (x). Moments are centred, so that nothing cancels out at any count.
 */
export interface UnitMoments {
  units: number
  meanN: number
  meanX: number
  /** Σ(n − meanN)². */
  nn: number
  /** Σ(n − meanN)(x − meanX). */
  nx: number
  /** Σ(x − meanX)². */
  xx: number
}

/** Of no unit at all. */
export const noUnits: UnitMoments = { units: 0, meanN: 0, meanX: 0, nn: 0, nx: 0, xx: 0 }

/** With one more unit, which has `n` observations that sum up to `x`; to take `times` alike at once is quicker. */
export function addUnit(moments: UnitMoments, unit: { n: number; x: number }, times = 1): UnitMoments {
  return mergeMoments(moments, { units: times, meanN: unit.n, meanX: unit.x, nn: 0, nx: 0, xx: 0 })
}

/** Of two sets of units that have none in common (Chan, Golub and LeVeque's update). */
export function mergeMoments(a: UnitMoments, b: UnitMoments): UnitMoments {
  if (a.units === 0) return b
  if (b.units === 0) return a
  const units = a.units + b.units
  const [byN, byX] = [b.meanN - a.meanN, b.meanX - a.meanX]
  const share = b.units / units
  const between = a.units * share
  return {
    units,
    meanN: a.meanN + byN * share,
    meanX: a.meanX + byX * share,
    nn: a.nn + b.nn + byN * byN * between,
    nx: a.nx + b.nx + byN * byX * between,
    xx: a.xx + b.xx + byX * byX * between,
  }
}

/** What is known of a value: an estimate, and the variance of its error. */
export interface Estimate {
  value: number
  variance: number
}

/**
 * The mean of an observation, Σx / Σn, with its variance over units by the delta method: repeated observations of one
 * unit are no independent evidence. For one observation per unit it is the usual variance of a mean. Needs two units.
 */
export function ratioEstimate({ units, meanN, meanX, nn, nx, xx }: UnitMoments): Estimate {
  if (!(units >= 2 && meanN > 0))
    throw invalidEvidence('units', `must be at least 2 with observations, and are ${units}`)
  const value = meanX / meanN
  const spread = Math.max(0, xx - 2 * value * nx + value * value * nn)
  return { value, variance: spread / (units - 1) / units / (meanN * meanN) }
}
