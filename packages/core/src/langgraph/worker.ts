import type { Clock } from '../base/index.ts'
import { FairleadError } from '../base/index.ts'
import type { Catalog, ClaimedRun, RunTransport, WorkerRegistration } from '../workflow/index.ts'
import { pinKey } from '../workflow/index.ts'
import { ClaimExecution } from './claim-execution.ts'
import type { CompiledWorkflow } from './compile.ts'
import { compileWorkflow } from './compile.ts'
import type { ModelSource, PromptRequest, ToolSource } from './sources.ts'
import { TransportSaver } from './transport-saver.ts'

export interface WorkerOptions {
  transport: RunTransport
  /** Names this process: two live workers must not share one. */
  workerId: string
  kind: WorkerRegistration['kind']
  models: ModelSource
  tools: ToolSource
  /** What validation and the editor may know about the models and tools. */
  catalog: Pick<Catalog, 'models' | 'tools'>
  /** Runs at once; default 32. */
  concurrency?: number
  /** Between two heartbeats, in ms; well below the lease time; default 3000. */
  heartbeatMs?: number
  clock: Clock
  /** Hears of what went wrong outside any run. */
  onError?: (error: unknown) => void
}

/** How many compiled workflows are kept. */
const cacheSize = 200
/** After a failure to reach the control plane, in ms. */
const retryMs = 500

/**
 * Takes due runs over a transport and executes them, next to the host's own tools.
 *
 * idle → claiming → (runs under way ⇄ claiming) → draining → stopped. While it runs it claims as many runs as it has room
 * for, waits for work when there is none, and heartbeats for those it holds. A run whose heartbeat says that its lease is
 * lost is dropped without another write. `stop` lets every run end its current step and gives it back.
 */
export class Worker {
  readonly #options: WorkerOptions
  readonly #saver: TransportSaver
  readonly #active = new Map<string, { claim: ClaimedRun; execution: ClaimExecution; done: Promise<void> }>()
  readonly #compiled = new Map<string, CompiledWorkflow>()
  readonly #stopping = new AbortController()
  #wakeUp: () => void = () => {}
  #roomFreed: () => void = () => {}
  #loop: Promise<void> = Promise.resolve()
  #heartbeat: ReturnType<typeof setInterval> | undefined
  #unwatch: () => void = () => {}

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#saver = new TransportSaver(options.transport)
  }

  async start(): Promise<void> {
    const { transport, workerId, kind, catalog, heartbeatMs = 3000 } = this.#options
    await transport.register({ workerId, kind, catalog })
    this.#unwatch = transport.onCancelled((runId) => this.#active.get(runId)?.execution.cancel())
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatMs)
    this.#loop = this.#claimUntilStopped()
  }

  /**
   * Stops claiming, lets every run end its steps, and gives back what is unfinished. What has not come to the end of a
   * step after `timeoutMs` is cut off: whoever takes the run up next repeats that step, under the same idempotency key.
   */
  async stop(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stopping.abort()
    this.#wakeUp()
    await this.#loop
    const active = [...this.#active.values()]
    for (const { execution } of active) execution.drain()
    const cutOff = Number.isFinite(timeoutMs)
      ? setTimeout(() => active.forEach(({ execution }) => void execution.drop()), timeoutMs)
      : undefined
    await Promise.all(active.map(({ done }) => done))
    clearTimeout(cutOff)
    clearInterval(this.#heartbeat)
    this.#unwatch()
  }

  async #claimUntilStopped(): Promise<void> {
    const { transport, workerId, concurrency = 32 } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        const limit = concurrency - this.#active.size
        const claims = limit > 0 ? await transport.claim({ workerId, limit }) : []
        for (const claim of claims) this.#execute(claim)
        // Fewer than there is room for are all that were due.
        if (limit <= 0) await this.#untilRoom()
        else if (claims.length < limit) await this.#untilWork()
      } catch (error) {
        this.#options.onError?.(error)
        await this.#pause(retryMs)
      }
    }
  }

  #execute(claim: ClaimedRun): void {
    const { transport, clock } = this.#options
    const compile = () => this.#compile(claim)
    const execution = new ClaimExecution({ claim, compile, transport, saver: this.#saver, clock })
    const { runId } = claim.lease
    // A run that comes again while it is under way here was lost in between: this process was late with its heartbeat.
    const lost = this.#active.get(runId)
    lost?.execution.drop()
    const done = (lost?.done ?? Promise.resolve())
      .then(() => execution.run())
      .then((error) => {
        if (error !== undefined) this.#options.onError?.(error)
        if (this.#active.get(runId)?.execution === execution) this.#active.delete(runId)
        this.#roomFreed()
      })
    this.#active.set(runId, { claim, execution, done })
  }

  async #beat(): Promise<void> {
    const { transport, workerId } = this.#options
    const leases = [...this.#active.values()].map(({ claim }) => claim.lease)
    try {
      const { lost, cancelled } = await transport.heartbeat({ workerId, leases })
      for (const runId of lost) this.#active.get(runId)?.execution.drop(leaseLost(runId))
      for (const runId of cancelled) this.#active.get(runId)?.execution.cancel()
    } catch (error) {
      this.#options.onError?.(error)
    }
  }

  /** One compiled graph serves all runs of a workflow version with the same prompt versions. */
  #compile({ lease, workflowId, workflowVersion, workflow, pins, prompts }: ClaimedRun): CompiledWorkflow {
    const versions = Object.entries(pins).map(([nodeId, pin]) => [nodeId, pinKey(pin)])
    const key = JSON.stringify([lease.organizationId, workflowId, workflowVersion, versions])
    const known = this.#compiled.get(key)
    // Set again, so that the map's order is the order of use.
    this.#compiled.delete(key)
    const findPrompt = ({ nodeId, promptId }: PromptRequest) => {
      const pinned = pins[nodeId] && prompts[pinKey(pins[nodeId])]
      if (pinned) return pinned
      throw new FairleadError(
        'run.pin_lost',
        `The version of the prompt "${promptId}" that this run is pinned to is gone.`,
      )
    }
    const { models, tools, clock } = this.#options
    const graph =
      known ??
      compileWorkflow(workflow, {
        models,
        tools,
        prompts: findPrompt,
        checkpointer: this.#saver,
        clock,
        validated: true,
      })
    this.#compiled.set(key, graph)
    if (this.#compiled.size > cacheSize) this.#compiled.delete(this.#compiled.keys().next().value!)
    return graph
  }

  async #untilWork(): Promise<void> {
    const woken = new AbortController()
    this.#wakeUp = () => woken.abort()
    if (this.#stopping.signal.aborted) return
    await this.#options.transport.waitForWork(woken.signal)
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUp = resolve
      this.#roomFreed = resolve
    })
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** For the log: it says more than that a run has ended without a word. */
function leaseLost(runId: string): FairleadError {
  return new FairleadError('run.lease_lost', `The run ${runId} is no longer held by this worker: it was taken over.`)
}
