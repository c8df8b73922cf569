import type { Coordinate, Density } from './density.ts'
import { cumulative, nodes, points, weights } from './gauss.ts'
import type { Range } from './pieces.ts'
import { cut } from './pieces.ts'

/** A normalized distribution at points. */
export interface Distributed {
  density: Float64Array
  /** How probable it is to lie below each point, and above it. */
  below: Float64Array
  above: Float64Array
  /** What the density integrates to before it is normalized. */
  total: number
}

/** Arms at the same points. */
export interface Grid {
  /** Of a value at each point in an integral. */
  weights: Float64Array
  /** Of what the coordinate stands for, at each point. */
  derivatives: Float64Array
  arms: readonly Distributed[]
}

/** The distributions of densities at the points of the pieces that all of them are cut into. */
export function distributeInPieces(densities: readonly Density[], coordinate: Coordinate): Grid {
  const { cuts, ranges } = cut(densities, coordinate.widestPiece)
  const size = (cuts.length - 1) * points
  const grid = { weights: new Float64Array(size), derivatives: new Float64Array(size) }
  for (let at = 0; at < size; at++) {
    const piece = Math.floor(at / points)
    const half = (cuts[piece + 1]! - cuts[piece]!) / 2
    const middle = (cuts[piece + 1]! + cuts[piece]!) / 2
    grid.weights[at] = half * weights[at % points]!
    grid.derivatives[at] = coordinate.derivative(middle + half * nodes[at % points]!)
  }
  return { ...grid, arms: ranges.map((range) => distribute(range, cuts)) }
}

/** Integrates a density over pieces. Tails are summed up from their own ends, so that they are right in what they have. */
export function distribute({ density: { log }, from: first, to: last }: Range, cuts: Float64Array): Distributed {
  const pieces = cuts.length - 1
  const density = new Float64Array(pieces * points)
  const below = new Float64Array(pieces * points)
  const above = new Float64Array(pieces * points)
  const masses = new Float64Array(pieces)
  let total = 0
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [cuts[piece]!, cuts[piece + 1]!]
    if (to <= first || from >= last) continue
    const half = (to - from) / 2
    const middle = (to + from) / 2
    const start = piece * points
    let mass = 0
    for (let point = 0; point < points; point++) {
      const value = Math.exp(log(middle + half * nodes[point]!))
      density[start + point] = value
      mass += weights[point]! * value
    }
    masses[piece] = mass * half
    total += masses[piece]!
    for (let point = 0; point < points; point++) {
      let sum = 0
      const row = point * points
      for (let other = 0; other < points; other++) sum += cumulative[row + other]! * density[start + other]!
      below[start + point] = sum * half
    }
  }
  let before = 0
  for (let piece = 0; piece < pieces; piece++) {
    for (let at = piece * points; at < (piece + 1) * points; at++) {
      above[at] = masses[piece]! - below[at]!
      below[at] = (before + below[at]!) / total
      density[at]! /= total
    }
    before += masses[piece]!
  }
  let behind = 0
  for (let piece = pieces - 1; piece >= 0; piece--) {
    for (let at = piece * points; at < (piece + 1) * points; at++) above[at] = Math.max(0, behind + above[at]!) / total
    behind += masses[piece]!
  }
  return { density, below, above, total }
}
