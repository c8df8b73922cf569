import type { ResumeRequest, Run, RunEvent, RunState } from '@fairlead/core/workflow'
import { foldRunEvents } from '@fairlead/core/workflow'
import { FairleadRunError } from '../error.ts'
import type { CallOptions, Transport } from '../transport.ts'
import { readEvents } from './event-source.ts'

export interface FollowOptions {
  /** `waiting` ends the iteration also when the run waits for a person; by default it ends with the run. */
  until?: 'waiting' | 'end'
  signal?: AbortSignal
}

/**
 * A run on the control plane. `for await (const event of run)` goes through its events, each once and in order, across
 * broken connections, until the run ends; another loop goes on where the one before stopped. `state()` is what the events
 * seen so far add up to.
 */
export class RunHandle implements AsyncIterable<RunEvent> {
  readonly id: string
  readonly #transport: Transport
  #state: RunState = foldRunEvents([])
  /** Seen, and not in the state yet: a fold copies the whole state, so it waits until somebody asks. */
  #unfolded: RunEvent[] = []

  constructor(transport: Transport, id: string) {
    this.#transport = transport
    this.id = id
  }

  [Symbol.asyncIterator](): AsyncGenerator<RunEvent, void, undefined> {
    return this.events()
  }

  /**
   * The events that this handle has not gone through yet. Throws `FairleadConnectionError` when the connection can't be
   * made again, and the signal's reason.
   */
  async *events({ until = 'end', signal }: FollowOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    const { finishedAt, lastSeq } = this.state()
    if (finishedAt !== null) return
    for await (const event of readEvents(this.#transport, { runId: this.id, after: lastSeq, signal })) {
      this.#unfolded.push(event)
      yield event
      if (until === 'waiting' && event.type === 'run.waiting') return
    }
  }

  /** What the events that this handle has gone through add up to. */
  state(): RunState {
    if (this.#unfolded.length > 0) this.#state = foldRunEvents(this.#unfolded.splice(0), this.#state)
    return this.#state
  }

  /**
   * Waits for the run's end and gives its outputs by name; whoever is asked meanwhile has to answer. Throws
   * `FairleadRunError` when the run failed or was cancelled.
   */
  async result({ signal }: { signal?: AbortSignal } = {}): Promise<Record<string, unknown>> {
    for await (const _event of this.events(signal ? { signal } : {})) {
      // Only the state at the end matters.
    }
    // Without a last event among those seen, the run had ended before they were asked for.
    const state = this.state()
    const { status, output, error } = state.finishedAt === null ? await this.get() : state
    if (status === 'completed' && output) return output
    throw new FairleadRunError(this.id, status === 'cancelled' ? 'cancelled' : 'failed', error)
  }

  /** The run as it is stored now, with its input, output and questions. */
  async get(options?: CallOptions): Promise<Run> {
    return (await this.#transport.call('getRun', { params: { id: this.id } }, options)).body
  }

  /**
   * Answers the question at one address. Throws a `FairleadApiError` with code `run.interrupt_closed` when it was answered
   * before, or cancelled with its run or a container around it that failed, and `run.invalid_answer` when the answer does
   * not fit; the question stays open then.
   */
  async resume(answer: ResumeRequest, options?: CallOptions): Promise<Run> {
    return (await this.#transport.call('resumeRun', { params: { id: this.id }, body: answer }, options)).body
  }

  /** Asks for the run to end now; its last event says when it has. Throws `run.finished` when it had ended before. */
  async cancel(options?: CallOptions): Promise<Run> {
    return (await this.#transport.call('cancelRun', { params: { id: this.id } }, options)).body
  }
}
