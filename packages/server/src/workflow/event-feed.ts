import type { Database } from '../database/index.ts'
import { resyncPayload } from '../database/index.ts'
import { toRunEvent } from './event-row.ts'
import { listEvents } from './run-store.ts'
import { channels } from './signals.ts'

/** One event as it goes to a viewer. */
export interface EventFrame {
  seq: number
  /** A message of the event stream, complete. */
  text: string
  /** True for the last event that a run can have. */
  isLast: boolean
}

/** How many events of a run are read at once. */
const pageSize = 500
/** How many events of a run are kept for the viewers that are not far behind. */
const keptFrames = 2_000

/**
 * What every viewer of a run in this process reads from. One notification leads to one read of the database, however many
 * look on; who is further behind reads for itself until it has caught up.
 */
export class EventFeed {
  readonly viewers = new Set<() => void>()
  readonly #read: (after: number) => Promise<EventFrame[]>
  #frames: EventFrame[] = []
  /** The number of the last event in `#frames`, or where they begin. */
  #end: number | undefined
  #reading: Promise<void> | undefined
  #isStale = true

  constructor(read: (after: number) => Promise<EventFrame[]>) {
    this.#read = read
  }

  /** There may be more. */
  stir(): void {
    this.#isStale = true
    for (const wake of this.viewers) wake()
  }

  /** The events that follow a number, in order, without a gap; none when there are no more by now. */
  async after(seq: number): Promise<EventFrame[]> {
    this.#end ??= seq
    if (seq < (this.#frames[0]?.seq ?? this.#end + 1) - 1) return this.#read(seq)
    // Also who comes while a read is under way waits for what it brings.
    while (seq >= this.#end && (this.#isStale || this.#reading)) {
      this.#reading ??= this.#readOn()
      await this.#reading
    }
    return this.#frames.filter((frame) => frame.seq > seq)
  }

  async #readOn(): Promise<void> {
    this.#isStale = false
    try {
      const frames = await this.#read(this.#end!)
      if (frames.length === pageSize) this.#isStale = true
      this.#frames = [...this.#frames, ...frames].slice(-keptFrames)
      this.#end = frames.at(-1)?.seq ?? this.#end
    } catch (error) {
      this.#isStale = true
      throw error
    } finally {
      this.#reading = undefined
    }
  }
}

/** The feeds of the runs that somebody looks at. */
export class EventFeeds {
  readonly #database: Database
  readonly #feeds = new Map<string, EventFeed>()
  #unlisten: (() => Promise<void>) | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async open(): Promise<void> {
    this.#unlisten = await this.#database.listen(channels.events, (runId) => {
      if (runId !== resyncPayload) return this.#feeds.get(runId)?.stir()
      for (const feed of this.#feeds.values()) feed.stir()
    })
  }

  async close(): Promise<void> {
    await this.#unlisten?.()
  }

  /** Joins a run's feed; `wake` is called whenever there may be more. The returned function leaves it. */
  join(organizationId: string, runId: string, wake: () => void): { feed: EventFeed; leave: () => void } {
    let feed = this.#feeds.get(runId)
    if (!feed) {
      feed = new EventFeed((after) => this.#read(organizationId, runId, after))
      this.#feeds.set(runId, feed)
    }
    const joined = feed
    joined.viewers.add(wake)
    return {
      feed: joined,
      leave: () => {
        joined.viewers.delete(wake)
        if (joined.viewers.size === 0 && this.#feeds.get(runId) === joined) this.#feeds.delete(runId)
      },
    }
  }

  async #read(organizationId: string, runId: string, after: number): Promise<EventFrame[]> {
    const rows = await this.#database.withOrganization(organizationId, (db) => listEvents(db, runId, after, pageSize))
    return rows.map((row) => ({
      seq: row.seq,
      text: `id: ${row.seq}\ndata: ${JSON.stringify(toRunEvent(runId, row))}\n\n`,
      isLast: lastTypes.has(row.type),
    }))
  }
}

const lastTypes = new Set(['run.completed', 'run.failed', 'run.cancelled'])
