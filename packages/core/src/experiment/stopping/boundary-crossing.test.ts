import { describe, expect, it } from 'vitest'
import { cpuClock } from '../../base/cpu-time.suite.ts'
import { crossing, stepFor, uncrossed } from './boundary-crossing.ts'
import { plannedBounds, plannedInflation } from './crossing-probability.ts'
import { spentBy } from './spending.ts'

const boundaries = (fractions: readonly number[], level: number) =>
  plannedBounds(fractions, level).map((bound, index) => bound && bound / Math.sqrt(fractions[index]!))
const evenly = (looks: number) => Array.from({ length: looks }, (_, look) => (look + 1) / looks)

describe('boundaries of planned looks', () => {
  it('are the published ones of five even looks (gsDesign, sfLDOF, one-sided 0.025)', () => {
    const published = [4.8769, 3.357, 2.6803, 2.2898, 2.031]
    for (const [look, boundary] of boundaries(evenly(5), 0.025).entries())
      expect(boundary).toBeCloseTo(published[look]!, 4)
  })

  it('are those of the multivariate normal distribution at uneven looks (SciPy)', () => {
    const found = boundaries([0.25, 0.6, 1], 0.025)
    expect(found[0]).toBeCloseTo(4.332633646, 7)
    expect(found[1]).toBeCloseTo(2.66886876, 6)
    expect(found[2]).toBeCloseTo(1.980976, 5)
  })

  it('spend the level and no more, at a thousand looks and at irregular ones', () => {
    const irregular = [0.0007, 0.1, 0.1003, 0.31, 0.3105, 0.9, 0.99, 0.9995, 1]
    for (const fractions of [evenly(1_000), irregular]) {
      const step = stepFor(1)
      let spent = 0
      let motion: ReturnType<typeof uncrossed> | null = null
      for (const [index, bound] of plannedBounds(fractions, 0.025).entries()) {
        if (bound === null) continue
        const information = fractions[index]!
        spent += crossing(motion, information, bound)
        expect(Math.abs(spent - spentBy(information, 0.025))).toBeLessThan(1e-9)
        motion = uncrossed(motion, { information, bound, step })
      }
      // What has not crossed is still there, somewhere.
      const rest = motion!.density.reduce((sum, value) => sum + value, 0) * step
      expect(rest).toBeCloseTo(1 - 0.025, 4)
    }
  })

  it('take a second for a thousand looks', () => {
    const elapsed = cpuClock()
    boundaries(evenly(1_000), 0.01)
    expect(elapsed()).toBeLessThan(1_000)
  })

  it('cost the units that the multivariate normal distribution says, for 80 % power (SciPy)', () => {
    const fixed = { critical: 1.959963984540054, mean: 1.959963984540054 + 0.8416212335729143 }
    expect(plannedInflation(fixed, 5)).toBeCloseTo(1.02472, 4)
  })
})

describe('spending', () => {
  it('is next to nothing early, and all of the level at the end and beyond it', () => {
    expect(spentBy(0, 0.025)).toBe(0)
    expect(spentBy(0.2, 0.025)).toBeLessThan(1e-6)
    expect(spentBy(1, 0.025)).toBe(0.025)
    expect(spentBy(1.7, 0.025)).toBe(0.025)
  })
})
