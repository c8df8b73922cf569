import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createId, idTimestamp, isId } from './id.ts'

const random = (bytes: Uint8Array) => bytes.fill(0xa5)
const noise = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes)

test('the example of RFC 9562 appendix A.6 is an id and tells its time', () => {
  const example = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
  expect(isId(example)).toBe(true)
  expect(idTimestamp(example)).toBe(Date.UTC(2022, 1, 22, 19, 22, 22))
})

test('an id is a version 7 UUID that holds the clock in milliseconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (ms) => {
      const id = createId(() => ms, noise)
      expect(isId(id)).toBe(true)
      expect(idTimestamp(id)).toBe(ms)
    }),
  )
})

test('ids of one clock rise strictly, through a standing clock, a small step back and a full counter', () => {
  let ms = 1_700_000_000_000
  const clock = () => ms
  const ids: string[] = []
  for (let index = 0; index < 10_000; index++) {
    if (index === 5_000) ms -= 3_000
    ids.push(createId(clock, noise))
  }
  expect(ids.every((id, index) => index === 0 || id > ids[index - 1]!)).toBe(true)
  expect(idTimestamp(ids.at(-1)!) - 1_700_000_000_000).toBeLessThan(10)
})

test('a clock that was put right by an hour is believed', () => {
  let ms = 1_700_000_000_000
  const clock = () => ms
  createId(clock, random)
  ms -= 3_600_000
  expect(idTimestamp(createId(clock, random))).toBe(ms)
})

test.each([
  '',
  'x',
  '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
  '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
  '../../etc',
  7,
  null,
])('%j is not an id', (text) => {
  expect(isId(text)).toBe(false)
  expect(idTimestamp(String(text))).toBeNaN()
})
