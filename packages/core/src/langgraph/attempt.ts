import { FairleadError } from '../base/index.ts'
import type { WorkflowNode } from '../workflow/index.ts'

/** One try at a node. */
export interface Attempt {
  /** Aborts when the run is stopped and when the attempt's time is up. */
  signal: AbortSignal
}

const never = new AbortController().signal

/**
 * Runs one attempt under the node's timeout. An attempt that ignores its signal is abandoned: its result is dropped when
 * it comes, and so is its failure.
 */
export function withTimeout<Value>(
  node: WorkflowNode,
  signal: AbortSignal | undefined,
  run: (attempt: Attempt) => Promise<Value>,
): Promise<Value> {
  const { timeoutMs } = node.data
  if (timeoutMs === undefined) return signal ? raceAbort(signal, run) : run({ signal: never })
  const own = new AbortController()
  const timer = setTimeout(() => {
    const advice = 'Raise timeoutMs if it needs that long; where it is slow only now and then, "retry" helps.'
    own.abort(new FairleadError('node.timeout', `The node "${node.id}" took longer than ${timeoutMs} ms. ${advice}`))
  }, timeoutMs)
  const either = signal ? AbortSignal.any([signal, own.signal]) : own.signal
  return raceAbort(either, run).finally(() => clearTimeout(timer))
}

function raceAbort<Value>(signal: AbortSignal, run: (attempt: Attempt) => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    run({ signal })
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
