import { describe, expect, it } from 'vitest'
import type { UnitDraw } from './alias-table.ts'
import { betaBinomialDraw } from './alias-table.ts'
import { randomSource } from './random-source.ts'
import { countDraw, valueDraw } from './unit-draw.ts'

/** Over many units that have so many observations: the mean and the variance of their sums. */
function momentsOf({ n, x, draw }: UnitDraw, count: number) {
  const random = randomSource(7)
  let [units, sum, squares] = [0, 0, 0]
  for (let index = 0; index < 400_000; index++) {
    const cell = draw(random)
    if (n[cell] !== count) continue
    units++
    sum += x[cell]!
    squares += x[cell]! ** 2
  }
  const mean = sum / units
  return { mean, variance: squares / units - mean ** 2 }
}

describe('a drawn unit', () => {
  it.each([
    ['single events', countDraw(1, 2.5, 0.3), 1, 2.5, 2.5],
    // n λ, and n λ (1 + (n − 1) ρ) / (1 − ρ), whose single observation varies by λ / (1 − ρ).
    ['alike events', countDraw(4, 2, 0.3), 4, 8, (8 * (1 + 3 * 0.3)) / 0.7],
    ['unlike events', countDraw(4, 2, 0), 4, 8, 8],
    ['single values', valueDraw(1, { mean: -3, sd: 2, isLogNormal: false }, 0.3), 1, -3, 4],
    ['alike values', valueDraw(3, { mean: 5, sd: 2, isLogNormal: false }, 0.5), 3, 15, 12 * 2],
    ['costs', valueDraw(2, { mean: 1, sd: 2, isLogNormal: true }, 0.25), 2, 2, 8 * 1.25],
    ['unlike successes', betaBinomialDraw(4, 0.3, 0), 4, 1.2, 4 * 0.21],
  ])('of %s has the mean and variance that it is said to have', (_, draw, count, mean, variance) => {
    const found = momentsOf(draw, count)
    expect(Math.abs(found.mean / mean - 1)).toBeLessThan(0.01)
    expect(Math.abs(found.variance / variance - 1)).toBeLessThan(0.05)
  })

  it('of costs has none below 0 but for rounding', () => {
    const { x } = valueDraw(1, { mean: 1, sd: 2, isLogNormal: true }, 0)
    expect(Math.min(...x)).toBeGreaterThan(-0.05)
  })
})
