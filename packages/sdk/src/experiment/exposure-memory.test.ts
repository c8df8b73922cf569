import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exposureMemory } from './exposure-memory.ts'

const exposureOf = (unit: number) => ({ test: 'test', unit: `${unit}`, variant: 'variant', epoch: 1 })
/** As far from its neighbours as the keys of units are. */
const keyOf = (unit: number) => Math.imul(unit + 1, 0x9e3779b1)

/** What tells keys apart for certain that begin at one place, or next to it. */
const compared = (key: number) => key & (2 ** 15 - 1)

it('finds what was added, whichever key it has, and nothing else', () => {
  const key = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 2 ** 15))
  const keys = fc.uniqueArray(key, { selector: compared, maxLength: 200 })
  fc.assert(
    fc.property(keys, fc.nat(200), (all, count) => {
      const memory = exposureMemory()
      const [added, others] = [all.slice(0, count), all.slice(count)]
      for (const [index, each] of added.entries()) memory.add(each, exposureOf(index))
      for (const [index, each] of added.entries()) expect(memory.find(each)).toEqual(exposureOf(index))
      for (const each of others) expect(memory.find(each)).toBeUndefined()
    }),
  )
})

it('tells apart keys that begin at one place, also at the last of them and round the end', () => {
  const memory = exposureMemory()
  const keys = Array.from({ length: 1_000 }, (_, low) => (-10 << 15) | low)
  for (const [index, key] of keys.entries()) memory.add(key, exposureOf(index))
  for (const [index, key] of keys.entries()) expect(memory.find(key)).toEqual(exposureOf(index))
})

it('has one exposure of a key, the last', () => {
  const memory = exposureMemory()
  memory.add(7, exposureOf(1))
  memory.add(7, exposureOf(2))
  expect(memory.find(7)).toEqual(exposureOf(2))
})

it('remembers the last 50,000, forgets those before the 100,000, and keeps what is asked for', () => {
  const memory = exposureMemory()
  const count = 175_000
  for (let unit = 0; unit < count; unit++) {
    memory.add(keyOf(unit), exposureOf(unit))
    if (unit % 10_000 === 0) expect(memory.find(keyOf(3))).toEqual(unit < 3 ? undefined : exposureOf(3))
  }
  const found = (unit: number) => memory.find(keyOf(unit))?.unit === `${unit}`
  const ofLast = Array.from({ length: 50_000 }, (_, index) => found(count - 1 - index))
  // A few look like others that came later.
  expect(ofLast.filter(Boolean).length).toBeGreaterThan(49_950)
  const ofFirst = Array.from({ length: count - 100_000 }, (_, unit) => unit).filter(found)
  expect(ofFirst).toEqual([3])
})
