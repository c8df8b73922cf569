import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exposureMemory } from './exposure-memory.ts'

const exposureOf = (unit: number) => ({ test: 'test', unit: `${unit}`, variant: 'variant', epoch: 1 })
/** As far from its neighbours as the hashes of units are. */
const hashOf = (unit: number) => Math.imul(unit + 1, 0x9e3779b1)

it('finds what was added, of whichever hash, and nothing else', () => {
  const hash = fc.integer().map((unit) => (unit % 5 === 0 ? unit % 2 : hashOf(unit)))
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 200 }), fc.array(hash), (added, others) => {
      const memory = exposureMemory()
      const expected = new Map(added.map((each, index) => [each, exposureOf(index)]))
      for (const [each, exposure] of expected) memory.add(each, exposure)
      for (const [each, exposure] of expected) expect(memory.find(each)).toBe(exposure)
      for (const each of others) expect(memory.find(each)).toBe(expected.get(each))
    }),
  )
})

it('tells apart hashes that begin at one place, up to the last of them and round the end', () => {
  const memory = exposureMemory()
  const hashes = Array.from({ length: 1_000 }, (_, high) => ((high << 17) | (2 ** 17 - 10)) >> 0)
  for (const [index, hash] of hashes.entries()) memory.add(hash, exposureOf(index))
  for (const [index, hash] of hashes.entries()) expect(memory.find(hash)).toEqual(exposureOf(index))
})

it('has one exposure of a hash, the last', () => {
  const memory = exposureMemory()
  memory.add(7, exposureOf(1))
  memory.add(7, exposureOf(2))
  expect(memory.find(7)).toEqual(exposureOf(2))
})

it('remembers the last 50,000, forgets those before the 100,000, and keeps what is asked for', () => {
  const memory = exposureMemory()
  const count = 175_000
  for (let unit = 0; unit < count; unit++) {
    memory.add(hashOf(unit), exposureOf(unit))
    if (unit % 10_000 === 0) expect(memory.find(hashOf(3))).toEqual(unit < 3 ? undefined : exposureOf(3))
  }
  const found = (unit: number) => memory.find(hashOf(unit))?.unit === `${unit}`
  const ofLast = Array.from({ length: 50_000 }, (_, index) => found(count - 1 - index))
  // A few look like others that came later.
  expect(ofLast.filter(Boolean).length).toBeGreaterThan(49_950)
  const ofFirst = Array.from({ length: count - 100_000 }, (_, unit) => unit).filter(found)
  expect(ofFirst).toEqual([3])
})
