import { describe, expect, test } from 'vitest'
import { createSlots } from '../assignment/slots.ts'
import { Bucketing } from '../bucketing-schema.ts'
import { bucketing } from './bucketing.ts'
import type { BucketingScheme } from './scheme.ts'

const { unleash, optimizely, eppo, fairlead } = bucketing

describe('unleash', () => {
  // Published in github.com/Unleash/client-specification: specifications 03, 08, 12 and 16 of version 6.1.0.
  test.each([
    ['Feature.Variants.B', [1, 1], '2', 1],
    ['Feature.Variants.B', [1, 1], '0', 0],
    ['Feature.Variants.C', [33, 33, 33], '232', 0],
    ['Feature.Variants.C', [33, 33, 33], '607', 1],
    ['Feature.Variants.C', [33, 33, 33], '656', 2],
    ['Feature.Variants.D', [1, 49, 50], '712', 0],
    ['Feature.Variants.D', [1, 49, 50], '525', 1],
    ['Feature.Variants.D', [1, 49, 50], '537', 2],
    ['Feature.Variants.override.D', [33, 33, 34], '388', 1],
    ['Feature.flexible.rollout.custom.stickiness_100', [25, 25, 25, 25], '616', 0],
    ['Feature.flexible.rollout.custom.stickiness_100', [25, 25, 25, 25], '503', 1],
    ['Feature.flexible.rollout.custom.stickiness_100', [25, 25, 25, 25], '438', 2],
    ['Feature.flexible.rollout.custom.stickiness_100', [25, 25, 25, 25], '44', 3],
    ['a', [1, 1], '5', 0],
    ['a', [1, 1], '0', 1],
  ])('%s with weights %j gives unit %s variant %d', (groupId, weights, id, variant) => {
    expect(unleash.assign({ groupId, weights }, id)).toBe(variant)
  })

  test('lets into a rollout whom Unleash lets in', () => {
    const settings = { groupId: 'AB12A', rollout: 50, weights: [1] }
    expect(unleash.assign(settings, '122')).toBe(0)
    expect(unleash.assign(settings, '155')).toBeNull()
    expect(unleash.assign({ ...settings, rollout: 0 }, '122')).toBeNull()
    // Published in github.com/Unleash/unleash-client-node: src/test/strategy/util.test.ts.
    expect(unleash.normalizedStrategyValue('123', 'gr1')).toBe(73)
    expect(unleash.normalizedStrategyValue('999', 'groupX')).toBe(25)
    expect(unleash.normalizedVariantValue('123', 'gr1', 100)).toBe(96)
    expect(unleash.normalizedVariantValue('999', 'groupX', 100)).toBe(60)
  })

  test('leaves out variants without weight', () => {
    for (const id of ['1', '2', '3', '4']) {
      expect(unleash.assign({ groupId: 'g', weights: [0, 7, 0] }, id)).toBe(1)
      expect(unleash.assign({ groupId: 'g', weights: [0, 0] }, id)).toBeNull()
      expect(unleash.assign({ groupId: 'g', weights: [] }, id)).toBeNull()
    }
  })
})

describe('optimizely', () => {
  const long = 'a very very very very very very very very very very very very very very very long ppd string'

  // Published in github.com/optimizely/javascript-sdk: lib/core/bucketer tests; the same in its other SDKs.
  test.each([
    ['ppid1', '1886780721', 5254],
    ['ppid2', '1886780721', 4299],
    ['ppid2', '1886780722', 2434],
    ['ppid3', '1886780721', 5439],
    [long, '1886780721', 6128],
  ])('%s of experiment %s is in bucket %d', (id, experimentId, bucket) => {
    expect(optimizely.generateBucketValue(id + experimentId)).toBe(bucket)
  })

  // Published in github.com/optimizely/go-sdk: pkg/decision/bucketer.
  test('a bucket belongs to the first range that it lies below the end of', () => {
    const trafficAllocation = [
      { entity: null, endOfRange: 2500 },
      { entity: 0, endOfRange: 4999 },
      { entity: 1, endOfRange: 5399 },
    ]
    const assign = (id: string, experimentId: string) => optimizely.assign({ experimentId, trafficAllocation }, id)
    expect(assign('ppid1', '1886780721')).toBe(1)
    expect(assign('ppid2', '1886780721')).toBe(0)
    expect(assign('ppid2', '1886780722')).toBeNull()
    expect(assign('ppid3', '1886780721')).toBeNull()
  })

  test('of a group a unit is in one experiment', () => {
    const trafficAllocation = [{ entity: 0, endOfRange: 10_000 }]
    const group = {
      id: '1886780721',
      trafficAllocation: [
        { entity: 'a', endOfRange: 5000 },
        { entity: 'b', endOfRange: 5300 },
      ],
    }
    const assign = (id: string, experimentId: string) =>
      optimizely.assign({ experimentId, trafficAllocation, group }, id)
    expect([assign('ppid2', 'a'), assign('ppid2', 'b')]).toEqual([0, null])
    expect([assign('ppid1', 'a'), assign('ppid1', 'b')]).toEqual([null, 0])
    expect([assign('ppid3', 'a'), assign('ppid3', 'b')]).toEqual([null, null])
  })
})

describe('growthbook', () => {
  const [v1, v2] = [bucketing['growthbook-v1'], bucketing['growthbook-v2']]

  // Published in github.com/growthbook/growthbook: packages/sdk-js/test/cases.json, as the following ones.
  test.each([
    ['', 'a', 1, 0.22],
    ['', 'b', 1, 0.077],
    ['b', 'a', 1, 0.946],
    ['ef', 'd', 1, 0.652],
    ['asdf', '8952klfjas09ujk', 1, 0.549],
    ['', '123', 1, 0.011],
    ['', '___)((*":&', 1, 0.563],
    ['seed', 'a', 2, 0.0505],
    ['seed', 'b', 2, 0.2696],
    ['foo', 'ab', 2, 0.2575],
    ['foo', 'def', 2, 0.2019],
    ['89123klj', '8952klfjas09ujkasdf', 2, 0.124],
    ['90850943850283058242805', '123', 2, 0.7516],
    ['()**(%$##$%#$#', '___)((*":&', 2, 0.0128],
  ])('the seed %j and the unit %j hash by version %d to %d', (seed, value, version, place) => {
    expect((version === 1 ? v1 : v2).hash(seed, value)).toBe(place)
  })

  test.each([
    [2, 1, undefined, [0, 0.5, 0.5, 1]],
    [2, 0.5, undefined, [0, 0.25, 0.5, 0.75]],
    [2, 0, undefined, [0, 0, 0.5, 0.5]],
    [4, 1, undefined, [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1]],
    [2, 1, [0.4, 0.6], [0, 0.4, 0.4, 1]],
    [3, 0.2, [0.2, 0.3, 0.5], [0, 0.04, 0.2, 0.26, 0.5, 0.6]],
    [2, -0.2, undefined, [0, 0, 0.5, 0.5]],
    [2, 1.5, undefined, [0, 0.5, 0.5, 1]],
    [2, 1, [0.4, 0.1], [0, 0.5, 0.5, 1]],
    [2, 1, [0.7, 0.6], [0, 0.5, 0.5, 1]],
    [4, 1, [0.4, 0.4, 0.2], [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1]],
    [2, 1, [0.4, 0.5999], [0, 0.4, 0.4, 0.9999]],
  ])('%d variations of coverage %d with weights %j have ranges %j', (variations, coverage, weights, ends) => {
    const ranges = v2.getBucketRanges(variations, coverage, weights).flat()
    expect(ranges).toHaveLength(ends.length)
    for (const [index, end] of ends.entries()) expect(ranges[index]).toBeCloseTo(end, 12)
  })

  test('a unit has the variation in whose range it is', () => {
    const assign = (id: string) => v1.assign({ seed: 'feature', variations: 3 }, id)
    expect([assign('123'), assign('456'), assign('fds')]).toEqual([2, 0, 1])
    const ranges = [
      [0, 0.1],
      [0.1, 1],
    ] as const
    expect(v2.assign({ seed: 'feature', variations: 2, ranges }, '123')).toBe(1)
    expect(v1.assign({ seed: 'feature', variations: 4, coverage: 0.01 }, '123')).toBeNull()
  })

  test('namespaces and filters leave units out', () => {
    const settings = { seed: 'my-test', variations: 2 }
    expect(v1.assign({ ...settings, namespace: ['namespace', 0.1, 1] }, '1')).toBe(1)
    expect(v1.assign({ ...settings, namespace: ['namespace', 0, 0.1] }, '1')).toBeNull()
    expect(v1.assign({ ...settings, filters: [{ seed: 'seed', ranges: [[0, 0.01]] }] }, '1')).toBeNull()
    expect(v1.assign({ ...settings, filters: [{ seed: 'seed', ranges: [[0, 1]] }] }, '1')).toBe(1)
    expect(v1.assign({ ...settings, filters: [], namespace: ['namespace', 0, 0.1] }, '1')).toBe(1)
  })
})

describe('eppo', () => {
  // Published in github.com/Eppo-exp/eppo-ios-sdk: Tests/eppo/SharderTests.swift.
  test.each([
    ['test-input', 5619],
    ['alice', 3170],
    ['bob', 7420],
    ['charlie', 7497],
  ])('%s is in shard %d of 10,000', (input, shard) => {
    expect(eppo.getShard(input, 10_000)).toBe(shard)
  })

  test('the shard is the beginning of the MD5 (RFC 1321, A.5)', () => {
    expect(eppo.getShard('', 2 ** 32)).toBe(0xd41d8cd9)
    expect(eppo.getShard('abc', 2 ** 32)).toBe(0x90015098)
    expect(eppo.getShard('message digest', 2 ** 32)).toBe(0xf96b697d)
  })

  test('a unit has the variant of the first split all of whose shards it is in', () => {
    const traffic = (end: number) => ({ salt: 'traffic', ranges: [{ start: 0, end }] })
    const half = (start: number) => ({ salt: 'split', ranges: [{ start, end: start + 5000 }] })
    const splits = (end: number) => [
      { variant: 0, shards: [traffic(end), half(0)] },
      { variant: 1, shards: [traffic(end), half(5000)] },
    ]
    for (const id of ['alice', 'bob', 'charlie', 'dora', 'emil']) {
      const variant = eppo.getShard(`split-${id}`, 10_000) < 5000 ? 0 : 1
      const isIn = eppo.getShard(`traffic-${id}`, 10_000) < 4000
      expect(eppo.assign({ splits: splits(10_000) }, id)).toBe(variant)
      expect(eppo.assign({ totalShards: 10_000, splits: splits(4000) }, id)).toBe(isIn ? variant : null)
    }
    expect(eppo.assign({ splits: [] }, 'alice')).toBeNull()
    const shard = eppo.getShard('split-alice', 10_000)
    const within = (start: number, end: number) =>
      eppo.assign({ splits: [{ variant: 0, shards: [{ salt: 'split', ranges: [{ start, end }] }] }] }, 'alice')
    expect([within(shard, shard + 1), within(0, shard), within(shard + 1, 10_000)]).toEqual([0, null, null])
  })
})

test('fairlead has a slot for every unit and lets in so many percent', () => {
  const slots = createSlots([1, 3])
  const ids = Array.from({ length: 20_000 }, (_, index) => `user-${index}`)
  const variants = ids.map((id) => fairlead.assign({ seed: 7, slots, trafficPercentage: 20 }, id))
  const [first, second] = [0, 1].map((variant) => variants.filter((each) => each === variant).length)
  expect(first! / 20_000).toBeCloseTo(0.05, 2)
  expect(second! / 20_000).toBeCloseTo(0.15, 2)
  expect(fairlead.assign({ seed: 7, slots, trafficPercentage: 0 }, 'user-1')).toBeNull()
})

describe('what a test may say of its scheme', () => {
  const settings = { groupId: 'g', weights: [1, 1] }

  test('are the settings of that scheme, and none that it would stumble over', () => {
    expect(Bucketing.safeParse({ scheme: 'unleash', settings }).success).toBe(true)
    for (const wrong of [
      { scheme: 'unleash', settings: {} },
      { scheme: 'unleash', settings: { ...settings, weights: [0, 0] } },
      { scheme: 'eppo', settings },
      { scheme: 'growthbook-v2', settings: { seed: 's' } },
      { scheme: 'optimizely', settings: { experimentId: '1', trafficAllocation: [{ entity: 'a', endOfRange: 1 }] } },
    ])
      expect([wrong, Bucketing.safeParse(wrong).success]).toEqual([wrong, false])
  })

  test('are all that its `assign` reads', () => {
    const parsed = (value: Bucketing): Bucketing => Bucketing.parse(value)
    const split = { variant: 1, shards: [{ salt: 'split', ranges: [{ start: 0, end: 10_000 }] }] }
    const given: Bucketing[] = [
      { scheme: 'unleash', settings: { ...settings, rollout: 100, variantGroupId: 'v' } },
      { scheme: 'optimizely', settings: { experimentId: '1', trafficAllocation: [{ entity: 1, endOfRange: 10_000 }] } },
      { scheme: 'growthbook-v1', settings: { seed: 's', variations: 2, coverage: 1, weights: [0.5, 0.5] } },
      {
        scheme: 'growthbook-v2',
        settings: {
          seed: 's',
          variations: 2,
          ranges: [
            [0, 0.5],
            [0.5, 1],
          ],
        },
      },
      { scheme: 'eppo', settings: { totalShards: 10_000, splits: [split] } },
    ]
    for (const one of given) {
      const { scheme, settings: read } = parsed(one)
      const { assign } = bucketing[scheme] as BucketingScheme<typeof read>
      expect([scheme, assign(read, 'ann')]).toEqual([scheme, expect.any(Number)])
    }
  })
})
