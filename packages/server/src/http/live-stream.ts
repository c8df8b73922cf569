import type { Response } from 'express'

/** After which time a viewer whose stream has broken shall connect again, in ms. */
const reconnectMs = 1_000
/** Between two signs of life, in ms: proxies close what is silent for a minute. */
export const heartbeatMs = 15_000

/** Begins a stream of server-sent events that nothing on its way may keep back. */
export function beginStream(response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  })
  response.write(`retry: ${reconnectMs}\n\n`)
}

/** A sign of life, which is no event. */
export function beat(response: Response): void {
  response.write(': alive\n\n')
}

/** Remembers that it was rung, so that nothing that happens between two waits is missed. */
export function createBell(signal: AbortSignal) {
  let isRung = false
  let answer = () => {}
  const ring = () => {
    isRung = true
    answer()
  }
  signal.addEventListener('abort', ring, { once: true })
  return {
    ring,
    rung: () =>
      new Promise<void>((resolve) => {
        answer = () => {
          isRung = false
          answer = () => {}
          resolve()
        }
        if (isRung || signal.aborted) answer()
      }),
  }
}
