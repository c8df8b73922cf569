import type { Density } from './density.ts'
import { distribute } from './distribute.ts'
import { nodes, points, weights } from './gauss.ts'
import { cut, cutTail } from './pieces.ts'

/** As a logarithm below the mode: what lies above is summed up from there, not from where the density counts as nothing. */
const farOut = 30

/** How probable one density makes it to lie below and above any coordinate, and the other way round. */
export class DistributionFunction {
  readonly #density: Density
  readonly #cuts: Float64Array
  /** Of all pieces up to each cut, and from each on. */
  readonly #below: Float64Array
  readonly #above: Float64Array
  readonly #total: number

  constructor(density: Density) {
    this.#density = density
    const { cuts, ranges } = cut([density])
    this.#cuts = cuts
    const { total } = distribute(ranges[0]!, cuts)
    this.#total = total
    this.#below = new Float64Array(cuts.length)
    this.#above = new Float64Array(cuts.length)
    for (let at = 1; at < cuts.length; at++)
      this.#below[at] = this.#below[at - 1]! + this.#mass(cuts[at - 1]!, cuts[at]!)
    for (let at = cuts.length - 2; at >= 0; at--)
      this.#above[at] = this.#above[at + 1]! + this.#mass(cuts[at]!, cuts[at + 1]!)
  }

  below(z: number): number {
    const piece = this.#pieceOf(z)
    if (piece < 0) return 0
    if (piece >= this.#cuts.length - 1) return 1
    return this.#below[piece]! + this.#mass(this.#cuts[piece]!, z)
  }

  above(z: number): number {
    const piece = this.#pieceOf(z)
    if (piece < 0) return 1
    const { mode, log } = this.#density
    if (piece >= this.#cuts.length - 1 || (z > mode && log(z) < -farOut)) return this.#tail(z)
    return this.#above[piece + 1]! + this.#mass(z, this.#cuts[piece + 1]!)
  }

  /** What as much lies below as is given. */
  quantile(below: number): number {
    let piece = 0
    while (piece < this.#cuts.length - 2 && this.#below[piece + 1]! <= below) piece++
    const from = this.#cuts[piece]!
    return this.#solve(piece, below - this.#below[piece]!, (z) => this.#mass(from, z), 1)
  }

  /** What as much lies above as is given. */
  upperQuantile(above: number): number {
    let piece = this.#cuts.length - 2
    while (piece > 0 && this.#above[piece]! <= above) piece--
    const to = this.#cuts[piece + 1]!
    return this.#solve(piece, above - this.#above[piece + 1]!, (z) => this.#mass(z, to), -1)
  }

  /** Newton's method, with the halving of what is left wherever it would leave it. */
  #solve(piece: number, mass: number, massAt: (z: number) => number, sign: 1 | -1): number {
    let [low, high] = [this.#cuts[piece]!, this.#cuts[piece + 1]!]
    let z = (low + high) / 2
    for (let step = 0; step < 100; step++) {
      const excess = sign * (massAt(z) - mass)
      if (excess > 0) high = z
      else low = z
      const next = z - (excess * this.#total) / Math.exp(this.#density.log(z))
      const moved = next > low && next < high ? next : (low + high) / 2
      const isSettled = Math.abs(moved - z) <= 4 * Number.EPSILON * Math.abs(z)
      z = moved
      if (isSettled) break
    }
    return z
  }

  /** The last cut that is not above z; -1 where z lies below all. */
  #pieceOf(z: number): number {
    let [low, high] = [0, this.#cuts.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#cuts[middle]! <= z) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Further out than the pieces go. */
  #tail(z: number): number {
    const cuts = cutTail(this.#density, z)
    return cuts.slice(1).reduce((sum, cut, index) => sum + this.#mass(cuts[index]!, cut), 0)
  }

  #mass(from: number, to: number): number {
    const half = (to - from) / 2
    const middle = (to + from) / 2
    let sum = 0
    for (let point = 0; point < points; point++)
      sum += weights[point]! * Math.exp(this.#density.log(middle + half * nodes[point]!))
    return (sum * half) / this.#total
  }
}
