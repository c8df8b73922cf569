import type { Density } from './density.ts'
import { nodes, points, projection } from './gauss.ts'
import { cut } from './pieces.ts'

/** As a logarithm of the share that lies beyond, about: it matters to no absolute figure. */
const negligible = -28
/** Coefficients of a cell's integral: one more than the density's. */
const terms = points + 1

/**
 * A normalized density and its upper tail as Legendre series in cells, two to every piece: for being asked at many places,
 * to 1e-11 of its height. Where it is negligible it is 0.
 */
export interface TabulatedDensity {
  /** Ends of the pieces, upwards. */
  cuts: Float64Array
  /** The cell that z is in, sought from another: -1 below all of them, and as many as there are above. */
  cellOf(z: number, from: number): number
  densityIn(cell: number, z: number): number
  /** How probable it is to lie above z, which is in this cell. */
  aboveIn(cell: number, z: number): number
}

export function tabulate(density: Density): TabulatedDensity {
  const cuts = substantial(density)
  const ends = new Float64Array(2 * cuts.length - 1)
  for (let index = 0; index < ends.length; index++) ends[index] = (cuts[index >> 1]! + cuts[(index + 1) >> 1]!) / 2
  const cells = ends.length - 1
  const { inside, above } = seriesOf(density, ends)
  const place = (cell: number, z: number) => (2 * z - ends[cell]! - ends[cell + 1]!) / (ends[cell + 1]! - ends[cell]!)
  return {
    cuts,
    cellOf: (z, from) => {
      let cell = from
      while (cell < cells && ends[cell + 1]! <= z) cell++
      while (cell >= 0 && ends[cell]! > z) cell--
      return cell
    },
    densityIn: (cell, z) => (cell < 0 || cell >= cells ? 0 : sumLegendre(inside, cell * terms, place(cell, z))),
    aboveIn: (cell, z) => {
      if (cell < 0) return 1
      return cell >= cells ? 0 : sumLegendre(above, cell * terms, place(cell, z))
    },
  }
}

function substantial(density: Density): Float64Array {
  const { cuts } = cut([density])
  const { mode, width } = density
  const isNegligible = (index: number) => {
    const z = cuts[index]!
    return density.log(z) + Math.log(Math.max(1, Math.abs(z - mode) / width)) < negligible
  }
  let [first, last] = [0, cuts.length - 1]
  while (cuts[first + 1]! < mode && isNegligible(first + 1)) first++
  while (cuts[last - 1]! > mode && isNegligible(last - 1)) last--
  return cuts.slice(first, last + 1)
}

/** For each cell, the coefficients of the density and of the tail above, as series over [−1, 1]. */
function seriesOf({ log }: Density, ends: Float64Array): { inside: Float64Array; above: Float64Array } {
  const cells = ends.length - 1
  const inside = new Float64Array(cells * terms)
  const above = new Float64Array(cells * terms)
  const values = new Float64Array(points)
  let total = 0
  for (let cell = cells - 1; cell >= 0; cell--) {
    const half = (ends[cell + 1]! - ends[cell]!) / 2
    const middle = (ends[cell + 1]! + ends[cell]!) / 2
    const start = cell * terms
    for (let point = 0; point < points; point++) values[point] = Math.exp(log(middle + half * nodes[point]!))
    for (let k = 0; k < points; k++) {
      let sum = 0
      for (let point = 0; point < points; point++) sum += projection[k * points + point]! * values[point]!
      inside[start + k] = sum
    }
    // From x to 1, ∫P_k = (P_{k−1} − P_{k+1}) / (2k + 1), and ∫P_0 = P_0 − P_1.
    above[start] = total + half * (inside[start]! + inside[start + 1]! / 3)
    for (let k = 1; k < terms; k++) {
      const next = k + 1 < terms ? inside[start + k + 1]! / (2 * k + 3) : 0
      above[start + k] = half * (next - inside[start + k - 1]! / (2 * k - 1))
    }
    total += 2 * half * inside[start]!
  }
  for (let index = 0; index < above.length; index++) {
    inside[index]! /= total
    above[index]! /= total
  }
  return { inside, above }
}

const byX = Float64Array.from({ length: terms }, (_, k) => (2 * k + 1) / (k + 1))
const byNext = Float64Array.from({ length: terms }, (_, k) => (k + 1) / (k + 2))

/** Σ c_k P_k(x), by Clenshaw's recursion. */
function sumLegendre(series: Float64Array, start: number, x: number): number {
  let [sum, next] = [0, 0]
  for (let k = terms - 1; k >= 0; k--) {
    const value = series[start + k]! + byX[k]! * x * sum - byNext[k]! * next
    next = sum
    sum = value
  }
  return sum
}
