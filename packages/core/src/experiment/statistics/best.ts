import type { Coordinate, Density } from './density.ts'
import { coordinateOf, densityOf } from './density.ts'
import type { Distributed } from './distribute.ts'
import { distribute } from './distribute.ts'
import { invalidEvidence } from './evidence.ts'
import { nodes, points, weights } from './gauss.ts'
import { cut } from './pieces.ts'
import type { Posterior } from './posterior.ts'

/** For each arm, how probable it is that its value is the highest (the lowest, if lower is better). */
export function probabilityBest(posteriors: readonly Posterior[], options: Direction = {}): number[] {
  return compareArms(posteriors, options).probabilityBest
}

/** For each arm, what is expected to be given up by choosing it: by how much the best is better. */
export function expectedLoss(posteriors: readonly Posterior[], options: Direction = {}): number[] {
  return compareArms(posteriors, options).expectedLoss
}

export interface Direction {
  /** As of a cost or a latency. */
  lowerIsBetter?: boolean | undefined
}

export interface Comparison {
  probabilityBest: number[]
  expectedLoss: number[]
}

/**
 * Both at once, by quadrature: ∫ fᵢ ∏ Fⱼ, and ∫ Fᵢ (1 − ∏ Fⱼ) over the others' distributions. Nothing is drawn at random:
 * the same evidence gives the same bytes.
 */
export function compareArms(posteriors: readonly Posterior[], { lowerIsBetter = false }: Direction = {}): Comparison {
  if (posteriors.length === 0) return { probabilityBest: [], expectedLoss: [] }
  const coordinate = coordinateOf(posteriors[0]!)
  if (posteriors.some((each) => coordinateOf(each).kind !== coordinate.kind)) {
    throw invalidEvidence('posteriors', 'can be compared only when they are of one kind')
  }
  const comparison = new Arms(posteriors.map(densityOf), coordinate).compare(lowerIsBetter)
  // One degree of freedom, from two values, has no expectation (Cauchy's distribution).
  const isOpen =
    posteriors.length > 1 && posteriors.some((each) => each.kind === 'student' && each.degreesOfFreedom <= 1)
  return isOpen ? { ...comparison, expectedLoss: posteriors.map(() => Number.POSITIVE_INFINITY) } : comparison
}

/** The distributions of all arms at the points of all pieces. */
class Arms {
  readonly #coordinate: Coordinate
  readonly #cuts: Float64Array
  readonly #arms: Distributed[]

  constructor(densities: readonly Density[], coordinate: Coordinate) {
    this.#coordinate = coordinate
    const { cuts, ranges } = cut(densities, coordinate.widestPiece)
    this.#cuts = cuts
    this.#arms = ranges.map((range) => distribute(range, cuts))
  }

  compare(lowerIsBetter: boolean): Comparison {
    const arms = this.#arms
    const best = new Float64Array(arms.length)
    const loss = new Float64Array(arms.length)
    // Where lower is better, the other tail.
    const beaten = arms.map(({ below, above }) => (lowerIsBetter ? above : below))
    const unbeaten = arms.map(({ below, above }) => (lowerIsBetter ? below : above))
    for (let piece = 0; piece + 1 < this.#cuts.length; piece++) {
      const half = (this.#cuts[piece + 1]! - this.#cuts[piece]!) / 2
      const middle = (this.#cuts[piece + 1]! + this.#cuts[piece]!) / 2
      for (let point = 0; point < points; point++) {
        const at = piece * points + point
        const weight = half * weights[point]!
        const step = weight * this.#coordinate.derivative(middle + half * nodes[point]!)
        for (let arm = 0; arm < arms.length; arm++) {
          let others = 1
          // 1 − ∏ Fⱼ, without subtracting from 1.
          let surpassed = 0
          for (let other = 0; other < arms.length; other++) {
            if (other === arm) continue
            others *= beaten[other]![at]!
            surpassed += unbeaten[other]![at]! * (1 - surpassed)
          }
          best[arm]! += weight * arms[arm]!.density[at]! * others
          loss[arm]! += step * beaten[arm]![at]! * surpassed
        }
      }
    }
    return { probabilityBest: Array.from(best, (value) => Math.min(1, value)), expectedLoss: Array.from(loss) }
  }
}
