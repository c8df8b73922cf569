import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import { addUnit, noUnits, ratioEstimate } from '../statistics/unit-moments.ts'
import { analyzeMetric } from './analyze-metric.ts'
import type { ArmEvidence } from './arm-evidence.ts'
import { randomValues } from './random-values.suite.ts'

const shares = (successes: number, units: number): ArmEvidence => ({
  moments: addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes),
})
const valuesOf = (values: readonly number[], n = 1): ArmEvidence => ({
  moments: values.reduce((moments: UnitMoments, x) => addUnit(moments, { n, x: n * x }), noUnits),
})
const nothing: ArmEvidence = { moments: noUnits }
const proportion = { model: 'proportion' } as const

describe('the analysis of a proportion', () => {
  it('is the exact one where every unit has one observation', () => {
    const [control, arm] = analyzeMetric({
      metric: { ...proportion, margin: 0.05 },
      strata: [[shares(1, 2), shares(2, 2)]],
    })
    expect(control).toMatchObject({ units: 2, observations: 2, mean: 0.5, lift: null, reason: null })
    expect(control!.posterior).toEqual({ kind: 'beta', alpha: 2, beta: 2 })
    expect(arm!.posterior).toEqual({ kind: 'beta', alpha: 3, beta: 1 })
    // P(B > A) of Beta(3, 1) and Beta(2, 2), ∫ 3b² (3b² − 2b³) db, and E[B] − E[A].
    expect(arm!.probabilityBest).toBeCloseTo(4 / 5, 10)
    expect(arm!.lift!.probabilityBetter).toBeCloseTo(4 / 5, 10)
    expect(arm!.lift!.absolute.mean).toBeCloseTo(1 / 4, 12)
    expect(control!.expectedLoss! - arm!.expectedLoss!).toBeCloseTo(1 / 4, 10)
    expect(arm!.lift!.probabilityEquivalent).toBeGreaterThan(0)
  })

  it('answers without any evidence, by the prior', () => {
    const results = analyzeMetric({ metric: { ...proportion, prior: [2, 3] }, strata: [[nothing, nothing, nothing]] })
    for (const { posterior, probabilityBest, mean } of results) {
      expect(posterior).toEqual({ kind: 'beta', alpha: 2, beta: 3 })
      expect(probabilityBest).toBeCloseTo(1 / 3, 10)
      expect(mean).toBeCloseTo(0.4, 12)
    }
    expect(analyzeMetric({ metric: proportion, strata: [] })).toEqual([])
  })

  it('takes runs that repeat a unit’s outcome for no more than units', () => {
    const once = analyzeMetric({ metric: proportion, strata: [[shares(40, 100), shares(55, 100)]] })
    const often = [40, 55].map(
      (successes): ArmEvidence => ({
        moments: addUnit(addUnit(noUnits, { n: 20, x: 20 }, successes), { n: 20, x: 0 }, 100 - successes),
      }),
    )
    const repeated = analyzeMetric({ metric: proportion, strata: [often] })
    expect(repeated[1]!.observations).toBe(2_000)
    // But for the uncertainty of the variance.
    expect(Math.abs(repeated[1]!.probabilityBest! - once[1]!.probabilityBest!)).toBeLessThan(0.003)
  })

  it('takes runs that are independent for as many observations', () => {
    const random = randomValues(1)
    const arm = (rate: number): ArmEvidence => {
      let moments = noUnits
      for (let unit = 0; unit < 2_000; unit++) {
        let x = 0
        for (let run = 0; run < 10; run++) if (random.uniform() < rate) x++
        moments = addUnit(moments, { n: 10, x })
      }
      return { moments }
    }
    const { posterior } = analyzeMetric({ metric: proportion, strata: [[arm(0.3), arm(0.3)]] })[0]!
    const { alpha, beta } = posterior as { alpha: number; beta: number }
    expect((alpha + beta) / 20_000).toBeGreaterThan(0.9)
    expect(alpha + beta).toBeLessThanOrEqual(20_002)
  })

  it('is not taken in by a change of weights between epochs', () => {
    const results = analyzeMetric({
      metric: proportion,
      strata: [
        [shares(450, 900), shares(50, 100)],
        [shares(10, 100), shares(90, 900)],
      ],
    })
    expect(Math.abs(results[0]!.probabilityBest! - 0.5)).toBeLessThan(0.02)
    expect(results[0]!.units).toBe(1_000)
  })

  it('turns best, better and loss round where lower is better', () => {
    const strata = [[shares(10, 100), shares(20, 100), shares(15, 100)]]
    const higher = analyzeMetric({ metric: proportion, strata })
    const mirrored = [[shares(90, 100), shares(80, 100), shares(85, 100)]]
    const lower = analyzeMetric({ metric: { ...proportion, lowerIsBetter: true }, strata: mirrored })
    for (const [arm, result] of higher.entries()) {
      expect(lower[arm]!.probabilityBest).toBeCloseTo(result.probabilityBest!, 9)
      expect(lower[arm]!.expectedLoss).toBeCloseTo(result.expectedLoss!, 9)
      if (arm === 0) continue
      expect(lower[arm]!.lift!.probabilityBetter).toBeCloseTo(result.lift!.probabilityBetter, 9)
      expect(lower[arm]!.lift!.absolute.median).toBeCloseTo(-result.lift!.absolute.median, 9)
    }
  })
})

describe('the analysis of other metrics', () => {
  it('counts events exactly unless they come in heaps', () => {
    const poisson = [0, 1, 2, 1, 0, 1, 3, 1, 0, 1]
    const [exact] = analyzeMetric({ metric: { model: 'count', prior: [1, 2] }, strata: [[valuesOf(poisson)]] })
    expect(exact!.posterior).toMatchObject({ kind: 'gamma', shape: expect.closeTo(11, 9) as number, rate: 12 })
    const heaps = Array.from({ length: 100 }, (_, unit) => (unit % 10 === 0 ? 10 : 0))
    const [heaped] = analyzeMetric({ metric: { model: 'count' }, strata: [[valuesOf(heaps)]] })
    const { shape, rate } = heaped!.posterior as { shape: number; rate: number }
    expect(shape / rate).toBeCloseTo(1, 2)
    // Their variance is nine times Poisson's.
    expect(rate).toBeLessThan(100 / 8)
  })

  it('takes Student’s t of a mean, and relates it to a control only that is clearly above 0', () => {
    const values = [9, 10, 11, 12, 10, 9, 10, 11]
    const arms = [valuesOf(values), valuesOf(values.map((value) => value + 1))]
    const [control, arm] = analyzeMetric({ metric: { model: 'mean' }, strata: [arms], density: true })
    const { value, variance } = ratioEstimate(arms[0]!.moments)
    expect(control!.posterior).toEqual({
      kind: 'student',
      degreesOfFreedom: 7,
      location: value,
      scale: Math.sqrt(variance),
    })
    expect(arm!.lift!.absolute.mean).toBeCloseTo(1, 12)
    expect(arm!.lift!.relative!.density).toHaveLength(101)
    expect(arm!.lift!.relative!.mean).toBeNull()
    const shifted = [valuesOf(values.map((x) => x - 10)), valuesOf(values)]
    const [, near] = analyzeMetric({ metric: { model: 'mean' }, strata: [shifted] })
    expect(near!.lift).toMatchObject({ relative: null, probabilityEquivalent: null })
  })

  it('says why there is no posterior, and compares the others', () => {
    const values = [9, 10, 11, 12]
    const results = analyzeMetric({
      metric: { model: 'mean' },
      strata: [[valuesOf(values), valuesOf([1]), valuesOf([3, 3, 3]), valuesOf(values)]],
    })
    expect(results.map(({ reason }) => reason)).toEqual([null, 'too_few_units', 'no_variance', null])
    expect(results.map(({ mean }) => mean)).toEqual([10.5, 1, 3, 10.5])
    expect(results[3]!.probabilityBest).toBeCloseTo(0.5, 10)
    expect(results[1]).toMatchObject({ probabilityBest: null, expectedLoss: null, lift: null, credibleInterval: null })
    // Of two values, a mean has no expectation.
    const two = analyzeMetric({ metric: { model: 'mean' }, strata: [[valuesOf([1, 2]), valuesOf([2, 3])]] })
    expect(two[0]).toMatchObject({ mean: 1.5, expectedLoss: null, reason: null })
  })

  it('compares the arms that are asked for, and the control', () => {
    const strata = [
      [shares(10, 50), shares(20, 50), shares(15, 50)],
      [shares(10, 50), nothing, shares(15, 50)],
    ]
    const results = analyzeMetric({ metric: proportion, strata, arms: [2] })
    expect(results.map(({ reason }) => reason)).toEqual([null, 'not_compared', null])
    expect(results[1]).toMatchObject({ units: 50, mean: 0.4, posterior: null })
    const { alpha, beta } = results[2]!.posterior as { alpha: number; beta: number }
    expect(alpha + beta).toBeGreaterThan(90)
    expect(() => analyzeMetric({ metric: proportion, strata, control: 3 })).toThrow('must be an arm, and is 3')
    expect(() => analyzeMetric({ metric: proportion, strata: [[nothing], []] })).toThrow('the same arms')
  })

  it('uses what was known before, where every arm has it', () => {
    const random = randomValues(6)
    const arm = (effect: number): ArmEvidence => {
      const units = Array.from({ length: 500 }, () => {
        const c = random.normal()
        return { x: 20 + effect + 2 * c + random.normal(), c }
      })
      const { moments } = valuesOf(units.map(({ x }) => x))
      const meanC = units.reduce((sum, { c }) => sum + c, 0) / units.length
      const cc = units.reduce((sum, { c }) => sum + (c - meanC) ** 2, 0)
      const cx = units.reduce((sum, { c, x }) => sum + (c - meanC) * x, 0)
      return { moments, covariate: { meanC, cc, cx, cn: 0 } }
    }
    const arms = [arm(0), arm(0.3)]
    const widthOf = (strata: ArmEvidence[][]) => {
      const { interval } = analyzeMetric({ metric: { model: 'mean' }, strata })[1]!.lift!.absolute
      return interval.upper - interval.lower
    }
    // √(1 − ρ²), with ρ² = 4/5.
    expect(widthOf([arms]) / widthOf([arms.map(({ moments }) => ({ moments }))])).toBeCloseTo(Math.sqrt(0.2), 1)
  })

  it('is plain JSON, the same bytes each time, whatever was seen', () => {
    const arm = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })), { maxLength: 12 })
      .map(
        (units): ArmEvidence => ({
          moments: units.reduce((moments: UnitMoments, [n, x]) => addUnit(moments, { n, x: Math.min(n, x) }), noUnits),
        }),
      )
    const model = fc.constantFrom('proportion', 'count', 'mean', 'log_normal', 'quantile')
    fc.assert(
      fc.property(model, fc.array(fc.tuple(arm, arm), { minLength: 1, maxLength: 2 }), (name, strata) => {
        const results = analyzeMetric({ metric: { model: name }, strata })
        const text = JSON.stringify(results)
        expect(JSON.parse(text)).toEqual(results)
        expect(JSON.stringify(analyzeMetric({ metric: { model: name }, strata }))).toBe(text)
        for (const { posterior, reason } of results) expect(posterior === null).toBe(reason !== null)
      }),
      { numRuns: 60 },
    )
  })
})
