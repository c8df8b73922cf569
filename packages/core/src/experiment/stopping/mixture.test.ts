import { describe, expect, it } from 'vitest'
import { alwaysValidInflation } from './crossing-probability.ts'
import { logMixtureEValue } from './mixture.ts'

describe('the mixture e-value', () => {
  it('is the mean of likelihood ratios over a half-normal advantage, by quadrature (SciPy)', () => {
    expect(logMixtureEValue({ sum: 3, variance: 2 }, 1.5)).toBeCloseTo(1.4992719174643403, 10)
    expect(logMixtureEValue({ sum: -4, variance: 2 }, 0.5)).toBeCloseTo(-2.0778056134546934, 10)
    expect(logMixtureEValue({ sum: 10, variance: 20 }, 4)).toBeCloseTo(1.8597719406062956, 10)
  })

  it('has the mean 1 where neither arm is better, whatever the variance', () => {
    for (const variance of [0.1, 1, 30]) {
      let mean = 0
      const step = 0.005
      for (let z = -10; z <= 40; z += step) {
        const sum = z * Math.sqrt(variance)
        mean += (step * Math.exp(logMixtureEValue({ sum, variance }, 2) - 0.5 * z * z)) / Math.sqrt(2 * Math.PI)
      }
      expect(mean).toBeCloseTo(1, 6)
    }
  })

  it('is 1 before anything was seen, and finite at any distance', () => {
    expect(logMixtureEValue({ sum: 0, variance: 0 }, 3)).toBeCloseTo(0, 12)
    expect(logMixtureEValue({ sum: 1e6, variance: 1 }, 1)).toBeGreaterThan(1e11)
    expect(Number.isFinite(logMixtureEValue({ sum: -1e6, variance: 1 }, 1))).toBe(true)
  })

  it('needs more units than a fixed test, the fewer more the surer it is to be', () => {
    const [usual, sure] = [2.8016, 3.605].map((mean) => alwaysValidInflation({ critical: 1.96, mean }, 20))
    expect(usual).toBeGreaterThan(sure!)
    expect(sure).toBeGreaterThan(1.2)
    expect(usual).toBeLessThan(2)
  })
})
