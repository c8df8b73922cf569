import { expect, it } from 'vitest'
import { digamma, trigamma } from './polygamma.ts'

it('knows the polygamma functions where they have closed forms, and their recursion', () => {
  const euler = 0.5772156649015329
  expect(digamma(1)).toBeCloseTo(-euler, 12)
  expect(digamma(0.5)).toBeCloseTo(-euler - 2 * Math.LN2, 12)
  expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 11)
  expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 11)
  for (const x of [0.1, 3.7, 12, 1e6]) {
    expect(digamma(x + 1) - digamma(x)).toBeCloseTo(1 / x, 9)
    expect(trigamma(x) - trigamma(x + 1)).toBeCloseTo(1 / x ** 2, 9)
  }
})
