import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { EventFeed } from './event-feed.ts'
import type { EventFrame } from './event-page.ts'

function frame(seq: number, length = 0): EventFrame {
  return { seq, text: `id: ${seq}\n\n`.padEnd(length), isLast: false }
}

/** A run whose events are there up to a number, read a few at a time, and the reads that were made. */
function storedEvents(pageSize = 500, length = 0) {
  const state = { stored: 0, reads: [] as number[] }
  const feed = new EventFeed(async (after) => {
    state.reads.push(after)
    await Promise.resolve()
    const last = Math.min(state.stored, after + pageSize)
    const frames = Array.from({ length: Math.max(0, last - after) }, (_value, index) =>
      frame(after + index + 1, length),
    )
    return { frames, hasMore: last < state.stored }
  })
  const add = (count: number) => {
    state.stored += count
    feed.stir()
  }
  return { state, feed, add }
}

/** Reads on from a number until there is nothing more. */
async function readAll(feed: EventFeed, from: number): Promise<number[]> {
  const seen: number[] = []
  for (let after = from; ; ) {
    const frames = await feed.after(after)
    if (frames.length === 0) return seen
    seen.push(...frames.map(({ seq }) => seq))
    after = frames.at(-1)!.seq
  }
}

const upTo = (last: number, from = 0) => Array.from({ length: last - from }, (_value, index) => from + index + 1)

describe('a feed of events', () => {
  it('reads the database once for all viewers that are up to date', async () => {
    const { state, feed, add } = storedEvents()
    add(3)
    await Promise.all(Array.from({ length: 50 }, () => readAll(feed, 0)))
    const before = state.reads.length
    add(2)
    const seen = await Promise.all(Array.from({ length: 50 }, () => readAll(feed, 3)))
    for (const numbers of seen) expect(numbers).toEqual([4, 5])
    expect(state.reads.slice(before)).toEqual([3])
  })

  it('does not read at all while nothing has stirred', async () => {
    const { state, feed, add } = storedEvents()
    add(1)
    await readAll(feed, 0)
    const before = state.reads.length
    for (let times = 0; times < 5; times++) expect(await feed.after(1)).toEqual([])
    expect(state.reads).toHaveLength(before)
  })

  it('serves who begins anywhere, also far behind what it keeps and ahead of it', async () => {
    const { feed, add } = storedEvents(500)
    add(5_000)
    expect(await readAll(feed, 4_990)).toEqual(upTo(5_000, 4_990))
    expect(await readAll(feed, 0)).toEqual(upTo(5_000))
    expect(await readAll(feed, 2_500)).toEqual(upTo(5_000, 2_500))
    expect(await feed.after(9_000)).toEqual([])
  })

  it('keeps no more than eight million characters, however few events they are', async () => {
    const { state, feed, add } = storedEvents(5, 1_000_000)
    add(10)
    expect(await readAll(feed, 0)).toEqual(upTo(10))
    state.reads.length = 0
    expect(await readAll(feed, 2)).toEqual(upTo(10, 2))
    expect(state.reads).toEqual([])
    expect(await readAll(feed, 0)).toEqual(upTo(10))
    expect(state.reads).toEqual([0])
  })

  it('gives all viewers a sign of life and reads once, every fifteen seconds, while there are any', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { state, feed } = storedEvents()
      const viewers = Array.from({ length: 10 }, () => ({
        beat: vi.fn(),
        wake: vi.fn(() => void feed.after(0)),
      }))
      for (const viewer of viewers) feed.enter(viewer)
      await feed.after(0)
      const before = state.reads.length
      for (let beats = 1; beats <= 3; beats++) {
        vi.advanceTimersByTime(15_000)
        await feed.after(0)
        for (const { beat, wake } of viewers) {
          expect([beat, wake].map(({ mock }) => mock.calls.length)).toEqual([beats, beats])
        }
      }
      expect(state.reads).toHaveLength(before + 3)
      for (const viewer of viewers) feed.leave(viewer)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('tries again after a read that failed', async () => {
    let fails = true
    const feed = new EventFeed(async (after) => {
      if (fails) throw new Error('The database is away.')
      return { frames: after === 0 ? [frame(1)] : [], hasMore: false }
    })
    await expect(feed.after(0)).rejects.toThrow('away')
    fails = false
    expect(await readAll(feed, 0)).toEqual([1])
  })

  it('gives every viewer every event once and in order, whenever they come and go', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 1_200 }) }),
      fc.record({ kind: fc.constant('read' as const), viewer: fc.nat({ max: 3 }) }),
      fc.record({ kind: fc.constant('restart' as const), viewer: fc.nat({ max: 3 }), from: fc.nat({ max: 3_000 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { state, feed, add } = storedEvents()
        const viewers = Array.from({ length: 4 }, () => ({ from: 0, seen: [] as number[] }))
        const read = async (index: number) => {
          const viewer = viewers[index]!
          viewer.seen.push(...(await readAll(feed, viewer.seen.at(-1) ?? viewer.from)))
        }
        for (const action of steps) {
          if (action.kind === 'add') add(action.count)
          else if (action.kind === 'read') await Promise.all([read(action.viewer), read((action.viewer + 1) % 4)])
          else viewers[action.viewer] = { from: Math.min(action.from, state.stored), seen: [] }
        }
        for (const index of viewers.keys()) await read(index)
        for (const { from, seen } of viewers) expect(seen).toEqual(upTo(state.stored, from))
      }),
      { numRuns: 60 },
    )
  })
})
