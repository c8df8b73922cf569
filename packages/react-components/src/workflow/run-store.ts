import type { RunEvent, RunState } from '@fairlead/core/workflow'
import { foldRunEvents } from '@fairlead/core/workflow'

/** What is known of a run while its events come in. A new object whenever something changed. */
export interface RunView {
  /** What the events so far add up to. */
  state: RunState
  /** `open` while more events may come, `ended` when the source finished, `failed` when it threw. */
  stream: 'open' | 'ended' | 'failed'
  /** What the source threw; null unless `stream` is `failed`. */
  error: unknown
}

/** The view before any event, and the one that a server renders. */
export const emptyRunView: RunView = { state: foldRunEvents([]), stream: 'open', error: null }

/** At most one fold and one rendering per frame: a fold copies the whole state, and a map emits thousands of events. */
const frameMs = 16

const stores = new WeakMap<AsyncIterable<RunEvent>, RunStore>()

/** The one store of a source, so that all components that show a run share one stream of its events. */
export function runStoreOf(source: AsyncIterable<RunEvent>): RunStore {
  const store = stores.get(source) ?? new RunStore(source)
  stores.set(source, store)
  return store
}

/**
 * Reads a source of events while anyone listens. The first listener opens the stream and the last one to leave closes it;
 * whoever comes back opens it again, and events that were folded before are passed over by their number.
 */
class RunStore {
  readonly #source: AsyncIterable<RunEvent>
  readonly #listeners = new Set<() => void>()
  #reading: AsyncIterator<RunEvent> | null = null
  #unfolded: RunEvent[] = []
  #frame: ReturnType<typeof setTimeout> | undefined
  #view = emptyRunView

  constructor(source: AsyncIterable<RunEvent>) {
    this.#source = source
  }

  readonly view = (): RunView => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#reading === null && this.#view.stream === 'open') void this.#read()
    return () => {
      this.#listeners.delete(listener)
      // React's strict mode, and a component that moves, leave and come back at once.
      queueMicrotask(() => this.#listeners.size === 0 && this.#close())
    }
  }

  async #read(): Promise<void> {
    const reading = this.#source[Symbol.asyncIterator]()
    this.#reading = reading
    try {
      for (let next = await reading.next(); !next.done; next = await reading.next()) {
        if (this.#reading !== reading) return
        this.#unfolded.push(next.value)
        this.#frame ??= setTimeout(() => this.#show('open'), frameMs)
      }
      if (this.#reading === reading) this.#finish('ended')
    } catch (error) {
      if (this.#reading === reading) this.#finish('failed', error)
    }
  }

  #finish(stream: 'ended' | 'failed', error: unknown = null): void {
    this.#reading = null
    this.#show(stream, error)
  }

  #show(stream: RunView['stream'], error: unknown = null): void {
    clearTimeout(this.#frame)
    this.#frame = undefined
    this.#view = { state: foldRunEvents(this.#unfolded, this.#view.state), stream, error }
    this.#unfolded = []
    for (const listener of this.#listeners) listener()
  }

  #close(): void {
    const reading = this.#reading
    if (reading === null) return
    this.#reading = null
    if (this.#unfolded.length > 0) this.#show(this.#view.stream)
    // Nobody is left to tell when the source cannot even stop.
    reading.return?.().catch(() => undefined)
  }
}
