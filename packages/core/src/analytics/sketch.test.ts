import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sketch } from './sketch.ts'
import {
  addToSketch,
  bucketRange,
  createSketch,
  mergeSketches,
  sketchCount,
  sketchQuantile,
  subtractSketch,
} from './sketch.ts'
import { decodeSketch, encodeSketch } from './sketch-bytes.ts'

const value = fc.oneof(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.double({ min: -20, max: 20, noNaN: true }).map((exponent) => 10 ** exponent),
  fc.double({ min: -11, max: 15, noNaN: true }).map((exponent) => -(10 ** exponent)),
  fc.constantFrom(0, -0, 1e-13, 1.02, 1),
)
const values = fc.array(value, { maxLength: 60 })

function sketchOf(list: readonly number[]): Sketch {
  const sketch = createSketch()
  for (const one of list) addToSketch(sketch, one)
  return sketch
}

describe('a sketch of values', () => {
  it('has the same bytes in whatever order and in whatever portions its values came', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const [first, second, third] = [sketchOf(a), sketchOf(b), sketchOf(c)]
        const all = encodeSketch(sketchOf([...c, ...a, ...b]))
        expect(encodeSketch(mergeSketches(mergeSketches(first, second), third))).toEqual(all)
        expect(encodeSketch(mergeSketches(first, mergeSketches(third, second)))).toEqual(all)
        expect(decodeSketch(all)).toEqual(sketchOf([...b, ...a, ...c]))
      }),
    )
  })

  it('forgets what is taken out of it, as if it had never been there', () => {
    fc.assert(
      fc.property(values, values, (kept, taken) => {
        const sketch = sketchOf([...kept, ...taken])
        expect(subtractSketch(sketch, sketchOf(taken))).toEqual(sketchOf(kept))
        expect(sketchCount(sketch)).toBe(kept.length + taken.length)
      }),
    )
    expect(() => subtractSketch(sketchOf([1]), sketchOf([2]))).toThrow('is not in it')
  })

  it('knows every quantile to one hundredth of it', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, q) => {
          const exact = list.toSorted((a, b) => a - b)[Math.floor(q * (list.length - 1))]!
          const estimate = sketchQuantile(sketchOf(list), q)!
          // What is smaller than 1e-12 is zero.
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(Math.max(0.01 * Math.abs(exact), 1e-12))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('counts a million values within the time of a test, in less than four kilobytes', () => {
    let seed = 1
    const sketch = createSketch()
    const list = new Float64Array(1e6)
    for (let at = 0; at < list.length; at++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      // Latencies, exponentially distributed.
      list[at] = -800 * Math.log((seed + 0.5) / 2 ** 32)
    }
    for (const one of list) addToSketch(sketch, one)
    list.sort()
    for (const q of [0.5, 0.95, 0.99, 0.999]) {
      const exact = list[Math.floor(q * (list.length - 1))]!
      expect(Math.abs(sketchQuantile(sketch, q)! / exact - 1)).toBeLessThan(0.01)
    }
    expect(encodeSketch(sketch).length).toBeLessThan(4_000)
  })

  it('holds a value in the bucket whose range it lies in, and zero in its own', () => {
    for (const one of [1e-12, 0.5, 1, 3e14, -7]) {
      const { buckets } = sketchOf([one])
      const { lower, upper } = bucketRange(buckets[0]!)
      expect(lower).toBeLessThanOrEqual(one + 1e-14 * Math.abs(one))
      expect(upper).toBeGreaterThanOrEqual(one - 1e-14 * Math.abs(one))
    }
    expect(sketchOf([0, -0, 1e-13])).toEqual({ buckets: [0], counts: [3] })
    expect(sketchOf([1e-12]).buckets).toEqual([1])
    const sketch = createSketch()
    addToSketch(sketch, 5, 2 ** 40)
    expect(decodeSketch(encodeSketch(sketch))).toEqual(sketch)
    expect(sketchQuantile(createSketch(), 0.5)).toBeNull()
  })

  it('refuses what is no value, no quantile and no sketch', () => {
    expect(() => addToSketch(createSketch(), Number.NaN)).toThrow('no finite number')
    expect(() => addToSketch(createSketch(), 1, 0.5)).toThrow('no number of times')
    expect(() => sketchQuantile(createSketch(), 95)).toThrow('not 95')
    for (const bytes of [[], [2], [1, 4], [1, 4, 128], [1, 4, 0], [1, 4, 1, 0, 1], [1, 4, ...Array(9).fill(255), 1]])
      expect(() => decodeSketch(Uint8Array.from(bytes)), String(bytes)).toThrow('These bytes')
  })
})
