import type { Surroundings } from '../../retry.ts'
import { realSurroundings } from '../../retry.ts'

/** Waiting that keeps no process alive. */
export const backgroundSurroundings: Surroundings = {
  ...realSurroundings,
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      const stop = backgroundSurroundings.after(delayMs, resolve)
      signal?.addEventListener('abort', () => {
        stop()
        reject(signal.reason)
      })
    }),
  after(delayMs, callBack) {
    const timer: unknown = setTimeout(callBack, delayMs)
    // A number in browsers.
    ;(timer as { unref?(): void }).unref?.()
    return () => clearTimeout(timer as number)
  },
}

interface Sending {
  request: { path: string }
  socket: { unref?(): void }
}

let isReleasing = false

/**
 * Lets Node end although the stream at a path is open, as it may for ever: a script that only got a prompt is to end when
 * its work is done. Node has no option for this; it does tell which connection a request goes out on. Elsewhere, where
 * nothing waits for connections, this does nothing.
 */
export function releaseProcess(path: string): void {
  if (isReleasing) return
  isReleasing = true
  const host = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const channels = host.process?.getBuiltinModule?.('node:diagnostics_channel') as
    | { subscribe?(name: string, listener: (sending: Sending) => void): void }
    | undefined
  channels?.subscribe?.('undici:client:sendHeaders', ({ request, socket }) => {
    if (request.path.endsWith(path)) socket.unref?.()
  })
}
