import type { Direction } from '../statistics/best.ts'
import { probabilityBest } from '../statistics/best.ts'
import { invalidEvidence } from '../statistics/evidence.ts'
import type { Posterior } from '../statistics/posterior.ts'

/**
 * How much of the traffic each arm of a bandit gets: its probability of being the best (Thompson 1933), in closed form, of
 * what is left when every arm has its `floor`. The weights sum up to 1.
 */
export function thompsonWeights(posteriors: readonly Posterior[], options: Direction & { floor: number }): number[] {
  const { floor } = options
  if (!(floor >= 0 && floor * posteriors.length <= 1))
    throw invalidEvidence('floor', `must lie between 0 and 1 / ${posteriors.length}, and is ${floor}`)
  const best = probabilityBest(posteriors, options)
  const sum = best.reduce((total, probability) => total + probability, 0)
  return best.map((probability) => floor + (1 - floor * posteriors.length) * (probability / sum))
}
