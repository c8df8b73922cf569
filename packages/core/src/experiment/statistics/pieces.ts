import type { Density } from './density.ts'

/** By about so much, as a logarithm, a density may fall within a piece at its height, and by more where less depends on it. */
const longestFall = 4
const deeper = 1 / 6
/** Behind this, as a logarithm below the mode, it counts as nothing: e⁻⁷⁵ is 3·10⁻³³. */
const nothing = 75
/** Around the mode pieces are as many widths wide at most, the fall there growing with the square. */
const widest = 2.5
const core = 4

/**
 * Where densities are cut, from where the first begins to where the last has ended, so that a polynomial can follow each
 * of them between two cuts, and what z stands for, by `widestPiece`: that may be of interest where no density is.
 */
export function cut(
  densities: readonly Density[],
  widestPiece: (z: number, top: number) => number = () => Number.POSITIVE_INFINITY,
): { cuts: Float64Array; ranges: Range[] } {
  const ranges: Range[] = densities.map((density) => ({ density, from: endOf(density, -1), to: endOf(density, 1) }))
  const to = Math.max(...ranges.map((range) => range.to))
  const top = Math.max(...densities.map(({ mode }) => mode))
  const cuts = [Math.min(...ranges.map((range) => range.from))]
  for (let z = cuts[0]!; z < to; cuts.push(z)) {
    let width = Math.min(widestPiece(z, top), to - z)
    for (const range of ranges) {
      if (z >= range.to) continue
      const allowed = z < range.from ? range.from - z : widthAt(range.density, z)
      if (allowed < width) width = allowed
    }
    // Not to go round for ever where the piece is lost in the rounding.
    z = Math.max(z + width, z + Math.abs(z) * Number.EPSILON)
  }
  return { cuts: Float64Array.from(cuts), ranges }
}

/** A density and where it is more than nothing. */
export interface Range {
  density: Density
  from: number
  to: number
}

/** How wide a piece from z upwards may be. */
function widthAt({ mode, width, log, slope, widestPiece }: Density, z: number): number {
  const edge = mode - core * width
  const around = z > mode + core * width ? Number.POSITIVE_INFINITY : Math.max(edge - z, widest * width)
  const height = log(z)
  const fall = longestFall - Math.max(-nothing, height) * deeper
  let allowed = Math.min(around, fall / Math.abs(slope(z)), widestPiece(z))
  // It may fall faster and faster.
  while (height - log(z + allowed) > 2 * fall) allowed /= 2
  return allowed
}

/** Where it has fallen by `depth` as a logarithm on one side, or a little further. */
export function endOf({ mode, width, log }: Density, side: 1 | -1, depth = nothing): number {
  const isOut = (distance: number) => log(mode + side * distance) < -depth
  let out = 12 * width
  while (!isOut(out)) out *= 2
  let inside = out / 2
  if (out === 12 * width) inside = 0
  while (out - inside > out / 16) {
    const middle = (inside + out) / 2
    if (isOut(middle)) out = middle
    else inside = middle
  }
  return mode + side * out
}

/** Where a density is cut from z upwards, however little is left there, until hardly anything of that is. */
export function cutTail(density: Density, z: number): number[] {
  const cuts = [z]
  for (let at = z; density.log(at) > density.log(z) - 45; cuts.push(at)) at += widthAt(density, at)
  return cuts
}
