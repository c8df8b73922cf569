import type { Problem, RequestFault } from '@fairlead/core/base'
import type { RunError } from '@fairlead/core/workflow'

/** The control plane refused a request. Branch on `code`, which is stable; the message is for people. */
export class FairleadApiError extends Error {
  override readonly name = 'FairleadApiError'
  /** The HTTP status. */
  readonly status: number
  /** Such as `workflow.version_conflict`; `http.<status>` when something in between answered. */
  readonly code: string
  /** What is wrong with the request, by JSON pointer; often empty. */
  readonly errors: readonly RequestFault[]
  /** Names the request in the server's log. */
  readonly requestId: string | null
  /** The whole answer, with whatever facts it carries: `current` holds the present state after a conflict. */
  readonly problem: Readonly<Problem>

  /** The header `Retry-After`, as it came. */
  readonly retryAfter: string | null

  constructor(status: number, problem: Problem, retryAfter: string | null = null) {
    const faults = (problem.errors ?? []).map(({ pointer, message }) => `\n  ${pointer || '/'}: ${message}`)
    super(`${problem.detail} (${problem.code})${faults.slice(0, 10).join('')}`)
    this.status = status
    this.code = problem.code
    this.errors = problem.errors ?? []
    this.requestId = problem.requestId || null
    this.problem = problem
    this.retryAfter = retryAfter
  }
}

/** The control plane could not be reached, or its answer was cut off; `cause` says how. */
export class FairleadConnectionError extends Error {
  override readonly name: string = 'FairleadConnectionError'
}

/** The control plane did not answer in time. */
export class FairleadTimeoutError extends FairleadConnectionError {
  override readonly name = 'FairleadTimeoutError'
}

/** A run ended without a result: it failed or was cancelled. */
export class FairleadRunError extends Error {
  override readonly name = 'FairleadRunError'
  readonly runId: string
  readonly status: 'failed' | 'cancelled'
  /** Why it failed, and at which node; null for a cancelled run. */
  readonly error: Readonly<RunError> | null

  constructor(runId: string, status: 'failed' | 'cancelled', error: RunError | null) {
    const where = error?.address ? ` at "${error.address}"` : ''
    super(error ? `The run ${runId} failed${where}: ${error.message}` : `The run ${runId} was ${status}.`)
    this.runId = runId
    this.status = status
    this.error = error
  }
}
