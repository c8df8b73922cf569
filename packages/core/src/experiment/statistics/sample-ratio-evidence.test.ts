import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRatioEvidence } from './sample-ratio-evidence.ts'

const epoch = fc
  .array(fc.record({ count: fc.integer({ min: 0, max: 500 }), weight: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 2,
    maxLength: 5,
  })
  .map((arms) => ({ observed: arms.map(({ count }) => count), weights: arms.map(({ weight }) => weight) }))
const log = (epochs: Parameters<typeof sampleRatioEvidence>[0]) => sampleRatioEvidence(epochs).logEValue

describe('the evidence of a sample-ratio mismatch', () => {
  it('is expected to stay as it is by the next unit of any epoch, which makes it valid at any time', () => {
    fc.assert(
      fc.property(fc.array(epoch, { minLength: 1, maxLength: 4 }), fc.nat(), (epochs, which) => {
        const index = which % epochs.length
        const { observed, weights } = epochs[index]!
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const expected = weights.reduce((sum, weight, arm) => {
          const next = { observed: observed.map((count, other) => count + (other === arm ? 1 : 0)), weights }
          return sum + (weight / total) * Math.exp(log(epochs.with(index, next)) - log(epochs))
        }, 0)
        expect(Math.abs(expected - 1)).toBeLessThan(1e-9)
      }),
    )
  })

  it('starts at 1, and an epoch that nobody is in yet changes nothing', () => {
    expect(log([])).toBeCloseTo(0, 12)
    expect(log([{ observed: [0, 0], weights: [1, 2] }])).toBeCloseTo(0, 12)
    const seen = [{ observed: [530, 470], weights: [1, 1] }]
    expect(log([...seen, { observed: [0, 0], weights: [1, 4] }])).toBeCloseTo(log(seen), 12)
  })

  it('finds a third where a fifth was planned, within a few hundred units, and sees nothing in what is as planned', () => {
    const weights = [2, 8]
    expect(sampleRatioEvidence([{ observed: [100, 200], weights }]).isMismatch).toBe(true)
    expect(sampleRatioEvidence([{ observed: [200_000, 800_000], weights }]).isMismatch).toBe(false)
    expect(sampleRatioEvidence([{ observed: [201_000, 799_000], weights }]).isMismatch).toBe(false)
    expect(sampleRatioEvidence([{ observed: [203_000, 797_000], weights }]).isMismatch).toBe(true)
  })

  it('finds one bad epoch among good ones', () => {
    const good = { observed: [5_000, 5_000], weights: [1, 1] }
    const bad = { observed: [5_400, 4_600], weights: [1, 1] }
    const epochs = Array.from({ length: 20 }, () => good)
    expect(sampleRatioEvidence(epochs).isMismatch).toBe(false)
    expect(sampleRatioEvidence([...epochs, bad]).isMismatch).toBe(true)
  })

  it('is certain of units in an arm that gets none', () => {
    const { logEValue, isMismatch } = sampleRatioEvidence([{ observed: [10, 1], weights: [1, 0] }])
    expect(isMismatch).toBe(true)
    expect(Number.isFinite(logEValue)).toBe(true)
    expect(sampleRatioEvidence([{ observed: [10, 0], weights: [1, 0] }]).isMismatch).toBe(false)
  })

  it('refuses counts that do not fit the weights', () => {
    expect(() => sampleRatioEvidence([{ observed: [1, 2], weights: [1] }])).toThrow('observed must have 1 numbers')
  })
})
