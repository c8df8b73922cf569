import { isGraphBubbleUp } from '@langchain/langgraph'
import type { LimitFunction } from 'p-limit'
import pLimit from 'p-limit'
import { FairleadError } from '../base/index.ts'
import { mustPass } from './failure.ts'
import type { PlannedNode } from './plan.ts'

/**
 * The items or branches of one execution of a container that are under way in this process, and what a failure of one
 * means for the others: the container has failed, at once, and nobody is waited for.
 *
 * A task that tells LangGraph of a question is over for it, and then only the answer lets the step end. So a body that
 * has come to a question (or stopped for a drain) is held: its question is put and can be answered, but LangGraph hears
 * of it only when every body beside it has ended or is held, too. If one of them fails first, the held bodies end without
 * a result, and what was asked in them, in loops and containers inside them also, is taken back with the `node.failed`
 * of the container: `foldRunEvents` shows those nodes as cancelled, the control plane closes the questions.
 *
 * - A failure before the question: the body is aborted and never asks.
 * - After it: as above. After it and an answer: the answer stays recorded and changes nothing more.
 * - Of two open questions one was answered, and its body fails: the other body, taken up beside it, comes to its question
 *   again, is held, and ends with the failure.
 * - A container inside a body fails: its own questions are taken back. If it, or a loop around it in that body, takes the
 *   failure, the bodies beside it go on, and their questions stay; if not, this body has failed.
 * - A failure that a node, or a map by `onItemError`, takes is none of the group: the questions stay.
 * - A limit of the container counts bodies at work; one that is held takes no place.
 * - A crash before the container's `node.failed` was stored: the failure is in the journal, where there is one, and is
 *   met again as soon as the bodies are taken up; an answer that came before then counts as one before the failure.
 *
 * Two gaps, where a host invokes the graph by itself: under LangGraph's own `maxConcurrency`, if questions take all its
 * places, the other bodies begin only when LangGraph has heard of them; and under a checkpointer that stores every task
 * for itself, the process may die between the storing of the failed task and of a held one. The failure counts with the
 * answer then.
 */
export class BodyGroup {
  readonly #limit: LimitFunction
  readonly #stop = new AbortController()
  /** How many runners have bodies of this group in hand, those with open questions included. */
  #users = 0
  readonly #held = new Set<() => void>()
  #failure: { cause: unknown } | undefined
  /**
   * What a body threw that stopped between two steps, since the run was asked to drain. LangGraph would tell the caller of
   * the questions beside it alone, and a run that waits for an answer is not taken up for anything else.
   */
  drained: unknown

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

  get isUsed(): boolean {
    return this.#users > 0
  }

  /** False where a body ended with what is no failure of the run, such as a lost lease: the step is taken up again. */
  get hasFailed(): boolean {
    return this.#failure !== undefined && !mustPass(this.#failure.cause, undefined)
  }

  enter(): void {
    this.#users++
  }

  leave(): void {
    this.#users--
    this.#releaseWhenQuiet()
  }

  /**
   * Resolves for a runner whose body has come to a question when it is decided whether the question stands: when the
   * bodies beside it have ended or come to questions themselves, when one of them has failed, or when `signal` aborts.
   */
  async decided(signal: AbortSignal | undefined): Promise<void> {
    if (this.#failure || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const abort = () => this.#release([release])
      const release = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      this.#held.add(release)
      signal?.addEventListener('abort', abort, { once: true })
      this.#releaseWhenQuiet()
    })
  }

  /** One turn later, since LangGraph may begin with a task only when another one has ended (its `maxConcurrency`). */
  #releaseWhenQuiet(): void {
    if (!this.#isQuiet()) return
    setTimeout(() => {
      if (this.#isQuiet()) this.#release(this.#held)
    }, 0)
  }

  #isQuiet(): boolean {
    return this.#held.size > 0 && this.#held.size === this.#users
  }

  #release(held: Iterable<() => void>): void {
    for (const release of [...held]) {
      this.#held.delete(release)
      release()
    }
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
    this.#release(this.#held)
  }
}

/**
 * Finds the group of a container's execution: LangGraph's own limit counts tasks of a step and does not reach into
 * chunks, and its own way to end a step would end the run. A group is forgotten when nothing in it is under way.
 */
export class BodyGroups {
  readonly #groups = new Map<string, BodyGroup>()

  async use<Result>(
    planned: PlannedNode,
    { runId, address }: { runId: string; address: string },
    work: (group: BodyGroup) => Promise<Result>,
  ): Promise<Result> {
    const key = `${runId}:${address}`
    const group = this.#groups.get(key) ?? new BodyGroup(planned)
    this.#groups.set(key, group)
    group.enter()
    try {
      return await work(group)
    } finally {
      group.leave()
      if (!group.isUsed) this.#groups.delete(key)
    }
  }
}
