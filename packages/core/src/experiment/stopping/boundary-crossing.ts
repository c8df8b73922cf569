import { normalDensity, normalTail } from '../statistics/normal-distribution.ts'

/**
 * Brownian motion that was looked at and never found above its bounds: the density of where it is at the last look, by the
 * recursion of Armitage, McPherson and Rowe (1969). Time is information, of any unit.
 */
export interface Uncrossed {
  information: number
  /** The bound at the last look, of the motion itself: √information times that of z. */
  bound: number
  /** Distance of the points. */
  step: number
  /** At `bound`, one step below it, two steps, … */
  density: Float64Array
}

/** A grid that is anchored at the bound, where the density ends, needs no other care than these (Gregory's) weights there. */
const endWeights = [95 / 288, 317 / 240, 23 / 30, 793 / 720, 157 / 160]

/** Beyond so many standard deviations there is nothing. */
const reach = 8.3

/** A step for all looks up to `information`; looks nearer to each other than `leastIncrement(step)` can't be told apart. */
export function stepFor(information: number): number {
  return 0.012 * Math.sqrt(information)
}

/** The trapezoidal rule sees a normal density well from three quarters of its standard deviation down. */
export function leastIncrement(step: number): number {
  return (step / 0.75) ** 2
}

/** The probability that a look at `information` is the first to find the motion above `bound`. */
export function crossing(before: Uncrossed | null, information: number, bound: number, drift = 0): number {
  if (before === null) return normalTail((bound - drift * information) / Math.sqrt(information))
  const gained = information - before.information
  const sd = Math.sqrt(gained)
  const distance = bound - before.bound - drift * gained
  const { step, density } = before
  const last = Math.min(density.length - 1, Math.floor((reach * sd - distance) / step))
  let sum = 0
  for (let i = 0; i <= last; i++) sum += (endWeights[i] ?? 1) * density[i]! * normalTail((distance + i * step) / sd)
  return sum * step
}

/** The bound at which that probability is `increment`, which must be less than there is left. */
export function boundFor(before: Uncrossed | null, information: number, increment: number): number {
  const scale = Math.sqrt(information)
  let [low, high] = [-reach * scale, 40 * scale]
  let bound = before?.bound ?? 3 * scale
  for (let iteration = 0; iteration < 100; iteration++) {
    const probability = crossing(before, information, bound)
    if (probability > increment) low = bound
    else high = bound
    // Newton's method on the logarithm, with the slope of a difference; by halves where that leaves the bracket.
    const nearby = crossing(before, information, bound + 1e-4 * scale)
    const slope = Math.log(nearby / probability) / (1e-4 * scale)
    const next = bound - Math.log(probability / increment) / slope
    const moved = next > low && next < high ? next : (low + high) / 2
    if (Math.abs(moved - bound) < 1e-10 * scale) return moved
    bound = moved
  }
  return bound
}

/** After a look at `information` that did not find the motion above `bound`. */
export function uncrossed(
  before: Uncrossed | null,
  look: { information: number; bound: number; step: number },
  drift = 0,
): Uncrossed {
  const { information, bound, step } = look
  const lowest = drift * information - reach * Math.sqrt(information)
  const density = new Float64Array(Math.max(1, Math.ceil((bound - lowest) / step)))
  if (before === null) {
    const sd = Math.sqrt(information)
    for (let j = 0; j < density.length; j++)
      density[j] = normalDensity((bound - j * step - drift * information) / sd) / sd
    return { information, bound, step, density }
  }
  const gained = information - before.information
  const sd = Math.sqrt(gained)
  const distance = bound - before.bound - drift * gained
  // The way from point i to point j depends on i − j only.
  const least = Math.ceil((-reach * sd - distance) / step)
  const most = Math.floor((reach * sd - distance) / step)
  const kernel = new Float64Array(most - least + 1)
  for (let d = least; d <= most; d++) kernel[d - least] = (normalDensity((distance + d * step) / sd) / sd) * step
  const weighted = before.density.slice()
  for (const [i, weight] of endWeights.entries()) if (i < weighted.length) weighted[i]! *= weight
  for (let j = 0; j < density.length; j++) {
    const [first, last] = [Math.max(0, j + least), Math.min(weighted.length - 1, j + most)]
    let sum = 0
    for (let i = first; i <= last; i++) sum += weighted[i]! * kernel[i - j - least]!
    density[j] = sum
  }
  return { information, bound, step, density }
}
