import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { delayBefore, realSurroundings } from './retry.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const at = (random: number) => ({ ...realSurroundings, now: () => now, random: () => random })

describe('the delay before another attempt', () => {
  it('is anything from nothing to a range that doubles up to 8 s', () => {
    const ranges = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => delayBefore(attempt, null, at(1)))
    expect(ranges).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        expect(delayBefore(attempt, null, at(random))).toBe(random * delayBefore(attempt, null, at(1))!)
      }),
    )
  })

  it('is never shorter than the server asks for, and little longer', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (seconds, asDate, random) => {
        fc.pre(seconds > 0)
        const header = asDate ? new Date(now + seconds * 1000).toUTCString() : String(seconds)
        expect(delayBefore(9, header, at(random))).toBe(seconds * 1000 + random * 250)
      }),
    )
  })

  it.each(['soon', '', '-5', '1.5', 'Wed, 31 Dec 2025 23:59:00 GMT'])('does not heed a Retry-After of %j', (header) => {
    expect(delayBefore(1, header, at(0.5))).toBe(125)
  })

  it('is too long to wait for beyond a minute', () => {
    expect(delayBefore(1, '61', at(0))).toBeUndefined()
    expect(delayBefore(1, new Date(now + 61_000).toUTCString(), at(0))).toBeUndefined()
  })
})

describe('the real clock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('ends a pause in time, or with the reason of the signal, and leaves no timer or listener behind', async () => {
    const caller = new AbortController()
    const forgotten = vi.spyOn(caller.signal, 'removeEventListener')
    const pause = realSurroundings.sleep(1000, caller.signal)
    vi.advanceTimersByTime(1000)
    await pause
    expect(forgotten).toHaveBeenCalledOnce()
    const cut = realSurroundings.sleep(1000, caller.signal)
    caller.abort(new Error('enough'))
    await expect(cut).rejects.toThrow('enough')
    await expect(realSurroundings.sleep(1000, caller.signal)).rejects.toThrow('enough')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('calls back once the time is up, unless it was told not to', () => {
    const called = vi.fn()
    const cancelled = vi.fn()
    realSurroundings.after(10, called)
    realSurroundings.after(10, cancelled)()
    vi.advanceTimersByTime(10)
    expect(called).toHaveBeenCalledOnce()
    expect(cancelled).not.toHaveBeenCalled()
  })
})
