import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UnitMoments } from './unit-moments.ts'
import { addUnit, mergeMoments, noUnits, ratioEstimate } from './unit-moments.ts'

const units = fc.array(
  fc.record({ n: fc.integer({ min: 1, max: 50 }), x: fc.double({ min: -100, max: 100, noNaN: true }) }),
  {
    minLength: 2,
    maxLength: 40,
  },
)
const momentsOf = (list: readonly { n: number; x: number }[]) =>
  list.reduce((moments: UnitMoments, unit) => addUnit(moments, unit), noUnits)

function expectClose(actual: UnitMoments, expected: UnitMoments): void {
  for (const key of Object.keys(expected) as (keyof UnitMoments)[])
    expect(Math.abs(actual[key] - expected[key])).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected[key])))
}

describe('moments over units', () => {
  it('are those of their definition, in whatever portions the units come', () => {
    fc.assert(
      fc.property(units, units, (first, second) => {
        const all = [...first, ...second]
        const mean = (of: (unit: { n: number; x: number }) => number) =>
          all.reduce((sum, unit) => sum + of(unit), 0) / all.length
        const [meanN, meanX] = [mean(({ n }) => n), mean(({ x }) => x)]
        const expected = {
          units: all.length,
          meanN,
          meanX,
          nn: mean(({ n }) => (n - meanN) ** 2) * all.length,
          nx: mean(({ n, x }) => (n - meanN) * (x - meanX)) * all.length,
          xx: mean(({ x }) => (x - meanX) ** 2) * all.length,
        }
        expectClose(mergeMoments(momentsOf(first), momentsOf(second)), expected)
        expectClose(momentsOf(all), expected)
      }),
    )
  })

  it('lose nothing at a hundred million units far from zero', () => {
    const half = 5e7
    const moments = addUnit(addUnit(noUnits, { n: 1, x: 1e9 }, half), { n: 1, x: 1e9 + 1 }, half)
    expect(moments).toMatchObject({ units: 1e8, meanX: 1e9 + 0.5, xx: 2.5e7 })
    expect(ratioEstimate(moments).variance).toBeCloseTo(0.25 / 1e8, 16)
  })
})

describe('the mean of an observation', () => {
  it('has the variance of a mean where every unit has one', () => {
    const values = [3, 5, 8, 13]
    const { value, variance } = ratioEstimate(momentsOf(values.map((x) => ({ n: 1, x }))))
    expect(value).toBe(7.25)
    expect(variance).toBeCloseTo((4.25 ** 2 + 2.25 ** 2 + 0.75 ** 2 + 5.75 ** 2) / 3 / 4, 12)
  })

  it('is no surer for the same said several times by the same units', () => {
    const once = ratioEstimate(momentsOf([0, 1, 1, 0, 1].map((x) => ({ n: 1, x }))))
    const often = ratioEstimate(momentsOf([0, 1, 1, 0, 1].map((x) => ({ n: 20, x: 20 * x }))))
    expect(often.value).toBeCloseTo(once.value, 12)
    expect(often.variance).toBeCloseTo(once.variance, 12)
  })

  it('needs two units', () => {
    expect(() => ratioEstimate(addUnit(noUnits, { n: 3, x: 2 }))).toThrow('at least 2')
  })
})
