import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketing } from '../bucketing/bucketing.ts'
import { compileTargeting } from '../targeting/compile-targeting.ts'
import type { AssignableTest } from './assign-variant.ts'
import { assignVariant } from './assign-variant.ts'
import { reweightSlots } from './reweight-slots.ts'
import { createSlots } from './slots.ts'
import { slotOf, unitHash } from './unit-hash.ts'

const plain: AssignableTest = { id: 'greeting', seed: 42, slots: createSlots([1, 1]) }
const ids = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`)
const isIn = (test: AssignableTest) => (id: string) => assignVariant(test, { id }).reason === 'assigned'

describe('a unit', () => {
  test('has the variant of its slot, always the same, in proportion to the weights', () => {
    const counts = [0, 0, 0]
    const weighted = { ...plain, slots: createSlots([1, 2, 7]) }
    for (const id of ids(40_000)) {
      const { variant, slot } = assignVariant(weighted, { id })
      if (weighted.slots[slot!] === variant) counts[variant!]!++
    }
    expect(counts.map((count) => Math.round((count / 40_000) * 100))).toEqual([10, 20, 70])
    // These must never change: they are what units are assigned by, wherever an SDK runs.
    expect(ids(4).map((id) => assignVariant(plain, { id }).slot)).toEqual([6266, 6962, 14707, 1609])
    const { seed: _, ...seedless } = plain
    expect(ids(4).map((id) => assignVariant(seedless, { id }).slot)).toEqual([1302, 5317, 5200, 112])
  })

  test('keeps its variant while the traffic ramps up, and stays in', () => {
    let before = new Set<string>()
    for (const trafficPercentage of [0, 0.01, 1, 12.5, 50, 99.99, 100]) {
      const ramped = { ...plain, trafficPercentage }
      const now = new Set(ids(5_000).filter(isIn(ramped)))
      expect([...before].filter((id) => !now.has(id))).toEqual([])
      expect(Math.abs(now.size / 50 - trafficPercentage)).toBeLessThan(2)
      const slotOfEach = (test: AssignableTest) => [...now].map((id) => assignVariant(test, { id }).slot)
      expect(slotOfEach(ramped)).toEqual(slotOfEach(plain))
      before = now
    }
    expect(before.size).toBe(5_000)
  })

  test('switches only with its slot when the weights change', () => {
    const reweighted = { ...plain, slots: reweightSlots(plain.slots, [49, 51]) }
    const switched = ids(20_000).filter(
      (id) => assignVariant(plain, { id }).variant !== assignVariant(reweighted, { id }).variant,
    )
    expect(switched.length / 20_000).toBeCloseTo(0.01, 2)
    for (const id of switched) expect(assignVariant(reweighted, { id }).variant).toBe(1)
  })
})

describe('the reason', () => {
  const targeting = compileTargeting("plan == 'pro'").rule
  const everything: AssignableTest = {
    ...plain,
    isKilled: true,
    forced: { forced: 1 },
    holdouts: [{ seed: 1, percentage: 100 }],
    targeting,
    layer: { seed: 1, ranges: [] },
    bucketing: { scheme: 'unleash', settings: { groupId: 'g', weights: [1], rollout: 0 } },
    trafficPercentage: 0,
  }
  const unit = { id: 'u' }

  test('is the first of those that hold', () => {
    let test: AssignableTest = everything
    const without = (part: Partial<AssignableTest>) => {
      test = { ...test, ...part }
      return assignVariant(test, unit, bucketing)
    }
    expect(without({})).toEqual({ variant: null, reason: 'killed', slot: null })
    expect(without({ isKilled: false }).reason).toBe('held_out')
    expect(assignVariant(test, { id: 'forced' })).toEqual({ variant: 1, reason: 'forced', slot: null })
    expect(assignVariant(test, { id: '' })).toEqual({ variant: null, reason: 'no_unit', slot: null })
    expect(without({ holdouts: [] }).reason).toBe('not_targeted')
    expect(assignVariant(test, { ...unit, attributes: { plan: 'pro' } }).reason).toBe('excluded')
    expect(without({ targeting: null }).reason).toBe('excluded')
    expect(without({ layer: null }).reason).toBe('not_in_traffic')
    expect(assignVariant(test, unit).reason).toBe('unknown_scheme')
    expect(without({ bucketing: null }).reason).toBe('not_in_traffic')
    expect(without({ trafficPercentage: 100 })).toEqual(assignVariant(plain, unit))
  })

  test('is never an error, whoever the unit is', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (id, attributes) => {
        const { reason } = assignVariant({ ...plain, targeting }, { id, attributes } as never)
        expect(['no_unit', 'not_targeted', 'assigned']).toContain(reason)
      }),
      { numRuns: 500 },
    )
    for (const nobody of [undefined, null, {}, { id: 7 }])
      expect(assignVariant(plain, nobody as never).reason).toBe('no_unit')
    for (const id of ['__proto__', 'toString', '\ud800', 'ü'.repeat(1000)])
      expect(assignVariant({ ...plain, forced: {} }, { id }).reason).toBe('assigned')
  })
})

test('tests of one layer never share a unit, and together they have all', () => {
  const layer = (from: number, to: number) => ({ ...plain, layer: { seed: 9, ranges: [[from, to]] as const } })
  const [first, second] = [layer(0, 4_096), { ...layer(4_096, 16_384), id: 'other', seed: 43 }]
  const shares = ids(10_000).map((id) => [isIn(first)(id), isIn(second)(id)])
  expect(shares.every(([a, b]) => a !== b)).toBe(true)
  expect(shares.filter(([a]) => a).length / 10_000).toBeCloseTo(0.25, 1)
})

test('a range of a layer ends before its end', () => {
  const slot = slotOf(unitHash('layer', 9, 'user-1'))
  const reason = (from: number, to: number) =>
    assignVariant({ ...plain, layer: { seed: 9, ranges: [[from, to]] } }, { id: 'user-1' }).reason
  expect(reason(slot, slot + 1)).toBe('assigned')
  expect(reason(0, slot)).toBe('excluded')
  expect(reason(slot + 1, 16_384)).toBe('excluded')
})

test('a holdout keeps the same units out of all its tests', () => {
  const holdouts = [{ seed: 5, percentage: 10 }]
  const heldOut = (seed: number) =>
    ids(5_000).filter((id) => assignVariant({ ...plain, seed, holdouts }, { id }).reason === 'held_out')
  expect(heldOut(1)).toEqual(heldOut(2))
  expect(heldOut(1).length / 5_000).toBeCloseTo(0.1, 1)
})

test('a test that moved over from elsewhere keeps the variants that units have there', () => {
  const settings = { groupId: 'Feature.Variants.B', weights: [1, 1] }
  const moved = { ...plain, bucketing: { scheme: 'unleash', settings } }
  expect(assignVariant(moved, { id: '2' }, bucketing)).toEqual({ variant: 1, reason: 'assigned', slot: null })
  expect(assignVariant(moved, { id: '0' }, { unleash: bucketing.unleash }).variant).toBe(0)
})

/** Pearson's statistic of how two columns of 4 classes each depend on each other. */
function dependence(a: Uint8Array, b: Uint8Array): number {
  const counts = new Float64Array(16)
  for (let row = 0; row < a.length; row++) counts[a[row]! * 4 + b[row]!]!++
  const sums = [0, 1, 2, 3]
  const rows = sums.map((row) => sums.reduce((sum, column) => sum + counts[row * 4 + column]!, 0))
  const columns = sums.map((column) => sums.reduce((sum, row) => sum + counts[row * 4 + column]!, 0))
  return counts.reduce((sum, count, cell) => {
    const expected = (rows[cell >> 2]! * columns[cell & 3]!) / a.length
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

test('the hashes of 200 tests are independent of each other, for whatever purpose and on sequential ids', () => {
  const units = ids(4_000)
  const purposes = ['gate', 'slot', 'layer', 'holdout'] as const
  // Seeds in a row: also those that people choose are independent.
  const columns = Array.from({ length: 200 }, (_, seed) =>
    purposes.map((purpose) => Uint8Array.from(units, (id) => unitHash(purpose, seed, id) >>> 30)),
  )
  let worst = 0
  let total = 0
  let pairs = 0
  const compare = (a: Uint8Array, b: Uint8Array) => {
    const statistic = dependence(a, b)
    worst = Math.max(worst, statistic)
    total += statistic
    pairs++
  }
  for (const [test, own] of columns.entries()) {
    for (let first = 0; first < 4; first++) {
      for (let second = first + 1; second < 4; second++) compare(own[first]!, own[second]!)
      for (let other = test + 1; other < 200; other += 7) compare(own[first]!, columns[other]![(first + other) % 4]!)
    }
  }
  // 9 degrees of freedom: a value of 62 has a chance of 5e-10, so one among all of these pairs has one of 1e-5.
  expect(worst).toBeLessThan(62)
  expect(total / pairs).toBeCloseTo(9, 0)
})

test('GrowthBook’s version 1 is what dependent hashes look like', () => {
  const place = (seed: string) => Uint8Array.from(ids(4_000), (id) => bucketing['growthbook-v1'].hash(seed, id) * 4)
  expect(dependence(place('test-1'), place('test-2'))).toBeGreaterThan(62)
})

test('slots are uniform for sequential ids', () => {
  const counts = new Float64Array(64)
  for (const id of ids(64_000)) counts[assignVariant(plain, { id }).slot! >> 8]!++
  const statistic = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
  // 63 degrees of freedom: 128 has a chance of 2e-6.
  expect(statistic).toBeLessThan(128)
})
