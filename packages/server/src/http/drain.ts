import { FairleadError } from '@fairlead/core/base'

/**
 * Ends a server's work without cutting it off: serving → draining → drained. While it drains, requests still run to
 * their end, streams are told to stop at once, and readiness says no; when its time is up, everything is told to stop.
 */
export interface Drain {
  readonly isDraining: boolean
  /** Aborts when draining begins: for streams, which would never end by themselves. */
  readonly begun: AbortSignal
  /** Aborts when the time is up: for everything. */
  readonly expired: AbortSignal
  /** Counts work that a drain waits for. */
  track<T>(work: Promise<T>): Promise<T>
  /** Begins to drain; resolves when all tracked work has ended, or told so to after `timeoutMs`. */
  finish(timeoutMs: number): Promise<void>
}

export function createDrain(): Drain {
  const begun = new AbortController()
  const expired = new AbortController()
  const running = new Set<Promise<unknown>>()
  return {
    get isDraining() {
      return begun.signal.aborted
    },
    begun: begun.signal,
    expired: expired.signal,
    track(work) {
      running.add(work)
      const forget = () => running.delete(work)
      work.then(forget, forget)
      return work
    },
    async finish(timeoutMs) {
      const reason = new FairleadError('http.draining', 'The server is shutting down. Connect again.')
      begun.abort(reason)
      const timer = setTimeout(() => expired.abort(reason), timeoutMs)
      while (running.size > 0) await Promise.allSettled(running)
      clearTimeout(timer)
    },
  }
}
