import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numberStrings } from './number-pieces.ts'

it('gives equal strings equal numbers, and others others, with and without a hint', () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '🙂'), maxLength: 6 }), { maxLength: 300 })
  fc.assert(
    fc.property(lines, lines, (one, other) => {
      const { numbers, count } = numberStrings(one, other)
      const byNumber = new Map<number, string>()
      for (const [list, given] of [
        [one, numbers[0]!],
        [other, numbers[1]!],
      ] as const) {
        for (const [at, line] of list.entries()) {
          expect(byNumber.get(given[at]!) ?? line).toBe(line)
          byNumber.set(given[at]!, line)
        }
      }
      expect(byNumber.size).toBe(new Set([...one, ...other]).size)
      expect(count).toBe(byNumber.size)
    }),
  )
})

it('is not slowed down by lines that look alike where it looks', () => {
  const alike = Array.from(
    { length: 20_000 },
    (_, at) => `${'x'.repeat(20)}${String(at).padStart(6, '0')}${'x'.repeat(200)}`,
  )
  const { numbers, count } = numberStrings(alike, [alike[123]!, 'new', alike[19_999]!])
  expect([...numbers[0]!]).toEqual(alike.map((_, at) => at))
  expect(numbers[1]).toEqual(Int32Array.of(123, 20_000, 19_999))
  expect(count).toBe(20_001)
})
