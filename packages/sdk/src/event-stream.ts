import { FairleadConnectionError } from './error.ts'
import type { Surroundings } from './retry.ts'
import { EventStreamParser } from './sse.ts'

/** A server that is silent for so long, although it has a heartbeat every 15 s, is dead. */
const silenceMs = 45_000
/** A connection that was open for so long was a good one: what cut it may do so as often as it likes. */
const steadyMs = 5_000

/** One connection to an event stream, closed as soon as the server has been silent for too long while something was awaited. */
export class EventStream {
  readonly #surroundings: Pick<Surroundings, 'now' | 'after'>
  readonly #controller = new AbortController()
  readonly #signal: AbortSignal
  readonly #parser = new EventStreamParser()
  #response: Response | null = null
  #openedAt = 0
  #openMs = 0
  #isDead = false

  constructor(surroundings: Pick<Surroundings, 'now' | 'after'>, signal: AbortSignal | undefined) {
    this.#surroundings = surroundings
    this.#signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal
  }

  /** The reconnection time that the server asked for. */
  get retryMs(): number | undefined {
    return this.#parser.retryMs
  }

  /** After it is closed: whether it was open for long, and not just silent. */
  get wasSteady(): boolean {
    return !this.#isDead && this.#response !== null && this.#openMs >= steadyMs
  }

  /** False when the server says that there is nothing to follow. Throws like `connect`. */
  async open(connect: (signal: AbortSignal) => Promise<Response | null>): Promise<boolean> {
    this.#response = await this.#awaited(connect(this.#signal))
    this.#openedAt = this.#surroundings.now()
    return this.#response !== null
  }

  /** What the messages say, as JSON. Throws `FairleadConnectionError` where the stream is cut, or says something else. */
  async *events<Event>(): AsyncGenerator<Event, void, undefined> {
    const reader = this.#response!.body!.getReader()
    const decoder = new TextDecoder()
    for (;;) {
      const { value, done } = await this.#awaited(reader.read()).catch((error) => {
        throw connectionError(this.#isDead ? this.#controller.signal.reason : error)
      })
      if (done) return
      // As a stream, since a character may come in two pieces.
      for (const { data } of this.#parser.feed(decoder.decode(value, { stream: true }))) yield eventIn(data)
    }
  }

  close(): void {
    this.#openMs = this.#surroundings.now() - this.#openedAt
    this.#controller.abort()
  }

  /** Only while the reader waits for the server: a reader that takes its time does not make the server silent. */
  #awaited<Value>(work: Promise<Value>): Promise<Value> {
    const stop = this.#surroundings.after(silenceMs, () => {
      this.#isDead = true
      this.#controller.abort(new Error(`nothing came for ${silenceMs} ms`))
    })
    return work.finally(stop)
  }
}

function eventIn<Event>(data: string): Event {
  try {
    return JSON.parse(data)
  } catch (error) {
    throw connectionError(error)
  }
}

function connectionError(cause: unknown): FairleadConnectionError {
  return new FairleadConnectionError(cause instanceof Error ? cause.message : String(cause), { cause })
}
