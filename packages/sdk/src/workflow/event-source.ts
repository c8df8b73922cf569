import type { RunEvent } from '@fairlead/core/workflow'
import { FairleadApiError, FairleadConnectionError } from '../error.ts'
import { delayBefore } from '../retry.ts'
import { EventStreamParser } from '../sse.ts'
import type { Transport } from '../transport.ts'

/** Attempts in a row that bring nothing, before giving up: about half a minute, as long as a restart takes. */
const maxAttempts = 10
/** A server that is silent for so long, although it has a heartbeat every 15 s, is dead. */
const silenceMs = 45_000
/** A connection that was open for so long was a good one: what cut it may do so as often as it likes. */
const steadyMs = 5_000
/** The most that a stream's own `retry` is heeded. */
const longestRetryMs = 30_000
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * The events of a run after a number, in order, each once, until its last one: connects again, from where it was, when
 * the connection breaks or the server shuts down, for as long as the run takes. Throws `FairleadConnectionError` when
 * that does not help, and `FairleadApiError` when it is refused.
 */
export async function* readEvents(
  transport: Transport,
  { runId, after, signal }: { runId: string; after: number; signal: AbortSignal | undefined },
): AsyncGenerator<RunEvent, void, undefined> {
  let lastSeq = after
  let retryMs = 0
  let failures = 0
  for (;;) {
    const connection = new Connection(transport, signal)
    let failure: Error
    try {
      if (!(await connection.open(runId, lastSeq))) return
      for await (const event of connection.events()) {
        if (event.seq <= lastSeq) continue
        if (event.seq > lastSeq + 1) throw new FairleadConnectionError(`event ${lastSeq + 1} was left out`)
        lastSeq = event.seq
        failures = 0
        yield event
        if (isLast(event)) return
      }
      failure = new FairleadConnectionError('the stream ended')
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (!isPassing(error)) throw error
      failure = error
    } finally {
      // Also when the reader has left the loop: the connection is of no use to anybody.
      connection.close()
    }
    failures = connection.wasSteady ? 1 : failures + 1
    retryMs = Math.min(connection.retryMs ?? retryMs, longestRetryMs)
    const retryAfter = failure instanceof FairleadApiError ? failure.retryAfter : null
    const pauseMs = failures < maxAttempts ? delayBefore(failures, retryAfter, transport.surroundings) : undefined
    if (pauseMs === undefined) throw broken(runId, lastSeq, failure)
    const retry = {
      endpoint: 'streamRunEvents' as const,
      attempt: failures,
      delayMs: retryMs + pauseMs,
      error: failure,
    }
    await transport.pause(retry, signal)
  }
}

/** One connection, which is closed as soon as the server has been silent for too long while something was awaited. */
class Connection {
  readonly #transport: Transport
  readonly #controller = new AbortController()
  readonly #signal: AbortSignal
  readonly #parser = new EventStreamParser()
  #response: Response | null = null
  #openedAt = 0
  #openMs = 0
  #isDead = false

  constructor(transport: Transport, signal: AbortSignal | undefined) {
    this.#transport = transport
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

  /** False when there is nothing to follow: the run has ended, and all of it was seen. */
  async open(runId: string, lastSeq: number): Promise<boolean> {
    const headers: Record<string, string> = lastSeq > 0 ? { 'Last-Event-ID': String(lastSeq) } : {}
    const sent = { params: { id: runId } }
    this.#response = await this.#awaited(this.#transport.open('streamRunEvents', sent, headers, this.#signal))
    this.#openedAt = this.#transport.surroundings.now()
    return this.#response !== null
  }

  async *events(): AsyncGenerator<RunEvent, void, undefined> {
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
    this.#openMs = this.#transport.surroundings.now() - this.#openedAt
    this.#controller.abort()
  }

  /** Only while the reader waits for the server: a reader that takes its time does not make the server silent. */
  #awaited<Value>(work: Promise<Value>): Promise<Value> {
    const stop = this.#transport.surroundings.after(silenceMs, () => {
      this.#isDead = true
      this.#controller.abort(new Error(`nothing came for ${silenceMs} ms`))
    })
    return work.finally(stop)
  }
}

function eventIn(data: string): RunEvent {
  try {
    return JSON.parse(data)
  } catch (error) {
    throw connectionError(error)
  }
}

function isLast({ type }: RunEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled'
}

function isPassing(error: unknown): error is Error {
  return error instanceof FairleadApiError ? passing.has(error.status) : error instanceof FairleadConnectionError
}

function connectionError(cause: unknown): FairleadConnectionError {
  return new FairleadConnectionError(cause instanceof Error ? cause.message : String(cause), { cause })
}

function broken(runId: string, lastSeq: number, failure: Error): Error {
  if (failure instanceof FairleadApiError) return failure
  const message = `The events of the run ${runId} can't be followed beyond number ${lastSeq}: ${failure.message}`
  return new FairleadConnectionError(message, { cause: failure })
}
