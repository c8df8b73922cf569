import { statusOf } from './problem.ts'

/** How often a stream's credential is looked at again, in ms. */
const checkMs = 15_000

/**
 * Aborts once a credential is not good any more for what it was used for: revoked, expired, or of another organization.
 * `check` is what let it in; that it can't be asked for the moment ends nothing.
 */
export function watchCredential(check: () => Promise<boolean>): { lost: AbortSignal; stop: () => void } {
  const lost = new AbortController()
  const look = async () => {
    try {
      if (!(await check())) lost.abort()
    } catch (error) {
      if (isRefusal(statusOf(error))) lost.abort()
    }
  }
  const timer = setInterval(() => void look(), checkMs).unref()
  return { lost: lost.signal, stop: () => clearInterval(timer) }
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403
}
