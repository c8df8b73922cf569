import { expect, test, vi } from 'vitest'
import { ShortCache } from './short-cache.ts'

function setUp({ maxEntries = 10 } = {}) {
  let now = 1_000
  const cache = new ShortCache<number>({ clock: () => now, ttlMs: 500, maxEntries })
  return { cache, advance: (ms: number) => (now += ms) }
}

test('callers within the time share one lookup', async () => {
  const { cache, advance } = setUp()
  const load = vi.fn(async () => 1)
  await Promise.all([cache.get('a', load), cache.get('a', load)])
  advance(499)
  await cache.get('a', load)
  expect(load).toHaveBeenCalledTimes(1)
})

test.each([500, -60_000])('a clock that moved by %i ms ends what is remembered', async (ms) => {
  const { cache, advance } = setUp()
  await cache.get('a', async () => 1)
  advance(ms)
  expect(await cache.get('a', async () => 2)).toBe(2)
})

test('a failure is not remembered', async () => {
  const { cache } = setUp()
  await expect(
    cache.get('a', async () => {
      throw new Error('down')
    }),
  ).rejects.toThrow('down')
  expect(await cache.get('a', async () => 2)).toBe(2)
})

test('what was forgotten is looked up again', async () => {
  const { cache } = setUp()
  await cache.get('a', async () => 1)
  cache.forget('a')
  expect(await cache.get('a', async () => 2)).toBe(2)
})

test('the oldest makes room', async () => {
  const { cache } = setUp({ maxEntries: 2 })
  for (const key of ['a', 'b', 'c']) await cache.get(key, async () => 1)
  expect(await cache.get('c', async () => 2)).toBe(1)
  expect(await cache.get('a', async () => 2)).toBe(2)
})
