import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { probabilityBest } from './best.ts'
import { densityOf } from './density.ts'
import { DistributionFunction } from './distribution-function.ts'
import { liftOf } from './lift.ts'
import { absoluteLift, relativeLift } from './lift-distribution.ts'
import type { Posterior } from './posterior.ts'
import { betaPosterior, gammaPosterior, logNormalPosterior, normalPosterior, studentPosterior } from './posterior.ts'

const uniform = betaPosterior({ successes: 0, trials: 0 })
const beta = (alpha: number, beta: number): Posterior => ({ kind: 'beta', alpha, beta })
const gamma = (shape: number, rate: number): Posterior => ({ kind: 'gamma', shape, rate })

/** Φ(−z) by its continued fraction and Φ by its power series: an own way to the normal distribution. */
function normalAbove(z: number): number {
  if (z < 0) return 1 - normalAbove(-z)
  const height = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z < 3) {
    let [sum, term] = [z, z]
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= (z * z) / (2 * n + 1)
      sum += term
    }
    return 0.5 - height * sum
  }
  let fraction = z
  for (let n = 80; n > 0; n--) fraction = z + n / fraction
  return height / fraction
}

const belowZero = (posterior: Posterior) => new DistributionFunction(densityOf(posterior)).below(0)

/** Posteriors of every kind, from next to no evidence to a hundred million of it. */
const size = fc.double({ min: 0, max: 8, noNaN: true }).map((exponent) => Math.floor(10 ** exponent) - 1)
const share = fc.double({ min: 0, max: 1, noNaN: true })
const betas = fc
  .tuple(size, share)
  .map(([trials, rate]) => betaPosterior({ successes: Math.round(trials * rate), trials }))
const gammas = fc
  .tuple(size, share)
  .map(([exposure, rate]) => gammaPosterior({ events: exposure * rate * 3, exposure }))
const students = fc
  .tuple(size, share)
  .map(([n, mean]) => studentPosterior({ n: n + 12, mean: 10 + mean, sd: 0.1 + mean }))
const normals = fc
  .tuple(size, share)
  .map(([n, mean]) => normalPosterior({ mean: 10 + mean, sd: (1 + mean) / Math.sqrt(n + 1) }))
const logNormals = fc
  .tuple(size, share)
  .map(([n, mean]) => logNormalPosterior({ meanLog: mean, sdLog: 1 / Math.sqrt(n + 1) }))
const twoAlike = fc.oneof(
  ...[betas, gammas, students, normals, logNormals].map((kind: fc.Arbitrary<Posterior>) => fc.tuple(kind, kind)),
)

describe('the lift of an arm over the control', () => {
  it('is positive as often as the arm is the better one, from no trial to a hundred million', () => {
    fc.assert(
      fc.property(twoAlike, ([control, arm]) => {
        const [, better] = probabilityBest([control, arm])
        expect(Math.abs(absoluteLift(control, arm).above(0) - better!)).toBeLessThan(1e-9)
        const relative = relativeLift(control, arm)
        // Of means it is what holds where the control is positive.
        const negative = 'location' in control || control.kind === 'normal' ? belowZero(control) : 0
        if (relative) expect(Math.abs(relative.above(0) - better!)).toBeLessThan(1e-9 + negative)
        else expect(negative).toBeGreaterThan(1e-3)
      }),
      { numRuns: 150 },
    )
  })

  it('agrees with itself: more than a quantile is as much as is said, and the density is what a chance falls by', () => {
    fc.assert(
      fc.property(twoAlike, fc.double({ min: 0.001, max: 0.999, noNaN: true }), ([control, arm], below) => {
        for (const distribution of [absoluteLift(control, arm), relativeLift(control, arm)]) {
          if (!distribution) continue
          const lift = distribution.quantile(below)
          expect(Math.abs(1 - distribution.above(lift) - below)).toBeLessThan(1e-8)
          const step = 1e-3 * (distribution.quantile(0.6) - distribution.quantile(0.4))
          const fall = (distribution.above(lift - step) - distribution.above(lift + step)) / (2 * step)
          expect(Math.abs(distribution.density(lift) - fall) * step).toBeLessThan(1e-6)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('is known where it has a closed form: of uniform shares', () => {
    const [absolute, relative] = [absoluteLift(uniform, uniform), relativeLift(uniform, uniform)!]
    for (const lift of [-0.999, -0.5, -0.1, 0, 1e-7, 0.3, 0.9]) {
      const above = lift >= 0 ? (1 - lift) ** 2 / 2 : 1 - (1 + lift) ** 2 / 2
      expect(Math.abs(absolute.above(lift) - above)).toBeLessThan(1e-9)
      expect(absolute.density(lift)).toBeCloseTo(1 - Math.abs(lift), 8)
      const ratio = 1 + lift
      expect(Math.abs(relative.above(lift) - (ratio < 1 ? 1 - ratio / 2 : 1 / ratio / 2))).toBeLessThan(1e-9)
    }
    expect([absolute.above(-1), absolute.above(1), relative.above(-1)]).toEqual([1, 0, 1])
    expect(relative.quantile(0.975)).toBeCloseTo(19, 6)
  })

  it('is known where it has a closed form: of shares whose distribution is a power', () => {
    const parameter = fc.double({ min: 0.5, max: 1e7, noNaN: true })
    fc.assert(
      fc.property(parameter, parameter, fc.double({ min: -4, max: 4, noNaN: true }), (a, b, place) => {
        // Beta(a, 1) lies below x with xᵃ.
        const ratio = Math.exp(place / (place < 0 ? b : a))
        const above = place < 0 ? 1 - (ratio ** b * a) / (a + b) : (ratio ** -a * b) / (a + b)
        expect(Math.abs(relativeLift(beta(a, 1), beta(b, 1))!.above(ratio - 1) - above)).toBeLessThan(
          1e-9 + 1e-15 * (a + b),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('is what a finite sum makes it: of shares without a success', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 1e-6, max: 0.9, noNaN: true }),
        (m, n, lift) => {
          // ∫ m u^(m−1) (u − t)ⁿ du from t to 1, by the binomial theorem: nothing is subtracted.
          let [sum, term] = [0, m * lift ** (m - 1) * (1 - lift) ** (n + 1)]
          for (let k = 0; k < m && term > 0; k++) {
            sum += term / (n + k + 1)
            term *= ((m - 1 - k) / (k + 1)) * ((1 - lift) / lift)
          }
          fc.pre(lift ** (m - 1) > 1e-290)
          expect(Math.abs(absoluteLift(beta(1, m), beta(1, n)).above(lift) - sum)).toBeLessThan(1e-9)
          expect(Math.abs(absoluteLift(beta(1, n), beta(1, m)).above(-lift) - (1 - sum))).toBeLessThan(1e-9)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is known where it has a closed form: of exponential rates', () => {
    // A difference of exponential variables is Laplace's, their ratio is log-logistic.
    const [absolute, relative] = [absoluteLift(gamma(1, 2), gamma(1, 3)), relativeLift(gamma(1, 2), gamma(1, 3))!]
    for (const lift of [-4, -0.2, 0, 1e-9, 0.5, 3]) {
      const above = lift >= 0 ? (2 / 5) * Math.exp(-3 * lift) : 1 - (3 / 5) * Math.exp(2 * lift)
      expect(Math.abs(absolute.above(lift) - above)).toBeLessThan(1e-9)
      if (lift > -1) expect(Math.abs(relative.above(lift) - 2 / (2 + 3 * (1 + lift)))).toBeLessThan(1e-9)
    }
  })

  it('is known where it has a closed form: of normal values and of Cauchy’s', () => {
    const [control, arm] = [normalPosterior({ mean: 10, sd: 0.3 }), normalPosterior({ mean: 10.5, sd: 0.4 })]
    const [absolute, relative] = [absoluteLift(control, arm), relativeLift(control, arm)!]
    for (const lift of [-1.5, 0, 0.5, 1, 4]) {
      expect(Math.abs(absolute.above(lift) - normalAbove((lift - 0.5) / 0.5))).toBeLessThan(1e-9)
      const z = (10 * (1 + lift / 10) - 10.5) / Math.hypot(0.4, 0.3 * (1 + lift / 10))
      expect(Math.abs(relative.above(lift / 10) - normalAbove(z))).toBeLessThan(1e-9)
    }
    const cauchy = [0, 1].map((mean) => studentPosterior({ n: 2, mean, sd: Math.SQRT2 }))
    for (const lift of [-30, 0, 1, 5]) {
      expect(absoluteLift(cauchy[0]!, cauchy[1]!).above(lift)).toBeCloseTo(0.5 - Math.atan((lift - 1) / 2) / Math.PI, 8)
    }
  })

  it('sums up what is asked for', () => {
    const lift = liftOf(beta(31, 71), beta(41, 61), {
      kind: 'relative',
      level: 0.9,
      equivalent: { lower: -0.01, upper: 0.01 },
      densityPoints: 101,
    })!
    expect(lift.mean).toBeCloseTo((41 / 102) * (101 / 30) - 1, 12)
    expect(lift.interval.lower).toBeLessThan(lift.median)
    expect(lift.interval.upper).toBeGreaterThan(lift.median)
    expect(lift.probabilityEquivalent).toBeGreaterThan(0)
    expect(lift.density).toHaveLength(101)
    // The trapezoids make up the central 99.9 %.
    const heights = lift.density.map(({ density }) => density)
    const sum = heights.reduce((total, height) => total + height, 0) - (heights[0]! + heights[100]!) / 2
    expect(sum * (lift.density[1]!.value - lift.density[0]!.value)).toBeCloseTo(0.999, 4)
    // Between fewer points than these it is interpolated.
    const distribution = relativeLift(beta(31, 71), beta(41, 61))!
    for (const { value, density } of lift.density) expect(density).toBeCloseTo(distribution.density(value), 7)
    expect(liftOf(uniform, uniform, { kind: 'relative' })!.mean).toBeNull()
    expect(liftOf(uniform, uniform, { kind: 'absolute' })!.mean).toBe(0)
  })

  it('is related to no control that may be nothing, and refuses what can’t be compared', () => {
    const near = normalPosterior({ mean: 1, sd: 1 })
    expect(liftOf(near, near, { kind: 'relative' })).toBeNull()
    expect(liftOf(near, near, { kind: 'absolute' })!.median).toBeCloseTo(0, 9)
    expect(() => liftOf(near, uniform, { kind: 'absolute' })).toThrow('of its kind')
    expect(() => liftOf(near, near, { kind: 'absolute', equivalent: { lower: 1, upper: 0 } })).toThrow('1 to 0')
  })
})
