import { FairleadError } from '../base/index.ts'
import type {
  ClaimedRun,
  JournalEntry,
  PendingInterrupt,
  RunBatch,
  RunTransport,
  TimedEvent,
} from '../workflow/index.ts'
import type { Journal, RecordHints } from './context.ts'

/** How long an event that nothing waits for may lie before it is sent, in ms. */
const eventPatienceMs = 20
/** The same for the entry of a last node: the end of the run mostly comes sooner and takes it along. */
const lastPatienceMs = 5
/** What a run may record in all, in UTF-16 units of JSON text: its memory, and that of whoever takes it up. */
const maxRunSize = 64 * 1024 * 1024
/** A batch ends behind the entry that reaches this size. */
const maxBatchSize = 8 * 1024 * 1024

/** What is stored together or not at all. */
interface Unit {
  entry?: JournalEntry
  question?: PendingInterrupt
  events: readonly TimedEvent[]
  size: number
}

/**
 * The memory of one claimed run. What a node recorded is sent at once, so that it is on its way while the graph finds
 * out what comes next; a last node's goes with the end of the run. While one batch is on its way, entries and events
 * gather for the next: a map that finishes a hundred items at once costs a few transactions, not a hundred. Events keep their order with the entries.
 * What earlier claims have emitted is recognised and not emitted again.
 */
export class RunJournal implements Journal {
  readonly #entries: Map<string, JournalEntry>
  readonly #emitted: Set<string>
  readonly #attempts = new Map<string, number>()
  /** The addresses of all that has failed, also in earlier claims; leaves among them have nothing inside. */
  readonly #failed: Set<string>
  readonly #store: (batch: RunBatch) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #units: Unit[] = []
  /** Those who wait until so many entries are stored. */
  #waiters: { upTo: number; resolve: () => void; reject: (error: unknown) => void }[] = []
  #sending: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The patience that the timer was set with. */
  #timerMs = 0
  #failure: { error: unknown } | undefined
  /** How many entries this claim has recorded. */
  recorded = 0
  /** How many of those are stored, or handed over with the end. */
  #stored = 0
  /** Of all that the run has recorded. */
  #size = 0

  /** `onFailure` hears of a batch that could not be stored: the run must be dropped then. */
  constructor(claim: ClaimedRun, transport: Pick<RunTransport, 'record'>, onFailure: (error: unknown) => void) {
    this.#entries = new Map(claim.journal.map((entry) => [entry.address, entry]))
    this.#emitted = new Set(
      claim.emitted.map((event) => `${event.type} ${event.address} ${event.attempt ?? event.pass}`),
    )
    this.#failed = new Set(
      claim.emitted.flatMap(({ type, address }) => (type === 'node.failed' ? (address ?? []) : [])),
    )
    for (const { type, address, attempt } of claim.emitted) {
      if (type !== 'node.started' || address === null) continue
      this.#attempts.set(address, Math.max(attempt ?? 1, this.#attempts.get(address) ?? 0))
    }
    for (const { output } of claim.journal) this.#size += JSON.stringify(output ?? null).length
    this.#store = (batch) => transport.record(claim.lease, batch)
    this.#onFailure = onFailure
  }

  read(address: string): JournalEntry | undefined {
    return this.#entries.get(address)
  }

  attemptsBefore(address: string): number {
    return this.#attempts.get(address) ?? 0
  }

  record(entry: JournalEntry, events: readonly TimedEvent[], { size, isLast }: RecordHints): void {
    if (size > 0 && this.#size + size > maxRunSize) throw tooLarge(entry)
    this.#size += size
    this.recorded++
    this.#entries.set(entry.address, entry)
    this.#units.push({ entry, events: events.filter((event) => this.#isNew(event)), size })
    this.#flushSoon(isLast ? lastPatienceMs : 0)
  }

  async settled(): Promise<void> {
    if (this.#failure) throw this.#failure.error
    const upTo = this.recorded
    if (upTo === this.#stored) return
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ upTo, resolve, reject })
      this.#flushSoon(0)
    })
  }

  emit(event: TimedEvent): void {
    if (event.type === 'node.failed') this.#failed.add(event.address)
    if (!this.#isNew(event) || (event.type === 'node.waiting' && this.isCutOff(event.address))) return
    this.#units.push({ events: [event], size: 0 })
    this.#flushSoon(eventPatienceMs)
  }

  ask(question: PendingInterrupt): void {
    if (this.isCutOff(question.address)) return
    this.#units.push({ question, events: [], size: 0 })
    this.#flushSoon(eventPatienceMs)
  }

  /**
   * True for what lies inside a container that has failed, so that nobody is asked there any more. A replay may come to a
   * question that the run did not come to before its container failed; the container will fail again.
   */
  isCutOff(address: string): boolean {
    if (this.#failed.size === 0) return false
    for (let at = address.indexOf('['); at >= 0; at = address.indexOf('[', at + 1)) {
      if (this.#failed.has(address.slice(0, at))) return true
    }
    return false
  }

  /** Stores everything, also the events that nothing waits for. */
  async flush(): Promise<void> {
    while (!this.#failure && (this.#sending || this.#units.length > 0)) {
      this.#flushSoon(0)
      await this.#sending
    }
    if (this.#failure) throw this.#failure.error
  }

  /** Takes what has not been sent yet, once nothing is on its way: the last batch goes with the end of the claim. */
  async drain(): Promise<RunBatch> {
    this.#stopTimer()
    await this.#sending
    if (this.#failure) throw this.#failure.error
    if (this.#units.reduce((sum, { size }) => sum + size, 0) > maxBatchSize) await this.flush()
    this.#stopTimer()
    this.#stored = this.recorded
    return this.#take()
  }

  #isNew(event: TimedEvent): boolean {
    const key = keyOf(event)
    if (this.#emitted.has(key)) return false
    this.#emitted.add(key)
    return true
  }

  /** The next batch, in the order in which things happened. */
  #take(): RunBatch {
    let size = 0
    let count = 0
    while (count < this.#units.length && size < maxBatchSize) size += this.#units[count++]!.size
    const taken = this.#units.splice(0, count)
    return {
      entries: taken.flatMap(({ entry }) => entry ?? []),
      questions: taken.flatMap(({ question }) => question ?? []),
      events: taken.flatMap(({ events }) => events),
    }
  }

  #flushSoon(delayMs: number): void {
    if (this.#sending || this.#failure) {
      if (this.#failure) this.#refuse(this.#failure.error)
      return
    }
    if (delayMs === 0) {
      this.#stopTimer()
      this.#sending = this.#send()
    } else if (this.#timer === undefined || delayMs < this.#timerMs) {
      this.#stopTimer()
      this.#timer = setTimeout(() => this.#flushSoon(0), delayMs)
      this.#timerMs = delayMs
    }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #send(): Promise<void> {
    // One turn of the event loop's microtasks: nodes that act together are recorded together.
    await Promise.resolve()
    while (this.#units.length > 0) {
      const batch = this.#take()
      try {
        await this.#store(batch)
      } catch (error) {
        this.#failure = { error }
        this.#refuse(error)
        this.#onFailure(error)
        break
      }
      this.#stored += batch.entries.length
      for (const { resolve } of this.#waiters.filter(({ upTo }) => upTo <= this.#stored)) resolve()
      this.#waiters = this.#waiters.filter(({ upTo }) => upTo > this.#stored)
      if (this.#waiters.length === 0) break
    }
    this.#sending = undefined
    if (this.#failure || this.#units.length === 0) return
    this.#flushSoon(this.recorded > this.#stored ? 0 : eventPatienceMs)
  }

  #refuse(error: unknown): void {
    for (const { reject } of this.#waiters) reject(error)
    this.#waiters = []
  }
}

function keyOf(event: TimedEvent): string {
  if (!('address' in event)) return `${event.type} null ${'attempt' in event ? event.attempt : undefined}`
  const count = 'attempt' in event ? event.attempt : event.type === 'node.progress' ? (event.pass ?? null) : null
  return `${event.type} ${event.address} ${count}`
}

function tooLarge({ nodeId }: JournalEntry): FairleadError {
  const megabytes = maxRunSize / 1024 / 1024
  const advice = 'Keep large values elsewhere and pass references to them, or split the run.'
  return new FairleadError(
    'run.too_large',
    `What the run has recorded would come to more than ${megabytes} MB with the output of "${nodeId}". ${advice}`,
  )
}
