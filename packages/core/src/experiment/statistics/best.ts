import { coordinateOf, densityOf } from './density.ts'
import type { Grid } from './distribute.ts'
import { distributeInPieces } from './distribute.ts'
import { distributeEvenly } from './even-grid.ts'
import { invalidEvidence } from './evidence.ts'
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
  const densities = posteriors.map(densityOf)
  const grid = distributeEvenly(densities, coordinate) ?? distributeInPieces(densities, coordinate)
  const comparison = integrate(grid, lowerIsBetter)
  // One degree of freedom, from two values, has no expectation (Cauchy's distribution).
  const isOpen =
    posteriors.length > 1 && posteriors.some((each) => each.kind === 'student' && each.degreesOfFreedom <= 1)
  return isOpen ? { ...comparison, expectedLoss: posteriors.map(() => Number.POSITIVE_INFINITY) } : comparison
}

/** Of arms at the points of a grid. */
function integrate({ weights, derivatives, arms }: Grid, lowerIsBetter: boolean): Comparison {
  const best = new Float64Array(arms.length)
  const loss = new Float64Array(arms.length)
  // Where lower is better, the other tail.
  const beaten = arms.map(({ below, above }) => (lowerIsBetter ? above : below))
  const unbeaten = arms.map(({ below, above }) => (lowerIsBetter ? below : above))
  for (let arm = 0; arm < arms.length; arm++) {
    const { density } = arms[arm]!
    for (let at = 0; at < weights.length; at++) {
      let others = 1
      // 1 − ∏ Fⱼ, without subtracting from 1.
      let surpassed = 0
      for (let other = 0; other < arms.length; other++) {
        if (other === arm) continue
        others *= beaten[other]![at]!
        surpassed += unbeaten[other]![at]! * (1 - surpassed)
      }
      best[arm]! += weights[at]! * density[at]! * others
      loss[arm]! += weights[at]! * derivatives[at]! * beaten[arm]![at]! * surpassed
    }
  }
  return {
    probabilityBest: Array.from(best, (value) => Math.min(1, Math.max(0, value))),
    expectedLoss: Array.from(loss, (value) => Math.max(0, value)),
  }
}
