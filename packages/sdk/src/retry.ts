/** What waiting and chance look like; replaced in tests. */
export interface Surroundings {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts. */
  sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void>
  /** Calls back after `delayMs`, unless what it gives is called before. */
  after(delayMs: number, callBack: () => void): () => void
}

export const realSurroundings: Surroundings = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, delayMs)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    }),
  after(delayMs, callBack) {
    const timer = setTimeout(callBack, delayMs)
    return () => clearTimeout(timer)
  },
}

const firstDelayMs = 250
const longestDelayMs = 8_000
/** A server that asks for more patience than this gets its answer handed on instead. */
const longestRetryAfterMs = 60_000

/**
 * How long to wait before attempt number `attempt` (1 is the first repetition), in ms: full jitter over a doubling range,
 * on top of what the server asked for. Undefined when that is longer than a caller should wait.
 */
export function delayBefore(
  attempt: number,
  retryAfter: string | null,
  { now, random }: Pick<Surroundings, 'now' | 'random'>,
): number | undefined {
  const range = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1))
  const asked = retryAfterMs(retryAfter, now())
  if (asked > longestRetryAfterMs) return undefined
  return asked + random() * (asked > 0 ? firstDelayMs : range)
}

const longestOutageDelayMs = 60_000

/**
 * How long what works in the background waits for a control plane that has failed so many times in a row before, in ms:
 * what that has asked for and a second at first, then ever longer, up to a minute; and up to half as long again, so that
 * many processes come back one after the other.
 */
export function delayInOutage(
  failures: number,
  error: unknown,
  { now, random }: Pick<Surroundings, 'now' | 'random'>,
): number {
  const asked = retryAfterMs((error as { retryAfter?: string | null }).retryAfter, now())
  return Math.min(longestOutageDelayMs, asked + 1_000 * 2 ** failures) * (1 + random() / 2)
}

/** `Retry-After` in ms (RFC 9110 §10.2.3): seconds, or a date; 0 when there is none or it is neither. */
function retryAfterMs(retryAfter: string | null | undefined, now: number): number {
  if (!retryAfter) return 0
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1000
  const at = Date.parse(retryAfter)
  return Number.isNaN(at) ? 0 : Math.max(0, at - now)
}
