import { describe, expect, it } from 'vitest'
import { densityOf } from './density.ts'
import { DistributionFunction } from './distribution-function.ts'
import { sampleRatioMismatch } from './sample-ratio.ts'

describe('the test for a mismatch of sample ratios', () => {
  it('is Pearson’s', () => {
    // With two degrees of freedom the tail is e^(−χ²/2).
    const { chiSquare, degreesOfFreedom, pValue } = sampleRatioMismatch({
      observed: [90, 110, 100],
      weights: [1, 1, 1],
    })
    expect(chiSquare).toBeCloseTo(2, 12)
    expect(degreesOfFreedom).toBe(2)
    expect(pValue).toBeCloseTo(Math.exp(-1), 12)
    // One degree of freedom: the square of a normal variable.
    expect(sampleRatioMismatch({ observed: [60, 40], weights: [5, 5] }).pValue).toBeCloseTo(0.04550026389635842, 12)
    expect(sampleRatioMismatch({ observed: [900, 100], weights: [9, 1] })).toMatchObject({ chiSquare: 0, pValue: 1 })
  })

  it('keeps the digits of the smallest chances', () => {
    for (const chiSquare of [0.01, 1, 30, 130, 175, 700, 1_400]) {
      const above = (shape: number) =>
        new DistributionFunction(densityOf({ kind: 'gamma', shape, rate: 0.5 })).above(Math.log(chiSquare))
      expect(above(1) / Math.exp(-chiSquare / 2)).toBeCloseTo(1, 9)
      expect(above(2) / (Math.exp(-chiSquare / 2) * (1 + chiSquare / 2))).toBeCloseTo(1, 9)
    }
  })

  it('knows that nobody belongs into an arm without weight', () => {
    expect(sampleRatioMismatch({ observed: [50, 50, 1], weights: [1, 1, 0] }).pValue).toBe(0)
    expect(sampleRatioMismatch({ observed: [50, 50, 0], weights: [1, 1, 0] })).toMatchObject({
      degreesOfFreedom: 1,
      pValue: 1,
    })
    expect(sampleRatioMismatch({ observed: [0, 0], weights: [1, 1] })).toMatchObject({ chiSquare: 0, pValue: 1 })
  })

  it('refuses what is no sample', () => {
    expect(() => sampleRatioMismatch({ observed: [1], weights: [1] })).toThrow('at least two')
    expect(() => sampleRatioMismatch({ observed: [1, -1], weights: [1, 1] })).toThrow(
      'observed must have numbers from 0 up',
    )
  })
})
