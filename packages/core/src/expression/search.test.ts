import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frame } from './frame.ts'
import { firstIndex, lastIndex, splitAt } from './search.ts'

/** Few letters and long parts, so that beginnings are found that do not go on as the part does. */
const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 })
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 20 }),
  fc.integer({ min: 1, max: 24 }).map((length) => 'a'.repeat(length)),
)

test('parts are found where the engine finds them, forth, back and all', () => {
  fc.assert(
    fc.property(text, part, fc.nat(70), fc.nat(4), (around, wanted, from, times) => {
      const whole = Array.from({ length: times }, () => around + wanted).join('') + around
      const frame = new Frame({})
      expect(firstIndex(frame, whole, wanted, from)).toBe(whole.indexOf(wanted, from))
      expect(lastIndex(frame, whole, wanted, from)).toBe(whole.lastIndexOf(wanted, from))
      expect(splitAt(frame, whole, wanted)).toEqual(whole.split(wanted))
    }),
    { numRuns: 2_000 },
  )
})

test('a search that would take the product of both lengths is stopped, whichever end it starts at', () => {
  const many = 'a'.repeat(1_000_000)
  const half = 'a'.repeat(500_000)
  for (const wanted of [`${half}b`, `${half}b${half.slice(0, 1_000)}`, `b${half}b`, `${'ab'.repeat(250_000)}c`]) {
    for (const search of [
      (frame: Frame, whole: string) => firstIndex(frame, whole, wanted, 0),
      (frame: Frame, whole: string) => lastIndex(frame, whole, wanted, whole.length),
      (frame: Frame, whole: string) => splitAt(frame, whole, wanted).length,
    ]) {
      const visited = (whole: string) => {
        try {
          return search(new Frame({}), whole)
        } catch (error) {
          return (error as { isLimit?: boolean }).isLimit ? 'limit' : error
        }
      }
      // Found nowhere, or given up: either way before anybody notices, which the product, 5 × 10¹¹, would not allow.
      expect([-1, 1, 'limit']).toContain(visited(many))
      expect([-1, 1, 'limit']).toContain(visited('ab'.repeat(500_000)))
    }
  }
})

test('ordinary searches in long texts are within the budget', () => {
  const prose = 'The quick brown fox jumps over the lazy dog, and nobody knows why. '.repeat(3_000)
  const wanted = `${prose.slice(0, 66 * 20)}Nobody.`
  expect(firstIndex(new Frame({}), prose, wanted, 0)).toBe(-1)
  expect(firstIndex(new Frame({}), prose + wanted, wanted, 0)).toBe((prose + wanted).indexOf(wanted))
  expect(splitAt(new Frame({}), prose, 'nobody knows why').length).toBe(3_001)
})
