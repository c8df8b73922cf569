import { once } from 'node:events'
import type { Response } from 'express'
import { beat, beginStream, createBell } from '../http/index.ts'
import type { EventFeeds } from './event-feed.ts'

export interface StreamRequest {
  organizationId: string
  runId: string
  /** The number of the last event that the viewer has. */
  after: number
  /** Whether to stay until the run ends. */
  follow: boolean
  signal: AbortSignal
}

/**
 * Streams a run's events from a number on, as server-sent events whose ids are the sequence numbers. Ends after the run's
 * last event, when the viewer or its credential goes, or when the server drains; a viewer that comes back with `Last-Event-ID` misses
 * nothing and gets nothing twice. A viewer that reads slowly holds up nobody but itself.
 */
export async function streamEvents(feeds: EventFeeds, request: StreamRequest, response: Response): Promise<void> {
  const { organizationId, runId, follow, signal } = request
  const bell = createBell(signal)
  const { feed, leave } = feeds.join(organizationId, runId, { wake: bell.ring, beat: () => beat(response) })
  try {
    beginStream(response)
    let { after } = request
    while (!signal.aborted) {
      const frames = await feed.after(after)
      if (frames.length === 0) {
        if (!follow) break
        await bell.rung()
        continue
      }
      after = frames.at(-1)!.seq
      const hasRoom = response.write(frames.map(({ text }) => text).join(''))
      if (frames.at(-1)!.isLast) break
      if (!hasRoom) await once(response, 'drain', { signal }).catch(() => {})
    }
    response.end()
  } finally {
    leave()
  }
}
