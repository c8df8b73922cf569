import { nodes, points, weights } from './gauss.ts'
import type { TabulatedDensity } from './tabulated-density.ts'

/** Pieces that both densities have in common are narrower than those in which one of them can be followed. */
const share = 0.75

/** How the coordinate that one value must exceed depends on another value's: smoothly, but for corners. */
export interface Threshold {
  at(z: number): number
  /** The other way round; -∞ or ∞ where it is beyond all. */
  inverse(threshold: number): number
  /** By how much the threshold rises with the lift, at z, where it is `threshold`. */
  rate(z: number, threshold: number): number
  /** Near these it bends: pieces there may be so wide. */
  corners: readonly { at: number; width: number }[]
  /** Below this the other value is known not to lie. */
  from?: number
  /** Up to where it holds. */
  to?: number
}

/** How probable it is that one value exceeds the threshold that another sets, and by how much less with a little more lift. */
export interface Exceedance {
  chance: number
  density: number
}

/** ∫ f(z) P(higher > threshold(z)) dz over the values of `lower`, in pieces in which both densities are smooth. */
export function exceedance(lower: TabulatedDensity, higher: TabulatedDensity, threshold: Threshold): Exceedance {
  const own = lower.cuts
  const to = Math.min(own[own.length - 1]!, threshold.to ?? Number.POSITIVE_INFINITY)
  let from = Math.max(own[0]!, threshold.from ?? Number.NEGATIVE_INFINITY)
  const others = higher.cuts.map(threshold.inverse)
  // A falling threshold turns them round.
  if (others[0]! > others[others.length - 1]!) others.reverse()
  const [ownLimit, otherLimit] = [
    { cuts: own, piece: 0 },
    { cuts: others, piece: 0 },
  ]
  let [chance, density, mass] = [0, 0, 0]
  let [cell, otherCell] = [0, 0]
  while (from < to) {
    const smooth = share * Math.min(widestAt(ownLimit, from), widestAt(otherLimit, from))
    const width = Math.min(to - from, widestAtCorners(threshold, from), smooth)
    const end = Math.max(from + width, from + Math.abs(from) * Number.EPSILON)
    const half = (end - from) / 2
    const middle = (end + from) / 2
    for (let point = 0; point < points; point++) {
      const z = middle + half * nodes[point]!
      const exceeded = threshold.at(z)
      cell = lower.cellOf(z, cell)
      otherCell = higher.cellOf(exceeded, otherCell)
      const weight = half * weights[point]! * lower.densityIn(cell, z)
      mass += weight
      chance += weight * higher.aboveIn(otherCell, exceeded)
      const met = higher.densityIn(otherCell, exceeded)
      if (met !== 0) density += weight * met * threshold.rate(z, exceeded)
    }
    from = end
  }
  // Over the whole line all is divided by what was met of it, for values that are known to their last digits.
  return threshold.to === undefined ? { chance: chance / mass, density: density / mass } : { chance, density }
}

/** As wide as the pieces are there, and as narrow as what follows them. */
function widestAt(limit: { cuts: Float64Array; piece: number }, z: number): number {
  const { cuts } = limit
  while (limit.piece < cuts.length && cuts[limit.piece]! <= z) limit.piece++
  const next = cuts[limit.piece]
  if (next === undefined || next === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  const before = cuts[limit.piece - 1]
  const after = cuts[limit.piece + 1]
  if (before === undefined) return after! - z
  return after === undefined ? next - before : Math.min(next - before, Math.max(next - z, after - next))
}

function widestAtCorners({ corners }: Threshold, z: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const { at, width } of corners) least = Math.min(least, width + Math.abs(z - at) / 4)
  return least
}
