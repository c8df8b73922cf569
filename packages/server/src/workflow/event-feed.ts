import type { Database } from '../database/index.ts'
import { resyncPayload } from '../database/index.ts'
import { heartbeatMs } from '../http/index.ts'
import type { EventFrame, EventPage } from './event-page.ts'
import { readPage } from './event-page.ts'
import { unknownRun } from './run-service.ts'
import { findRunHead } from './run-store.ts'
import { channels } from './signals.ts'

/** Who looks at a run. */
export interface Viewer {
  /** There may be more. */
  wake(): void
  /** A sign of life is due: proxies close what is silent for a minute. */
  beat(): void
}

/** How many events of a run are kept for the viewers that are not far behind, and how long their texts may be together. */
const keptFrames = 2_000
const keptLength = 8_000_000

/**
 * What every viewer of a run in this process reads from. One notification leads to one read of the database, however many
 * look on, and so does one heartbeat; who is further behind reads for itself until it has caught up.
 */
export class EventFeed {
  readonly #viewers = new Set<Viewer>()
  readonly #read: (after: number) => Promise<EventPage>
  #heartbeat: NodeJS.Timeout | undefined
  #frames: EventFrame[] = []
  /** The number of the last event in `#frames`, or where they begin. */
  #end: number | undefined
  #reading: Promise<void> | undefined
  #isStale = true

  constructor(read: (after: number) => Promise<EventPage>) {
    this.#read = read
  }

  get isWatched(): boolean {
    return this.#viewers.size > 0
  }

  enter(viewer: Viewer): void {
    this.#viewers.add(viewer)
    this.#heartbeat ??= setInterval(() => this.#beat(), heartbeatMs).unref()
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    if (this.isWatched) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }

  /** There may be more. */
  stir(): void {
    this.#isStale = true
    for (const viewer of this.#viewers) viewer.wake()
  }

  #beat(): void {
    for (const viewer of this.#viewers) viewer.beat()
    // Should a notification have been lost, the run is looked at again anyway.
    this.stir()
  }

  /** The events that follow a number, in order, without a gap; none when there are no more by now. */
  async after(seq: number): Promise<EventFrame[]> {
    this.#end ??= seq
    if (seq < (this.#frames[0]?.seq ?? this.#end + 1) - 1) return (await this.#read(seq)).frames
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
      const { frames, hasMore } = await this.#read(this.#end!)
      if (hasMore) this.#isStale = true
      this.#frames = latest([...this.#frames, ...frames])
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

  /** Joins a run's feed; the returned function leaves it. */
  join(organizationId: string, runId: string, viewer: Viewer): { feed: EventFeed; leave: () => void } {
    const feed = this.#feeds.get(runId) ?? new EventFeed((after) => this.#read(organizationId, runId, after))
    this.#feeds.set(runId, feed)
    feed.enter(viewer)
    return {
      feed,
      leave: () => {
        feed.leave(viewer)
        if (!feed.isWatched && this.#feeds.get(runId) === feed) this.#feeds.delete(runId)
      },
    }
  }

  /** The number of a run's last event by now, and whether it was the last for good. Throws `run.not_found`. */
  async endOf(organizationId: string, runId: string): Promise<{ lastSeq: number; isFinal: boolean }> {
    const run = await this.#database.withOrganization(organizationId, (db) => findRunHead(db, runId))
    if (!run) throw unknownRun(runId)
    return { lastSeq: run.event_seq, isFinal: run.finished_at !== null }
  }

  #read(organizationId: string, runId: string, after: number): Promise<EventPage> {
    return this.#database.withOrganization(organizationId, (db) => readPage(db, runId, after))
  }
}

/** The newest of the frames that may be kept; the last one always. */
function latest(frames: readonly EventFrame[]): EventFrame[] {
  let begin = Math.max(0, frames.length - 1)
  let length = frames[begin]?.text.length ?? 0
  while (begin > 0 && frames.length - begin < keptFrames) {
    length += frames[begin - 1]!.text.length
    if (length > keptLength) break
    begin--
  }
  return frames.slice(begin)
}
