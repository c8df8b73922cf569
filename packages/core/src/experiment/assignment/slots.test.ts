import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reweightSlots } from './reweight-slots.ts'
import { decodeSlots, encodeSlots } from './slot-runs.ts'
import { createSlots, slotCount } from './slots.ts'

const weight = fc.oneof(
  fc.constant(0),
  fc.nat(100),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
)
const weights = (maxLength: number) =>
  fc.array(weight, { minLength: 1, maxLength }).filter((all) => all.some((each) => each > 0))

function normalize(all: readonly number[]): number[] {
  const largest = Math.max(...all)
  const total = all.reduce((sum, each) => sum + each / largest, 0)
  return all.map((each) => each / largest / total)
}

function countsOf(slots: Uint8Array): number[] {
  const counts: number[] = new Array(256).fill(0)
  for (const variant of slots) counts[variant]!++
  return counts
}

const moved = (before: Uint8Array, after: Uint8Array) =>
  before.filter((variant, slot) => variant !== after[slot]).length

/** ½·L1 between the normalized weights. */
function halfDistance(before: readonly number[], after: readonly number[]): number {
  const [a, b] = [normalize(before), normalize(after)]
  const arms = Math.max(a.length, b.length)
  let sum = 0
  for (let arm = 0; arm < arms; arm++) sum += Math.abs((a[arm] ?? 0) - (b[arm] ?? 0))
  return sum / 2
}

/** A repeatable source of numbers from 0 to 1. */
function generator(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('a new table', () => {
  test('gives every variant its share, rounded', () => {
    expect(encodeSlots(createSlots([1, 1]))).toEqual([
      [0, 8192],
      [1, 8192],
    ])
    expect(encodeSlots(createSlots([0, 0.3, 0, 0.1]))).toEqual([
      [1, 12288],
      [3, 4096],
    ])
    expect(countsOf(createSlots([1, 1, 1])).slice(0, 3)).toEqual([5462, 5461, 5461])
    fc.assert(
      fc.property(weights(255), (all) => {
        const counts = countsOf(createSlots(all))
        const errors = normalize(all).map((share, variant) => Math.abs(counts[variant]! - share * slotCount))
        expect(Math.max(...errors)).toBeLessThan(1 + 1e-6)
        expect(all.filter((each, variant) => each === 0 && counts[variant]! > 0)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    [[], 'No variant'],
    [[0, 0], 'No variant'],
    [[1, -1], 'one is -1'],
    [[1, Number.NaN], 'one is NaN'],
    [[1, Number.POSITIVE_INFINITY], 'one is Infinity'],
    [new Array(256).fill(1), '255 variants'],
  ])('is refused for %j', (all, says) => {
    expect(() => createSlots(all)).toThrow(expect.objectContaining({ code: 'experiment.invalid_weights' }))
    expect(() => createSlots(all)).toThrow(says)
  })
})

describe('reweighting', () => {
  test.each([
    ['50/50 → 60/40', [50, 50], [60, 40], 0.1],
    ['34/33/33 → 20/40/40', [34, 33, 33], [20, 40, 40], 0.14],
    ['one point of five arms', [20, 20, 20, 20, 20], [19, 20, 20, 20, 21], 0.01],
    ['a fourth arm', [1, 1, 1], [1, 1, 1, 1], 0.25],
    ['without the second of four', [1, 1, 1, 1], [1, 0, 1, 1], 0.25],
    ['without the last of four', [1, 1, 1, 1], [1, 1, 1], 0.25],
    ['everything to another arm', [1], [0, 1], 1],
  ])('%s moves the fewest slots', (_name, before, after, least) => {
    const slots = createSlots(before)
    const share = moved(slots, reweightSlots(slots, after)) / slotCount
    expect(share).toBeGreaterThanOrEqual(least - 2 / slotCount)
    expect(share).toBeLessThanOrEqual(least + 2 / slotCount)
  })

  test('moves no more than the weights do and a slot for each arm, however often it is done', () => {
    fc.assert(
      fc.property(weights(12), fc.array(weights(12), { minLength: 1, maxLength: 6 }), (first, others) => {
        let slots = createSlots(first)
        let before = first
        for (const after of others) {
          const next = reweightSlots(slots, after)
          const arms = Math.max(before.length, after.length)
          expect(moved(slots, next)).toBeLessThanOrEqual(halfDistance(before, after) * slotCount + arms)
          const counts = countsOf(next)
          const errors = normalize(after).map((share, variant) => Math.abs(counts[variant]! - share * slotCount))
          expect(Math.max(...errors)).toBeLessThan(1 + 1e-6)
          slots = next
          before = after
        }
      }),
      { numRuns: 60 },
    )
  })

  test('only variants with too many slots lose some, and only those with too few get some', () => {
    fc.assert(
      fc.property(weights(8), weights(8), (first, second) => {
        const slots = createSlots(first)
        const next = reweightSlots(slots, second)
        const [held, counts] = [countsOf(slots), countsOf(next)]
        const differences = held.map((count, variant) => Math.max(0, count - counts[variant]!))
        expect(moved(slots, next)).toBe(differences.reduce((sum, count) => sum + count, 0))
      }),
      { numRuns: 60 },
    )
  })

  test('moves nothing for the same weights in other units', () => {
    fc.assert(
      fc.property(weights(20), weights(20), fc.double({ min: 0.001, max: 1, noNaN: true }), (first, second, factor) => {
        const slots = reweightSlots(createSlots(first), second)
        const scaled = second.map((each) => each * factor)
        fc.pre(scaled.every((each, index) => each > 1e-300 || second[index] === 0))
        expect(moved(slots, reweightSlots(slots, second))).toBe(0)
        expect(moved(slots, reweightSlots(slots, scaled))).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('gives exactly as many slots as the weights ask for, whatever the noise of their arithmetic', () => {
    const cuts = fc.array(fc.nat(slotCount), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(weights(5), cuts, fc.double({ min: 0.001, max: 10, noNaN: true }), (first, ends, factor) => {
        const bounds = [0, ...ends.sort((a, b) => a - b), slotCount]
        const counts = bounds.slice(1).map((end, index) => end - bounds[index]!)
        const slots = reweightSlots(
          createSlots(first),
          counts.map((count) => count * factor),
        )
        expect(countsOf(slots).slice(0, counts.length)).toEqual(counts)
      }),
      { numRuns: 60 },
    )
    // The share of the second comes out as 904.0000000000001, and it holds a slot more than that.
    const before = decodeSlots([
      [0, 8],
      [1, 905],
      [2, 15_471],
    ])
    const after = reweightSlots(before, [8 * 0.01, 904 * 0.01, 15_472 * 0.01])
    expect(countsOf(after).slice(0, 3)).toEqual([8, 904, 15_472])
  })

  test('rounds up who holds the slot already', () => {
    const before = createSlots([1.00001, 1, 1])
    expect(moved(before, reweightSlots(before, [1, 1.00001, 1]))).toBe(0)
  })

  test('keeps the table short in runs', () => {
    let longest = 0
    for (let seed = 1; seed <= 10; seed++) {
      const random = generator(seed)
      let slots = createSlots([1, 1, 1, 1, 1])
      for (let round = 0; round < 50; round++) {
        slots = reweightSlots(slots, [random(), random(), random(), random(), random()])
        longest = Math.max(longest, encodeSlots(slots).length)
      }
    }
    expect(longest).toBeLessThanOrEqual(25)
  })

  test('leaves the table it is given as it is, and refuses what is none', () => {
    const slots = createSlots([1, 1])
    reweightSlots(slots, [1, 3])
    expect(slots).toEqual(createSlots([1, 1]))
    expect(() => reweightSlots(new Uint8Array(10), [1])).toThrow('10 slots')
  })
})

describe('the runs of a table', () => {
  test('are the table again', () => {
    fc.assert(
      fc.property(weights(255), weights(255), (first, second) => {
        const slots = reweightSlots(createSlots(first), second)
        expect(decodeSlots(encodeSlots(slots))).toEqual(slots)
      }),
      { numRuns: 40 },
    )
  })

  test.each([
    [[], '0 slots'],
    [[[0, 16_383]], '16383 slots'],
    [[[0, 16_385]], 'no run'],
    [
      [
        [0, 16_384],
        [1, 1],
      ],
      'no run',
    ],
    [[[255, 16_384]], 'no run'],
    [[[0.5, 16_384]], 'no run'],
    [
      [
        [0, 0],
        [1, 16_384],
      ],
      'no run',
    ],
  ] as [[number, number][], string][])('%j are refused', (runs, says) => {
    expect(() => decodeSlots(runs)).toThrow(says)
  })
})
