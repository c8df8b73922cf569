import { isGraphBubbleUp } from '@langchain/langgraph'
import { FairleadError } from '../base/index.ts'
import type { RunError } from '../workflow/index.ts'
import { recordableMessage } from './recordable.ts'

/**
 * A node failed and its workflow says that the run fails with it. The message says where; `error` is the failure as data,
 * with the message that the node itself gave.
 */
export class NodeFailure extends FairleadError {
  readonly error: RunError

  constructor(error: RunError, cause: unknown) {
    const where = error.address ?? error.nodeId
    const message = where === undefined ? error.message : `The run failed at "${where}": ${error.message}`
    super(error.code, message, { data: { nodeId: error.nodeId ?? null, address: error.address ?? null }, cause })
    this.name = 'NodeFailure'
    this.error = error
  }
}

/** What must pass through untouched: LangGraph's own signals, and the run being stopped from outside. */
export function mustPass(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    isGraphBubbleUp(error) || signal?.aborted === true || (error instanceof FairleadError && passing.has(error.code))
  )
}

const passing = new Set(['run.lease_lost', 'workflow.checkpointer_missing'])

/** A thrown value as data: code and message, never a stack. */
export function toRunError(error: unknown, nodeId: string, address: string): RunError {
  if (error instanceof NodeFailure) return error.error
  const message = recordableMessage(error instanceof Error ? error.message : String(error))
  return { code: error instanceof FairleadError ? error.code : codeOf(error), message, nodeId, address }
}

function codeOf(error: unknown): string {
  const status = (error as { status?: unknown } | null)?.status
  if (typeof status === 'number') return `http.${status}`
  return 'node.failed'
}
