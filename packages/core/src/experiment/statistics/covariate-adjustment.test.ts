import { describe, expect, it } from 'vitest'
import { randomValues } from '../analysis/random-values.suite.ts'
import type { AdjustableArm } from './covariate-adjustment.ts'
import { adjustedEstimates } from './covariate-adjustment.ts'
import { addUnit, noUnits, ratioEstimate } from './unit-moments.ts'

interface Unit {
  n: number
  x: number
  c: number
}

function armOf(units: readonly Unit[]): AdjustableArm {
  let moments = noUnits
  for (const unit of units) moments = addUnit(moments, unit)
  const meanC = units.reduce((sum, { c }) => sum + c, 0) / units.length
  const around = (of: (unit: Unit) => number) => units.reduce((sum, unit) => sum + (unit.c - meanC) * of(unit), 0)
  const { meanN, meanX } = moments
  const covariate = {
    meanC,
    cc: around(({ c }) => c - meanC),
    cx: around(({ x }) => x - meanX),
    cn: around(({ n }) => n - meanN),
  }
  return { moments, covariate }
}

describe('adjustment by what was before the test', () => {
  it('leaves 1 − ρ² of the variance', () => {
    const random = randomValues(2)
    const draw = (effect: number) =>
      armOf(
        Array.from({ length: 20_000 }, () => {
          const c = random.normal()
          return { n: 1, x: 10 + effect + 0.8 * c + 0.6 * random.normal(), c: 5 + 3 * c }
        }),
      )
    const arms = [draw(0), draw(0.5)]
    for (const [arm, estimate] of adjustedEstimates(arms).entries()) {
      // ρ = 0.8.
      expect(estimate.variance / ratioEstimate(arms[arm]!.moments).variance).toBeCloseTo(0.36, 1)
      expect(estimate).toMatchObject({ units: 20_000, degreesOfFreedom: 19_998 })
    }
  })

  it('keeps the effect unbiased, and its interval right, also for a ratio', () => {
    const random = randomValues(4)
    const draw = (effect: number) =>
      armOf(
        Array.from({ length: 200 }, () => {
          const c = random.normal()
          const n = 1 + Math.floor(4 * random.uniform())
          return { n, x: n * (10 + effect + c) + Math.sqrt(n) * random.normal(), c }
        }),
      )
    const runs = 1_000
    let [sum, held] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const [a, b] = adjustedEstimates([draw(0), draw(0.5)])
      const difference = b!.value - a!.value
      sum += difference
      if (Math.abs(difference - 0.5) < 1.96 * Math.sqrt(a!.variance + b!.variance)) held++
    }
    // Four standard errors of an effect of standard error 0.08.
    expect(Math.abs(sum / runs - 0.5)).toBeLessThan(0.01)
    expect(Math.abs(held / runs - 0.95)).toBeLessThan(0.025)
  })

  it('is none where the covariate is the same for all', () => {
    const arm = armOf([3, 5, 8, 13].map((x) => ({ n: 1, x, c: 2 })))
    expect(adjustedEstimates([arm])[0]).toMatchObject(ratioEstimate(arm.moments))
  })
})
