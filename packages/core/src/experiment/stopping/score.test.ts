import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addUnit, mergeMoments, noUnits } from '../statistics/unit-moments.ts'
import { scoreOf, standardized } from './score.ts'

const rate = (units: number, successes: number) =>
  addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes)

describe('the score of one arm over another', () => {
  it('is Cochran, Mantel and Haenszel’s over epochs (UC Berkeley’s admissions of 1973: 1.5246 without correction)', () => {
    const admitted = [
      [512, 313, 89, 19],
      [353, 207, 17, 8],
      [120, 205, 202, 391],
      [138, 279, 131, 244],
      [53, 138, 94, 299],
      [22, 351, 24, 317],
    ]
    const strata = admitted.map(([yes, no, also, not]) => [rate(yes! + no!, yes!), rate(also! + not!, also!)])
    expect(standardized(scoreOf(strata, 0, 1)) ** 2).toBeCloseTo(1.5246, 2)
  })

  it('is the pooled test of two proportions in one epoch of arms of the same size', () => {
    const size = fc.integer({ min: 50, max: 10_000 })
    fc.assert(
      fc.property(
        size,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, p, q) => {
          const [a, b] = [Math.floor(p * n), Math.floor(q * n)]
          fc.pre(a + b > 0 && a + b < 2 * n)
          const pooled = (a + b) / (2 * n)
          const z = (a - b) / n / Math.sqrt((pooled * (1 - pooled) * 2) / n)
          const found = standardized(scoreOf([[rate(n, a), rate(n, b)]], 0, 1))
          expect(Math.abs(found - z)).toBeLessThan(0.002 * Math.abs(z) + 1e-9 + (z * z * Math.abs(z)) / n)
        },
      ),
    )
  })

  it('turns round with the arms, and grows by what a new epoch brings', () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(60)).map(([n, x]) => rate(n, Math.min(n, x)))
    const strata = fc.array(fc.tuple(counts, counts), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(strata, (epochs) => {
        const [there, back] = [scoreOf(epochs, 0, 1), scoreOf(epochs, 1, 0)]
        expect(there.sum).toBeCloseTo(-back.sum, 9)
        expect(there.variance).toBeCloseTo(back.variance, 9)
        const parts = epochs.map((epoch) => scoreOf([epoch], 0, 1))
        expect(there.sum).toBeCloseTo(
          parts.reduce((sum, part) => sum + part.sum, 0),
          9,
        )
        expect(there.information).toBeCloseTo(
          parts.reduce((sum, part) => sum + part.information, 0),
          9,
        )
      }),
    )
  })

  it('is no surer for the same said several times by the same units', () => {
    const units = (n: number) => [0, 1, 1, 0, 1, 0].reduce((all, x) => addUnit(all, { n, x: n * x }), noUnits)
    const more = (n: number) => mergeMoments(units(n), addUnit(noUnits, { n, x: n }))
    expect(standardized(scoreOf([[more(40), units(40)]], 0, 1))).toBeCloseTo(
      standardized(scoreOf([[more(1), units(1)]], 0, 1)),
      12,
    )
  })

  it('takes arms that vary differently as they are', () => {
    // Few units that vary much against many that hardly do: pooled, the few would pass for sure.
    const wide = addUnit(addUnit(noUnits, { n: 1, x: 110 }, 50), { n: 1, x: 0 }, 50)
    const narrow = addUnit(addUnit(noUnits, { n: 1, x: 51 }, 5_000), { n: 1, x: 49 }, 5_000)
    const { sum, variance, weight } = scoreOf([[wide, narrow]], 0, 1)
    expect(sum / weight).toBeCloseTo(5, 9)
    expect(Math.sqrt(variance) / weight).toBeGreaterThan(5.4)
  })

  it('says nothing where an arm has no unit or nothing varies', () => {
    expect(scoreOf([[rate(9, 3), noUnits]], 0, 1)).toEqual({ sum: 0, variance: 0, weight: 0, information: 0 })
    expect(standardized(scoreOf([[rate(9, 9), rate(8, 8)]], 0, 1))).toBe(0)
  })
})
