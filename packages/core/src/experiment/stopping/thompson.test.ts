import { describe, expect, it } from 'vitest'
import { probabilityBest } from '../statistics/best.ts'
import { betaPosterior } from '../statistics/posterior.ts'
import { thompsonWeights } from './thompson.ts'

const arms = [
  { successes: 10, trials: 100 },
  { successes: 16, trials: 100 },
  { successes: 11, trials: 100 },
].map(betaPosterior)

describe('weights of a bandit', () => {
  it('are the chances of being the best, of what the floors leave, and sum up to 1', () => {
    const weights = thompsonWeights(arms, { floor: 0.02 })
    const chances = probabilityBest(arms)
    for (const [arm, weight] of weights.entries()) expect(weight).toBeCloseTo(0.02 + 0.94 * chances[arm]!, 9)
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 14)
    expect(thompsonWeights(arms, { floor: 0.02 })).toEqual(weights)
  })

  it('favour the lowest where lower is better', () => {
    const weights = thompsonWeights(arms, { floor: 0.01, lowerIsBetter: true })
    expect(Math.max(...weights)).toBe(weights[0])
  })

  it('never fall below the floor, which must leave something', () => {
    const far = [betaPosterior({ successes: 0, trials: 1e6 }), betaPosterior({ successes: 5e5, trials: 1e6 })]
    expect(thompsonWeights(far, { floor: 0.05 })[0]).toBeCloseTo(0.05, 12)
    expect(() => thompsonWeights(far, { floor: 0.6 })).toThrow('floor must lie between 0 and 1 / 2')
  })
})
