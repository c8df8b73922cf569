import { FairleadError } from '@fairlead/core/base'
import { isOutcomeUnknown, isRefusedStatement } from '../database/index.ts'
import { statusOf } from './problem.ts'

/** What failed for a passing reason is not kept: the same key may try again. */
const passing = new Set([401, 408, 425, 429])

/** Whether a repetition of the request shall get the same failure. */
export function isKept(error: unknown): boolean {
  const status = statusOf(error)
  return status < 500 && !passing.has(status)
}

/** The database before it was asked to commit; and a model that failed, which a repetition shall ask again. */
const before = new Set(['database.unavailable', 'database.timeout', 'database.closed', 'prompt.try_failed'])

/**
 * Whether a request that failed has surely changed nothing, because its one transaction was never committed. All else
 * leaves that open: a defect may lie behind the commit, a handler that was left behind may still get there, and a commit
 * whose connection was lost may have arrived.
 */
export function isWithoutEffect(error: unknown): boolean {
  if (isOutcomeUnknown(error)) return false
  if (error instanceof FairleadError) return before.has(error.code) || passing.has(statusOf(error))
  return isRefusedStatement(error)
}
