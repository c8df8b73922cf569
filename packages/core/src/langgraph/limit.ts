import type { LimitFunction } from 'p-limit'
import pLimit from 'p-limit'
import type { PlannedNode } from './plan.ts'

/**
 * How many bodies of one container run at once, per run: LangGraph's own limit counts tasks of a step and does not reach
 * into chunks. Held in memory only; a run that is taken up elsewhere gets a new one there.
 */
export class BodyLimits {
  readonly #limits = new Map<string, LimitFunction>()

  of({ node }: PlannedNode, runId: string, address: string): LimitFunction {
    const key = `${runId}:${address}`
    const known = this.#limits.get(key)
    if (known) return known
    const concurrency = node.type === 'parallel' ? (node.data.config.concurrency ?? Number.POSITIVE_INFINITY) : 1
    const limit = pLimit(concurrency)
    this.#limits.set(key, limit)
    return limit
  }

  drop(runId: string, address: string): void {
    this.#limits.delete(`${runId}:${address}`)
  }
}
