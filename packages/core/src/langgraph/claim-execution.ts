import { INTERRUPT, isGraphDrained, RunControl } from '@langchain/langgraph'
import type { Clock } from '../base/index.ts'
import { FairleadError } from '../base/index.ts'
import type {
  ClaimedRun,
  PendingInterrupt,
  RunBatch,
  RunError,
  RunEventBody,
  RunOutcome,
  RunTransport,
} from '../workflow/index.ts'
import type { CompiledWorkflow } from './compile.ts'
import type { RunContext } from './context.ts'
import { NodeFailure } from './failure.ts'
import { maxOutputsSize, recordable, recordableMessage } from './recordable.ts'
import { RunJournal } from './run-journal.ts'
import type { TransportSaver } from './transport-saver.ts'

/** After so many recorded executions a run stores a checkpoint, so that a replay is never longer than that. */
const stepsPerSnapshot = 500

interface ExecutionParts {
  claim: ClaimedRun
  compile: () => CompiledWorkflow
  transport: RunTransport
  saver: TransportSaver
  clock: Clock
}

/** One claim of a run, from the graph's first step to the answer that the transport gets. */
export class ClaimExecution {
  readonly #parts: ExecutionParts
  readonly #journal: RunJournal
  readonly #abort = new AbortController()
  readonly #questions = new Map<string, PendingInterrupt>()
  #control = new RunControl()
  #stop: 'drain' | 'cancel' | 'drop' | undefined
  #dropCause: unknown

  constructor(parts: ExecutionParts) {
    this.#parts = parts
    this.#journal = new RunJournal(parts.claim, parts.transport, (cause) => this.drop(cause))
  }

  /** Stops between two steps and gives the run back. */
  drain(): void {
    this.#stop ??= 'drain'
    this.#control.requestDrain('drain')
  }

  /** Stops what is running at once; the run ends cancelled. */
  cancel(): void {
    this.#stop = 'cancel'
    this.#abort.abort(new FairleadError('run.cancelled', 'The run was cancelled.'))
  }

  /** Stops at once and writes nothing more: the lease is lost, or the transport does not answer. */
  drop(cause?: unknown): void {
    this.#stop = 'drop'
    this.#dropCause ??= cause
    this.#abort.abort(new FairleadError('run.lease_lost', 'The run is no longer held by this worker.'))
  }

  /** Never rejects. Answers for the log why the transport could not be told, if it could not. */
  async run(): Promise<unknown> {
    const { claim, transport, saver } = this.#parts
    try {
      // A first worker may have died before it could tell of anything.
      const isKnown = claim.emitted.some(({ type }) => type === 'run.started')
      this.#announce(isKnown ? { type: 'run.resumed', attempt: claim.lease.attempt } : { type: 'run.started' })
      if (claim.cancelRequested) this.cancel()
      const outcome = await this.#outcome()
      if (this.#stop === 'drop') return await this.#failed()
      if (outcome.status === 'waiting' || outcome.status === 'released') await this.#saveSnapshot()
      await transport.finish(claim.lease, outcome, await this.#lastBatch(outcome))
      return undefined
    } catch (error) {
      return this.#stop === 'drop' ? await this.#failed() : error
    } finally {
      await saver.close(claim.lease)
    }
  }

  /** What was dropped is left to the next claim, unless that would only come to the same point again. */
  async #failed(): Promise<unknown> {
    const cause = this.#dropCause
    if (!(cause instanceof FairleadError) || cause.code !== 'run.unrecordable') return cause
    const error = { code: cause.code, message: cause.message }
    const event = { type: 'run.failed' as const, error, at: new Date(this.#parts.clock()).toISOString() }
    const last: RunBatch = { entries: [], questions: [], events: [event] }
    try {
      await this.#parts.transport.finish(this.#parts.claim.lease, { status: 'failed', error }, last)
      return undefined
    } catch {
      return cause
    }
  }

  async #outcome(): Promise<RunOutcome> {
    try {
      const state = await this.#invoke()
      if (state === null) return { status: 'released' }
      if (state?.[INTERRUPT] !== undefined) return { status: 'waiting', interrupts: this.#openQuestions() }
      const { value } = recordable({ ...state }, 'The run', maxOutputsSize)
      return { status: 'completed', output: value as Record<string, unknown> }
    } catch (error) {
      if (this.#stop === 'cancel') return { status: 'cancelled', by: 'request' }
      return { status: 'failed', error: asRunError(error) }
    }
  }

  #openQuestions(): PendingInterrupt[] {
    return [...this.#questions.values()].filter(({ address }) => !this.#journal.isCutOff(address))
  }

  /** Runs the graph to its end or to its next interrupts; null when it was drained. */
  async #invoke() {
    const { claim, saver, compile } = this.#parts
    const graph = compile()
    const resumes = claim.hasSnapshot && (await saver.open(claim.lease))
    let input: Record<string, unknown> | null = resumes ? null : claim.input
    for (;;) {
      try {
        return await graph.invoke(input, this.#config())
      } catch (error) {
        if (!isGraphDrained(error)) throw error
        if (this.#stop === 'drain') return null
        await this.#saveSnapshot()
        input = null
      }
    }
  }

  /** First what led to it: a run that is taken up from a snapshot does not come past those nodes again. */
  async #saveSnapshot(): Promise<void> {
    await this.#journal.flush()
    await this.#parts.saver.flush(this.#parts.claim.lease)
  }

  #config() {
    const { lease } = this.#parts.claim
    this.#control = new RunControl()
    if (this.#stop === 'drain') this.#control.requestDrain('drain')
    const snapshotAt = this.#journal.recorded + stepsPerSnapshot
    const context: RunContext = {
      runId: lease.runId,
      journal: {
        read: (address) => this.#journal.read(address),
        record: (entry, events, about) => {
          if (this.#journal.recorded >= snapshotAt) this.#control.requestDrain('snapshot')
          this.#journal.record(entry, events, about)
        },
        settled: () => this.#journal.settled(),
      },
      emit: (event) => this.#journal.emit(event),
      attemptsBefore: (address) => this.#journal.attemptsBefore(address),
      onQuestion: (question) => {
        this.#questions.set(question.address, question)
        this.#journal.ask(question)
      },
    }
    return {
      configurable: { thread_id: lease.runId, fairlead: context },
      durability: 'exit' as const,
      signal: this.#abort.signal,
      control: this.#control,
    }
  }

  async #lastBatch(outcome: RunOutcome): Promise<RunBatch> {
    const ending = endingOf(outcome)
    if (ending) this.#announce(ending)
    return this.#journal.drain()
  }

  #announce(event: RunEventBody): void {
    this.#journal.emit({ ...event, at: new Date(this.#parts.clock()).toISOString() })
  }
}

function endingOf(outcome: RunOutcome): RunEventBody | undefined {
  switch (outcome.status) {
    case 'completed':
      return { type: 'run.completed', output: outcome.output }
    case 'failed':
      return { type: 'run.failed', error: outcome.error }
    case 'cancelled':
      return { type: 'run.cancelled', by: outcome.by }
    default:
      // Whether the run waits is for the transport to say: it may have been answered meanwhile.
      return undefined
  }
}

function asRunError(error: unknown): RunError {
  if (error instanceof NodeFailure) return error.error
  const message = recordableMessage(error instanceof Error ? error.message : String(error))
  return { code: error instanceof FairleadError ? error.code : 'run.failed', message }
}
