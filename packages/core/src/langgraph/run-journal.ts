import type {
  ClaimedRun,
  JournalEntry,
  PendingInterrupt,
  RunBatch,
  RunTransport,
  TimedEvent,
} from '../workflow/index.ts'
import type { Journal } from './context.ts'

/** How long an event that nothing waits for may lie before it is sent, in ms. */
const eventPatienceMs = 20
/** The same for the entry of a last node: the end of the run mostly comes sooner and takes it along. */
const lastPatienceMs = 5

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
  readonly #store: (batch: RunBatch) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  #batch: RunBatch = emptyBatch()
  #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #sending: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The patience that the timer was set with. */
  #timerMs = 0
  /** Entries that are not stored yet. */
  #pending = 0
  #failure: { error: unknown } | undefined
  /** How many entries this claim has recorded. */
  recorded = 0

  /** `onFailure` hears of a batch that could not be stored: the run must be dropped then. */
  constructor(claim: ClaimedRun, transport: Pick<RunTransport, 'record'>, onFailure: (error: unknown) => void) {
    this.#entries = new Map(claim.journal.map((entry) => [entry.address, entry]))
    this.#emitted = new Set(
      claim.emitted.map((event) => `${event.type} ${event.address} ${event.attempt ?? event.pass}`),
    )
    for (const { type, address, attempt } of claim.emitted) {
      if (type !== 'node.started' || address === null) continue
      this.#attempts.set(address, Math.max(attempt ?? 1, this.#attempts.get(address) ?? 0))
    }
    this.#store = (batch) => transport.record(claim.lease, batch)
    this.#onFailure = onFailure
  }

  read(address: string): JournalEntry | undefined {
    return this.#entries.get(address)
  }

  attemptsBefore(address: string): number {
    return this.#attempts.get(address) ?? 0
  }

  record(entry: JournalEntry, events: readonly TimedEvent[], isLast = false): void {
    this.recorded++
    this.#pending++
    this.#entries.set(entry.address, entry)
    this.#batch.entries.push(entry)
    for (const event of events) this.#add(event)
    this.#flushSoon(isLast ? lastPatienceMs : 0)
  }

  async settled(): Promise<void> {
    if (this.#failure) throw this.#failure.error
    if (this.#pending === 0) return
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#flushSoon(0)
    })
  }

  emit(event: TimedEvent): void {
    if (this.#add(event)) this.#flushSoon(eventPatienceMs)
  }

  ask(question: PendingInterrupt): void {
    this.#batch.questions.push(question)
    this.#flushSoon(eventPatienceMs)
  }

  /** Stores everything, also the events that nothing waits for. */
  async flush(): Promise<void> {
    while (!this.#failure && (this.#sending || !isEmpty(this.#batch))) {
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
    this.#stopTimer()
    const batch = this.#batch
    this.#batch = emptyBatch()
    this.#pending = 0
    return batch
  }

  #add(event: TimedEvent): boolean {
    const key = keyOf(event)
    if (this.#emitted.has(key)) return false
    this.#emitted.add(key)
    this.#batch.events.push(event)
    return true
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
    while (!isEmpty(this.#batch)) {
      const [batch, waiters] = [this.#batch, this.#waiters]
      this.#batch = emptyBatch()
      this.#waiters = []
      try {
        await this.#store(batch)
        for (const { resolve } of waiters) resolve()
      } catch (error) {
        this.#failure = { error }
        for (const { reject } of waiters) reject(error)
        this.#refuse(error)
        this.#onFailure(error)
        break
      }
      this.#pending -= batch.entries.length
      if (this.#pending === 0) this.#release()
      if (this.#waiters.length === 0) break
    }
    this.#sending = undefined
    if (this.#failure || isEmpty(this.#batch)) return
    this.#flushSoon(this.#pending > 0 ? 0 : eventPatienceMs)
  }

  /** Those who asked while the last entries were on their way. */
  #release(): void {
    for (const { resolve } of this.#waiters) resolve()
    this.#waiters = []
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

function emptyBatch(): RunBatch {
  return { entries: [], questions: [], events: [] }
}

function isEmpty({ entries, questions, events }: RunBatch): boolean {
  return entries.length === 0 && questions.length === 0 && events.length === 0
}
