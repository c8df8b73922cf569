import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { millsRatio, normalDensity, normalTail, normalUpperQuantile } from './normal-distribution.ts'

describe('the normal distribution', () => {
  it('has the tails that SciPy has, with all digits of the small ones', () => {
    const known: [z: number, tail: number][] = [
      [0, 0.5],
      [0.3, 0.3820885778110474],
      [1.96, 0.024997895148220435],
      [2.5, 0.006209665325776132],
      [4, 3.167124183311986e-5],
      [9, 1.1285884059538324e-19],
      [30, 4.906713927148187e-198],
    ]
    for (const [z, tail] of known) {
      expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-13)
      expect(normalTail(-z)).toBeCloseTo(1 - tail, 14)
    }
  })

  it('finds the quantile of any tail again', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 37, noNaN: true }), (z) => {
        // Near 1 the tail itself has lost the digits.
        expect(Math.abs(normalUpperQuantile(normalTail(z)) - z)).toBeLessThan(z < -5 ? 0.2 : 1e-9)
      }),
    )
  })

  it('has a ratio of tail to density where both have vanished', () => {
    expect(millsRatio(3)).toBeCloseTo(normalTail(3) / normalDensity(3), 13)
    expect(millsRatio(2.4999999) / millsRatio(2.5000001)).toBeCloseTo(1, 6)
    expect(millsRatio(1e6)).toBeCloseTo(1e-6, 12)
  })
})
