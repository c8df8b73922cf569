import type { Surroundings } from './retry.ts'

/** Chance, and waiting that keeps no process alive. */
export const backgroundSurroundings: Pick<Surroundings, 'now' | 'random' | 'after'> = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(delayMs, callBack) {
    const timer: unknown = setTimeout(callBack, delayMs)
    // A number in browsers.
    ;(timer as { unref?(): void }).unref?.()
    return () => clearTimeout(timer as number)
  },
}

interface Channels {
  subscribe?(name: string, listener: (sending: Sending) => void): void
}

interface Sending {
  request: { path: string }
  socket: { unref?(): void }
}

/**
 * Lets Node end although the stream at a path is open, as it may for ever: a script that only got a prompt is to end when
 * its work is done. Node has no option for this; it does tell which connection a request goes out on. Elsewhere, where
 * nothing waits for connections, this does nothing.
 */
export function releaseProcess(path: string): void {
  if (released.has(path)) return
  released.add(path)
  const host = globalThis as { process?: { getBuiltinModule?(name: string): Channels } }
  const channels = host.process?.getBuiltinModule?.('node:diagnostics_channel')
  channels?.subscribe?.('undici:client:sendHeaders', ({ request, socket }) => {
    if (request.path.endsWith(path)) socket.unref?.()
  })
}

const released = new Set<string>()
