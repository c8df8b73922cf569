import type { Surroundings } from './retry.ts'

/** Waiting that goes on when the clock of the test does. */
export function testClock() {
  let now = 1_000_000
  const timers = new Set<{ at: number; call: () => void }>()
  const after = (delayMs: number, call: () => void) => {
    const timer = { at: now + delayMs, call }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const surroundings: Surroundings = {
    now: () => now,
    random: () => 0.5,
    after,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        after(delayMs, resolve)
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  return {
    surroundings,
    async pass(ms: number) {
      now += ms
      for (const timer of [...timers].toSorted((one, other) => one.at - other.at)) {
        if (timer.at > now) continue
        timers.delete(timer)
        timer.call()
      }
      await settled()
    },
  }
}

/** What is under way without waiting for a clock comes to its end. */
export async function settled() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}
