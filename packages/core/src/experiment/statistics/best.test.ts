import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareArms, expectedLoss, probabilityBest } from './best.ts'
import type { Posterior } from './posterior.ts'
import { betaPosterior, gammaPosterior, normalPosterior, studentPosterior } from './posterior.ts'

/** log n!, summed up. */
const logFactorials = [0]
for (let n = 1; n < 1_000; n++) logFactorials.push(logFactorials[n - 1]! + Math.log(n))
const logBeta = (a: number, b: number) => logFactorials[a - 1]! + logFactorials[b - 1]! - logFactorials[a + b - 1]!

/** P(B > A) of beta posteriors with whole parameters, as a finite sum (E. Miller, "Formulas for Bayesian A/B testing"). */
function exactChance([a, b]: [number, number], [c, d]: [number, number]): number {
  let sum = 0
  for (let i = 0; i < c; i++)
    sum += Math.exp(logBeta(a + i, b + d) - Math.log(d + i) - logBeta(1 + i, d) - logBeta(a, b))
  return sum
}

const beta = (alpha: number, beta: number): Posterior => ({ kind: 'beta', alpha, beta })
const whole = fc.integer({ min: 1, max: 120 })

describe('comparing arms', () => {
  it('finds the chance that one rate is higher as the finite sum does', () => {
    fc.assert(
      fc.property(whole, whole, whole, whole, (a, b, c, d) => {
        const [first, second] = probabilityBest([beta(a, b), beta(c, d)])
        const exact = exactChance([a, b], [c, d])
        expect(Math.abs(second! - exact)).toBeLessThan(1e-10)
        expect(Math.abs(first! + second! - 1)).toBeLessThan(1e-10)
      }),
      { numRuns: 500 },
    )
  })

  it('gives losses that differ by as much as the means do, and of the same arms the same', () => {
    const arms = fc.array(fc.tuple(whole, whole), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(arms, (parameters) => {
        const losses = expectedLoss(parameters.map(([a, b]) => beta(a, b)))
        const means = parameters.map(([a, b]) => a / (a + b))
        for (const [arm, loss] of losses.entries()) {
          expect(loss).toBeGreaterThanOrEqual(0)
          expect(Math.abs(loss - losses[0]! - (means[0]! - means[arm]!))).toBeLessThan(1e-10)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('adds up to one over any number of arms, which may stand in any order, and turns round where lower is better', () => {
    const arms = fc.array(
      fc.tuple(fc.double({ min: 0.2, max: 1e6, noNaN: true }), fc.double({ min: 0.2, max: 1e6, noNaN: true })),
      {
        minLength: 2,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(arms, (parameters) => {
        const posteriors = parameters.map(([a, b]) => beta(a, b))
        const { probabilityBest: best, expectedLoss: loss } = compareArms(posteriors)
        expect(Math.abs(best.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-8)
        const turned = compareArms(posteriors.toReversed())
        const mirrored = compareArms(
          parameters.map(([a, b]) => beta(b, a)),
          { lowerIsBetter: true },
        )
        for (const other of [
          { best: turned.probabilityBest.toReversed(), loss: turned.expectedLoss.toReversed() },
          { best: mirrored.probabilityBest, loss: mirrored.expectedLoss },
        ]) {
          for (const [arm, value] of best.entries()) {
            expect(Math.abs(other.best[arm]! - value)).toBeLessThan(1e-9)
            expect(Math.abs(other.loss[arm]! - loss[arm]!)).toBeLessThan(1e-8)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is right from no trial to a hundred million', () => {
    const none = betaPosterior({ successes: 0, trials: 0 })
    expect(probabilityBest([none, none])[0]).toBeCloseTo(0.5, 12)
    // E|U − V| / 2 of two uniform variables.
    expect(expectedLoss([none, none])[0]).toBeCloseTo(1 / 6, 11)
    const many = betaPosterior({ successes: 5e7, trials: 1e8 })
    expect(probabilityBest([many, many])[0]).toBeCloseTo(0.5, 11)
    // By symmetry; the loss is sd / √π of the normal limit.
    expect(expectedLoss([many, many])[0]! / (5e-5 / Math.sqrt(Math.PI))).toBeCloseTo(1, 6)
    expect(probabilityBest([none, many])[1]).toBeCloseTo(0.5, 11)
    const [all, nothing] = [
      betaPosterior({ successes: 1e8, trials: 1e8 }),
      betaPosterior({ successes: 0, trials: 1e8 }),
    ]
    expect(probabilityBest([all, nothing])[0]).toBeCloseTo(1, 12)
    expect(expectedLoss([all, nothing])[0]).toBe(0)
  })

  it('ends for priors that say next to nothing, whose posteriors reach further than anything', () => {
    const rates = [0, 1].map((successes) => betaPosterior({ successes, trials: 1, prior: [1e-9, 1e-9] }))
    expect(probabilityBest(rates)[1]).toBeCloseTo(1, 8)
    const counts = [0, 1].map((events) => gammaPosterior({ events, exposure: 1, prior: [1e-9, 1e-9] }))
    expect(probabilityBest(counts)[1]).toBeCloseTo(1, 8)
  })

  it('keeps the digits of small chances', () => {
    // Of rates with exponential posteriors, P(B > A) = rateA / (rateA + rateB).
    const [a, b] = [
      gammaPosterior({ events: 0, exposure: 0, prior: [1, 1e-12] }),
      gammaPosterior({ events: 0, exposure: 0 }),
    ]
    expect(probabilityBest([a, b])[1]! / (1e-12 / (1 + 1e-12))).toBeCloseTo(1, 7)
  })

  it('knows the closed forms of the normal and of Cauchy’s distribution', () => {
    const normal = [normalPosterior({ mean: 0, sd: 3 }), normalPosterior({ mean: 0, sd: 4 })]
    // E[max(N(0, 5²), 0)] = 5 / √(2π).
    expect(expectedLoss(normal)[0]).toBeCloseTo(5 / Math.sqrt(2 * Math.PI), 11)
    // The difference of Cauchy variables is one, twice as wide: P = 1/2 + atan(δ / (s + s)) / π.
    const [one, other] = [
      studentPosterior({ n: 2, mean: 0, sd: Math.SQRT2 }),
      studentPosterior({ n: 2, mean: 1, sd: Math.SQRT2 }),
    ]
    expect(probabilityBest([one, other])[1]).toBeCloseTo(0.5 + Math.atan(0.5) / Math.PI, 9)
    expect(expectedLoss([one, other])).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  it('tells values apart that do not vary at all', () => {
    const [less, more] = [studentPosterior({ n: 5, mean: 2, sd: 0 }), studentPosterior({ n: 5, mean: 3, sd: 0 })]
    expect(probabilityBest([less, more])[1]).toBeCloseTo(1, 9)
    expect(expectedLoss([less, more])[0]).toBeCloseTo(1, 9)
    expect(probabilityBest([more, more])[0]).toBeCloseTo(0.5, 9)
  })

  it('refuses arms of different kinds, and evidence that is none', () => {
    expect(() => probabilityBest([beta(1, 1), normalPosterior({ mean: 0, sd: 1 })])).toThrow('of one kind')
    expect(() => betaPosterior({ successes: 3, trials: 2 })).toThrow('successes must be at most 2, and is 3')
    expect(() => betaPosterior({ successes: 1, trials: 2, prior: [0, 1] })).toThrow(
      'prior must be two positive numbers',
    )
    expect(() => studentPosterior({ n: 1, mean: 0, sd: 1 })).toThrow('n must be at least 2, and is 1')
    expect(() => gammaPosterior({ events: Number.NaN, exposure: 1 })).toThrow('events must be a finite number')
    expect(probabilityBest([])).toEqual([])
    expect(probabilityBest([beta(1, 2)])[0]).toBeCloseTo(1, 12)
  })
})
