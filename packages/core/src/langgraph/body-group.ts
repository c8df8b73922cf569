import { isGraphBubbleUp } from '@langchain/langgraph'
import type { LimitFunction } from 'p-limit'
import pLimit from 'p-limit'
import { FairleadError } from '../base/index.ts'
import type { PlannedNode } from './plan.ts'

/** The items or branches of one execution of a container that are under way in this process. */
export class BodyGroup {
  readonly #limit: LimitFunction
  readonly #stop = new AbortController()
  #failure: { cause: unknown } | undefined

  constructor({ node }: PlannedNode) {
    const { concurrency } = node.type === 'parallel' ? node.data.config : { concurrency: 1 }
    this.#limit = pLimit(concurrency ?? Number.POSITIVE_INFINITY)
  }

  /** Runs one body when there is room. Its failure ends the bodies beside it. */
  run<Result>(signal: AbortSignal, body: () => Promise<Result>): Promise<Result> {
    return this.#limit(async () => {
      signal.throwIfAborted()
      try {
        return await body()
      } catch (cause) {
        if (!signal.aborted && !isGraphBubbleUp(cause)) this.#fail(cause)
        throw cause
      }
    })
  }

  /** Aborts with the first failure of a body, and when `outside` does. */
  signalWith(outside: AbortSignal | undefined): AbortSignal {
    return outside ? AbortSignal.any([outside, this.#stop.signal]) : this.#stop.signal
  }

  /** True for the failure that came first: those after it may be its consequences. */
  isFirst(cause: unknown): boolean {
    return this.#failure?.cause === cause
  }

  #fail(cause: unknown): void {
    if (this.#failure) return
    this.#failure = { cause }
    // A reason of its own, so that nobody takes an abort for the failure itself.
    this.#stop.abort(new FairleadError('node.cut_off', 'Another item or branch of the same container failed.'))
  }
}

/**
 * Finds the group of a container's execution: LangGraph's own limit counts tasks of a step and does not reach into
 * chunks, and its own way to end a step would end the run. A group is forgotten when nothing in it is under way.
 */
export class BodyGroups {
  readonly #groups = new Map<string, { group: BodyGroup; users: number }>()

  async use<Result>(
    planned: PlannedNode,
    { runId, address }: { runId: string; address: string },
    work: (group: BodyGroup) => Promise<Result>,
  ): Promise<Result> {
    const key = `${runId}:${address}`
    const entry = this.#groups.get(key) ?? { group: new BodyGroup(planned), users: 0 }
    this.#groups.set(key, entry)
    entry.users++
    try {
      return await work(entry.group)
    } finally {
      entry.users--
      if (entry.users === 0) this.#groups.delete(key)
    }
  }
}
