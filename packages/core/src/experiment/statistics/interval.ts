import { coordinateOf, densityOf } from './density.ts'
import { DistributionFunction } from './distribution-function.ts'
import { invalidEvidence } from './evidence.ts'
import type { Posterior } from './posterior.ts'

export interface Interval {
  lower: number
  upper: number
}

/** The equal-tailed interval that holds the value with probability `level`: as much lies below it as above. */
export function credibleInterval(posterior: Posterior, level: number): Interval {
  requireLevel(level)
  const distribution = new DistributionFunction(densityOf(posterior))
  const { toValue } = coordinateOf(posterior)
  const tail = (1 - level) / 2
  return { lower: toValue(distribution.quantile(tail)), upper: toValue(distribution.upperQuantile(tail)) }
}

/**
 * The shortest interval that holds the value with probability `level`: nothing outside is more probable than anything
 * inside. Where the density rises to an end of what is possible, it begins there.
 */
export function highestDensityInterval(posterior: Posterior, level: number): Interval {
  requireLevel(level)
  const density = densityOf(posterior)
  const distribution = new DistributionFunction(density)
  const { toValue, derivative } = coordinateOf(posterior)
  const outside = 1 - level
  const log = (z: number) => density.log(z) - Math.log(derivative(z))
  const ends = (below: number) => ({
    lower: below === 0 ? Number.NEGATIVE_INFINITY : distribution.quantile(below),
    upper: below === outside ? Number.POSITIVE_INFINITY : distribution.upperQuantile(outside - below),
  })
  // By how much the lower end is the less probable one, for a tail of so much below it.
  const excess = (below: number) => {
    const { lower, upper } = ends(below)
    return log(upper) - log(lower)
  }
  const [least, most] = [outside * 1e-12, outside * (1 - 1e-12)]
  const below = excess(least) <= 0 ? 0 : excess(most) >= 0 ? outside : rootOf(excess, least, most)
  const { lower, upper } = ends(below)
  return { lower: toValue(lower), upper: toValue(upper) }
}

/** Where a falling function is zero, by Ridders' method: between its bounds, and twice as many digits with each step. */
function rootOf(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to]
  let [atLow, atHigh] = [f(low), f(high)]
  for (let step = 0; step < 60 && high - low > 1e-13 * to; step++) {
    const middle = (low + high) / 2
    const atMiddle = f(middle)
    const root = Math.sqrt(atMiddle * atMiddle - atLow * atHigh)
    const next = root > 0 ? middle + ((middle - low) * atMiddle) / root : middle
    const atNext = f(next)
    if (atNext === 0) return next
    const known: [number, number][] = [
      [low, atLow],
      [middle, atMiddle],
      [next, atNext],
      [high, atHigh],
    ]
    for (const [x, value] of known) {
      if (value > 0 && x > low) [low, atLow] = [x, value]
      if (value <= 0 && x < high) [high, atHigh] = [x, value]
    }
    if (Math.abs(next - middle) <= 1e-12 * to) return next
  }
  return (low + high) / 2
}

export function requireLevel(level: number): void {
  if (level > 0 && level < 1) return
  throw invalidEvidence('level', `must lie between 0 and 1, and is ${level}`)
}
