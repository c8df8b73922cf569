import { describe, expect, it } from 'vitest'
import type { SamplePlan } from './sample-size.ts'
import { planSampleSize } from './sample-size.ts'

const plan: SamplePlan = {
  metric: { kind: 'proportion', baseline: 0.1 },
  effect: { absolute: 0.02 },
  alpha: 0.05,
  power: 0.8,
  arms: 2,
  mode: 'fixed',
}

describe('planning a sample', () => {
  it('gives the textbook numbers', () => {
    // R: power.prop.test(p1 = .1, p2 = .12, power = .8) has n = 3840.847; (p1 = .5, p2 = .75, power = .9) has 76.7.
    expect(planSampleSize(plan).unitsPerArm).toBe(3_841)
    const large: SamplePlan = {
      ...plan,
      metric: { kind: 'proportion', baseline: 0.5 },
      effect: { relative: 0.5 },
      power: 0.9,
    }
    expect(planSampleSize(large).unitsPerArm).toBe(77)
    // Cohen: d = 0.5 needs 64 per group.
    const means: SamplePlan = { ...plan, metric: { kind: 'mean', mean: 10, sd: 4 }, effect: { relative: 0.2 } }
    expect(planSampleSize(means).unitsPerArm).toBe(64)
  })

  it('plans for events by the variance that they have', () => {
    // (z₀.₉₅ + z₀.₈)² (λ₁ + λ₂) / (λ₂ − λ₁)², with the two-sided level of two arms: 7.849 · 4.2 / 0.04.
    const events: SamplePlan = { ...plan, metric: { kind: 'count', rate: 2 }, effect: { relative: 0.1 } }
    expect(planSampleSize(events).unitsPerArm).toBe(825)
    expect(() => planSampleSize({ ...events, lowerIsBetter: true, effect: { absolute: 3 } })).toThrow('rate')
  })

  it('is the same for a fall as for the rise of the opposite', () => {
    const fall: SamplePlan = { ...plan, metric: { kind: 'proportion', baseline: 0.9 }, lowerIsBetter: true }
    expect(planSampleSize(fall).unitsPerArm).toBe(planSampleSize(plan).unitsPerArm)
  })

  it('plans for beating every other arm', () => {
    const units = [2, 3, 5].map((arms) => planSampleSize({ ...plan, arms }).unitsPerArm)
    expect(units[1]).toBeGreaterThan(units[0]! * 1.3)
    expect(units[2]).toBeGreaterThan(units[1]! * 1.2)
  })

  it('multiplies by what looks cost, and by the design effect of repeated runs', () => {
    const planned = planSampleSize({ ...plan, mode: 'planned_looks', looks: 5, unitsPerDay: 1_000 })
    expect(planned).toMatchObject({ unitsPerArm: 3_936, units: 7_872, days: 8 })
    expect(planned.inflation).toBeCloseTo(1.0247, 4)
    const runs = { perUnit: 10, correlation: 0.3 }
    const clustered = planSampleSize({ ...plan, runs })
    expect(clustered.designEffect).toBeCloseTo(3.7, 12)
    expect(clustered.unitsPerArm).toBe(Math.ceil((3840.847 * 3.7) / 10))
    const uneven = planSampleSize({ ...plan, runs: { ...runs, variation: 1 } })
    expect(uneven.designEffect).toBeCloseTo(1 + 19 * 0.3, 12)
    expect(planSampleSize({ ...plan, mode: 'always_valid' }).inflation).toBeGreaterThan(1.5)
  })

  it('refuses what no test can show', () => {
    expect(() => planSampleSize({ ...plan, effect: { relative: 20 } })).toThrow('effect must lead from one proportion')
    expect(() => planSampleSize({ ...plan, power: 0.01 })).toThrow('power must lie between')
    expect(() => planSampleSize({ ...plan, arms: 1 })).toThrow('arms must be at least 2')
    expect(() => planSampleSize({ ...plan, alpha: 0 })).toThrow('alpha must lie between')
  })
})
