import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareArms } from './best.ts'
import { coordinateOf, densityOf } from './density.ts'
import { distributeEvenly } from './even-grid.ts'
import { normalTail } from './normal-distribution.ts'
import type { Posterior } from './posterior.ts'
import { betaPosterior, gammaPosterior, normalPosterior, studentPosterior } from './posterior.ts'

function isHeld(posteriors: Posterior[]): boolean {
  return distributeEvenly(posteriors.map(densityOf), coordinateOf(posteriors[0]!)) !== undefined
}

const rate = (successes: number, trials: number) => betaPosterior({ successes, trials })

describe('an even grid', () => {
  it('gives chances and losses of normal arms as their closed forms do', () => {
    const distance = fc.double({ min: -8, max: 8, noNaN: true })
    const ratio = fc.double({ min: 1, max: 1.5, noNaN: true })
    fc.assert(
      fc.property(distance, ratio, (mean, sd) => {
        const arms = [normalPosterior({ mean: 0, sd: 1 }), normalPosterior({ mean, sd })]
        expect(isHeld(arms)).toBe(true)
        const { probabilityBest, expectedLoss } = compareArms(arms)
        const both = Math.hypot(1, sd)
        const exact = normalTail(-mean / both)
        expect(Math.abs(probabilityBest[1]! - exact)).toBeLessThan(5e-15)
        const density = Math.exp(-((mean / both) ** 2) / 2) / Math.sqrt(2 * Math.PI)
        const loss = mean * exact + both * density
        expect(Math.abs(expectedLoss[0]! - loss)).toBeLessThan(5e-14)
      }),
      { numRuns: 300 },
    )
  })

  it('agrees with the distribution of the ratio of two gamma variables', () => {
    // The same shape and rate on both sides, and a rate that moves: P is symmetrical in log(rate).
    for (const exposure of [900, 1_000, 1_100]) {
      const arms = [gammaPosterior({ events: 99, exposure: 999 }), gammaPosterior({ events: 99, exposure })]
      const turned = [gammaPosterior({ events: 99, exposure }), gammaPosterior({ events: 99, exposure: 999 })]
      expect(isHeld(arms)).toBe(true)
      const [one, other] = [compareArms(arms), compareArms(turned)]
      expect(Math.abs(one.probabilityBest[1]! - other.probabilityBest[0]!)).toBeLessThan(1e-14)
      expect(Math.abs(one.probabilityBest[0]! + one.probabilityBest[1]! - 1)).toBeLessThan(1e-14)
      const difference = one.expectedLoss[0]! - one.expectedLoss[1]!
      expect(Math.abs(difference - (100 / (exposure + 1) - 100 / 1_000))).toBeLessThan(1e-14)
    }
  })

  it('holds arms of many events that lie together, at any size, and no others', () => {
    for (const n of [1e3, 1e5, 1e7]) expect(isHeld([rate(n / 10, n), rate(n / 10 + Math.sqrt(n / 11), n)])).toBe(true)
    expect(isHeld([rate(20, 1_000), rate(200, 1_000)])).toBe(false)
    expect(isHeld([rate(1e6, 1e7), rate(1.01e6, 1e7)])).toBe(false)
    expect(isHeld([rate(100, 1_000), rate(1e6, 1e7)])).toBe(false)
    expect(isHeld([0, 1].map((mean) => studentPosterior({ n: 1e6, mean, sd: 1_000 })))).toBe(false)
  })
})
