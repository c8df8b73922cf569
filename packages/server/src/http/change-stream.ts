import { once } from 'node:events'
import type { Response } from 'express'
import { beat, beginStream, createBell, heartbeatMs } from './live-stream.ts'

/** So many ids may be waiting for a viewer that reads slowly; beyond that it is told to look at everything. */
const mostWaiting = 1_000

/** Tells which things of an organization have changed; null when changes may have been missed. */
interface Changes {
  follow(organizationId: string, follower: (id: string | null) => void): Promise<() => void>
}

/**
 * Streams what has changed, as server-sent events without ids: what was missed while nobody was connected is made good by
 * the event of null, a resync, that every stream begins with. What changes often is told of once to a viewer that has not
 * read of it yet. Ends when the viewer or its credential goes, or when the server drains.
 */
export async function streamChanges(
  changes: Changes,
  {
    organizationId,
    follow,
    signal,
    eventOf,
  }: { organizationId: string; follow: boolean; signal: AbortSignal; eventOf: (id: string | null) => object },
  response: Response,
): Promise<void> {
  const bell = createBell(signal)
  let waiting = new Set<string | null>([null])
  const leave = await changes.follow(organizationId, (id) => {
    if (id === null || waiting.size >= mostWaiting) waiting = new Set([null])
    else if (!waiting.has(null)) waiting.add(id)
    bell.ring()
  })
  const heartbeat = setInterval(() => beat(response), heartbeatMs).unref()
  try {
    beginStream(response)
    while (!signal.aborted) {
      const text = [...waiting].map((id) => `data: ${JSON.stringify(eventOf(id))}\n\n`).join('')
      waiting.clear()
      const hasRoom = text === '' || response.write(text)
      if (!follow) break
      if (!hasRoom) await once(response, 'drain', { signal }).catch(() => {})
      await bell.rung()
    }
    response.end()
  } finally {
    clearInterval(heartbeat)
    leave()
  }
}
