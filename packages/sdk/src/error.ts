import type { Problem, RequestFault } from '@fairlead/core/base'
import type { PromptVersion } from '@fairlead/core/prompt'
import type { Organization } from '@fairlead/core/tenant'
import type { RunError, StoredWorkflow } from '@fairlead/core/workflow'

/** The control plane refused a request. Branch on `code`, which is stable; the message is for people. */
export class FairleadApiError extends Error {
  override readonly name: string = 'FairleadApiError'
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

/** What a change can lose against: `current` of a `FairleadConflictError`. */
export type Head = StoredWorkflow | PromptVersion | Organization

/**
 * Somebody else was faster (412): what was to be changed is not what was read any more. Redo the change on top of
 * `current`, and send it with `etag`.
 */
export class FairleadConflictError extends FairleadApiError {
  override readonly name = 'FairleadConflictError'
  /**
   * As it is now: for `workflow.version_conflict` the workflow, for `prompt.head_moved` the version at the branch's head,
   * for `tenant.organization_changed` the organization. Null when the answer does not say.
   */
  readonly current: Readonly<Head> | null
  /** The entity tag of `current`; empty without one. */
  readonly etag: string

  constructor(problem: Problem, etag: string) {
    super(412, problem)
    this.current = (problem.current as Head | null | undefined) ?? null
    this.etag = etag
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
