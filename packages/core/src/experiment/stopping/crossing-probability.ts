import { normalTail } from '../statistics/normal-distribution.ts'
import type { Uncrossed } from './boundary-crossing.ts'
import { boundFor, crossing, stepFor, uncrossed } from './boundary-crossing.ts'
import { logMixtureEValue } from './mixture.ts'
import { spentBy } from './spending.ts'

/** Probability to be found above one of the bounds, at even looks up to `information`; no bound is null. */
function crossingProbability(
  bounds: readonly (number | null)[],
  { information, drift }: { information: number; drift: number },
): number {
  const step = stepFor(information)
  let sum = 0
  let motion: Uncrossed | null = null
  for (const [index, bound] of bounds.entries()) {
    if (bound === null) continue
    const reached = (information * (index + 1)) / bounds.length
    sum += crossing(motion, reached, bound, drift)
    motion = uncrossed(motion, { information: reached, bound, step }, drift)
  }
  return sum
}

/** What the bounds of planned looks will be if they come at these fractions of the horizon; null where one can't decide. */
export function plannedBounds(fractions: readonly number[], level: number): (number | null)[] {
  let spent = 0
  let motion: Uncrossed | null = null
  return fractions.map((information) => {
    const due = spentBy(information, level) - spent
    if (due < 1e-12) return null
    const bound = boundFor(motion, information, due)
    spent += due
    motion = uncrossed(motion, { information, bound, step: stepFor(1) })
    return bound
  })
}

/**
 * By how much more units planned looks need than one look at the end, for the same power of one arm over another one:
 * where a fixed test with z above `critical` has a mean of z of `mean`.
 */
export function plannedInflation(fixed: { critical: number; mean: number }, looks: number): number {
  const power = normalTail(fixed.critical - fixed.mean)
  const level = normalTail(fixed.critical)
  const fractions = Array.from({ length: looks }, (_, look) => (look + 1) / looks)
  const bounds = plannedBounds(fractions, level)
  const powerAt = (inflation: number) =>
    crossingProbability(bounds, { information: 1, drift: fixed.mean * Math.sqrt(inflation) })
  return rootOf((inflation) => powerAt(inflation) - power, 1, 2)
}

/** The same for e-values whose mixture is tuned to the effect: looked at so often up to then. */
export function alwaysValidInflation(fixed: { critical: number; mean: number }, looks: number): number {
  const power = normalTail(fixed.critical - fixed.mean)
  const threshold = -Math.log(normalTail(fixed.critical))
  // In units of the variance in which the drift of the planned effect, and so the precision, is 1.
  const boundAt = (variance: number) =>
    rootOf((sum) => logMixtureEValue({ sum, variance }, 1) - threshold, 0, 40 + 40 * variance)
  const powerAt = (inflation: number) => {
    const information = fixed.mean ** 2 * inflation
    const bounds = Array.from({ length: looks }, (_, look) => boundAt((information * (look + 1)) / looks))
    return crossingProbability(bounds, { information, drift: 1 })
  }
  return rootOf((inflation) => powerAt(inflation) - power, 0.5, 4)
}

/** Where a rising function is zero, to seven digits. */
export function rootOf(f: (x: number) => number, low: number, high: number): number {
  let [below, above] = [low, high]
  for (let step = 0; step < 60 && above - below > 1e-7 * Math.abs(above); step++) {
    const middle = (below + above) / 2
    if (f(middle) < 0) below = middle
    else above = middle
  }
  return (below + above) / 2
}
