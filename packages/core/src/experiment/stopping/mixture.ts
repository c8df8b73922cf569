import { millsRatio, normalTail } from '../statistics/normal-distribution.ts'
import type { Score } from './score.ts'

/**
 * The logarithm of an e-value against "not better": likelihood ratios exp(δ·sum − δ²·variance/2) of advantages δ > 0, mixed
 * over a half-normal distribution of them whose precision is `precision` (Robbins 1970, one-sided).
 *
 * Each ratio has at most the mean 1 at all times, in whatever epochs and for whatever earlier outcomes the weights were
 * chosen: given the past, every step of the sum has a mean of at most 0 and adds its variance. So has their mixture, and by
 * Ville's inequality it ever reaches 1/α with a probability of at most α: at any looks, without a horizon. Observations that
 * come late, to units seen before, only raise the correlation of looks, by which less is crossed (Slepian's inequality).
 */
export function logMixtureEValue({ sum, variance }: Pick<Score, 'sum' | 'variance'>, precision: number): number {
  const total = variance + precision
  const z = sum / Math.sqrt(total)
  const shrunk = Math.LN2 + 0.5 * Math.log(precision / total)
  return z > 0
    ? shrunk + 0.5 * z * z + Math.log(normalTail(-z))
    : shrunk + Math.log(millsRatio(-z) / Math.sqrt(2 * Math.PI))
}
