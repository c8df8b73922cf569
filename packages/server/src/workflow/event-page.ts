import type { ScopedDb } from '../database/index.ts'
import { toRunEvent } from './event-row.ts'
import { listEvents } from './run-store.ts'

/** One event as it goes to a viewer. */
export interface EventFrame {
  seq: number
  /** A message of the event stream, complete. */
  text: string
  /** True for the last event that a run can have. */
  isLast: boolean
}

/** Events of a run in their order; `hasMore` says that others followed them when they were read. */
export interface EventPage {
  frames: EventFrame[]
  hasMore: boolean
}

/** How many events a page has at most, and about how long their texts are together. */
const pageSize = 500
const pageLength = 1_000_000
/** How many events are read at once: each may be megabytes. */
const batchSize = 16
const lastTypes = new Set(['run.completed', 'run.failed', 'run.cancelled'])

/** The events that follow a number, as many as make a page. */
export async function readPage(db: ScopedDb, runId: string, after: number): Promise<EventPage> {
  const frames: EventFrame[] = []
  let length = 0
  while (frames.length < pageSize && length < pageLength) {
    const rows = await listEvents(db, runId, frames.at(-1)?.seq ?? after, batchSize)
    for (const row of rows) {
      const text = `id: ${row.seq}\ndata: ${JSON.stringify(toRunEvent(runId, row))}\n\n`
      frames.push({ seq: row.seq, text, isLast: lastTypes.has(row.type) })
      length += text.length
    }
    if (rows.length < batchSize) return { frames, hasMore: false }
  }
  return { frames, hasMore: true }
}
