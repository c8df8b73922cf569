const rootTwoPi = Math.sqrt(2 * Math.PI)

/** The density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / rootTwoPi
}

/** The probability of more than `z`, with its digits kept however small it is; below `z` lies `normalTail(-z)`. */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z)
  return z < seriesEnd ? 0.5 - normalDensity(z) * oddSeries(z) : normalDensity(z) * millsFraction(z)
}

/** The tail over the density (Mills' ratio), which neither overflows nor vanishes where both do; `z` from 0 up. */
export function millsRatio(z: number): number {
  return z < seriesEnd ? normalTail(z) / normalDensity(z) : millsFraction(z)
}

/** Where so much probability lies above: the inverse of `normalTail`, for 0 < tail < 1. */
export function normalUpperQuantile(tail: number): number {
  if (tail > 0.5) return -normalUpperQuantile(1 - tail)
  // Hastings' estimate (Abramowitz and Stegun 26.2.22), then Newton's method on the logarithm, which is nearly a parabola.
  const t = Math.sqrt(-2 * Math.log(tail))
  let z = t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t))
  for (let step = 0; step < 5; step++) z += millsRatio(z) * Math.log(normalTail(z) / tail)
  return z
}

/** Below, the series loses no more than two digits; from there on the fraction converges. */
const seriesEnd = 2.5

/** z + z³/3 + z⁵/15 + … (Abramowitz and Stegun 26.2.11). */
function oddSeries(z: number): number {
  let [sum, term] = [z, z]
  for (let odd = 3; term > sum * 1e-17; odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return sum
}

/** 1/(z + 1/(z + 2/(z + 3/(z + …)))) (26.2.14), from so deep that the rest does not matter. */
function millsFraction(z: number): number {
  let rest = z
  for (let k = Math.ceil(40 + 600 / (z * z)); k > 0; k--) rest = z + k / rest
  return 1 / rest
}
