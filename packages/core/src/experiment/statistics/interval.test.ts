import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { densityOf } from './density.ts'
import { DistributionFunction } from './distribution-function.ts'
import { credibleInterval, highestDensityInterval } from './interval.ts'
import type { Posterior } from './posterior.ts'
import { betaPosterior, normalPosterior } from './posterior.ts'

const parameter = fc.double({ min: 1.05, max: 1e8, noNaN: true })
const logit = (x: number) => Math.log(x) - Math.log1p(-x)
const betaOf = (alpha: number, beta: number): Posterior => ({ kind: 'beta', alpha, beta })

describe('intervals of a posterior', () => {
  it('are known where the distribution has a closed form', () => {
    // Beta(a, 1) has the quantile p^(1/a).
    for (const a of [0.3, 1, 2, 50, 1e6]) {
      const { lower, upper } = credibleInterval(betaOf(a, 1), 0.9)
      expect(lower / 0.05 ** (1 / a)).toBeCloseTo(1, 9)
      expect(upper / 0.95 ** (1 / a)).toBeCloseTo(1, 9)
    }
    const { lower, upper } = credibleInterval(normalPosterior({ mean: 10, sd: 2 }), 0.95)
    // The 97.5 % quantile of the normal distribution.
    expect((upper - 10) / 2).toBeCloseTo(1.959963984540054, 11)
    expect((10 - lower) / 2).toBeCloseTo(1.959963984540054, 11)
    expect(highestDensityInterval(normalPosterior({ mean: 10, sd: 2 }), 0.95).upper).toBeCloseTo(upper, 6)
  })

  it('hold what they say, with equal tails, and the shortest is no longer than that', () => {
    fc.assert(
      fc.property(parameter, parameter, fc.constantFrom(0.5, 0.8, 0.95, 0.999), (alpha, beta, level) => {
        const posterior = betaOf(alpha, beta)
        const distribution = new DistributionFunction(densityOf(posterior))
        const equal = credibleInterval(posterior, level)
        expect(distribution.below(logit(equal.lower))).toBeCloseTo((1 - level) / 2, 6)
        expect(distribution.above(logit(equal.upper))).toBeCloseTo((1 - level) / 2, 6)
        const shortest = highestDensityInterval(posterior, level)
        expect(distribution.below(logit(shortest.upper)) - distribution.below(logit(shortest.lower))).toBeCloseTo(
          level,
          6,
        )
        expect(shortest.upper - shortest.lower).toBeLessThanOrEqual((equal.upper - equal.lower) * (1 + 1e-9))
      }),
      { numRuns: 60 },
    )
  })

  it('begin at the end of what is possible where the density rises to it', () => {
    expect(highestDensityInterval(betaPosterior({ successes: 0, trials: 4 }), 0.95)).toEqual({
      lower: 0,
      upper: expect.closeTo(1 - 0.05 ** (1 / 5), 9) as number,
    })
    expect(highestDensityInterval(betaPosterior({ successes: 4, trials: 4 }), 0.95)).toEqual({
      lower: expect.closeTo(0.05 ** (1 / 5), 9) as number,
      upper: 1,
    })
  })

  it('refuse a level that is none', () => {
    expect(() => credibleInterval(betaOf(1, 1), 95)).toThrow('between 0 and 1, and is 95')
    expect(() => highestDensityInterval(betaOf(1, 1), 0)).toThrow('between 0 and 1, and is 0')
  })
})
