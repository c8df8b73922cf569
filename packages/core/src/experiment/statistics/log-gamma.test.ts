import { describe, expect, it } from 'vitest'
import { logGamma } from './log-gamma.ts'

const closeTo = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThan(1e-14 * Math.max(1, Math.abs(expected)) * 10)

describe('the logarithm of the gamma function', () => {
  it('is that of factorials, and of their like between them', () => {
    let [factorial, half] = [0, Math.log(Math.PI) / 2]
    for (let n = 1; n < 2_000; n++) {
      closeTo(logGamma(n), factorial)
      closeTo(logGamma(n - 0.5), half)
      factorial += Math.log(n)
      half += Math.log(n - 0.5)
    }
  })

  it('is that of SciPy far out and near zero', () => {
    closeTo(logGamma(1e8), 1742068066.1038349)
    closeTo(logGamma(0.1), 2.252712651734206)
    closeTo(logGamma(1e-10), 23.02585092988273)
  })
})
