import { FairleadError } from '@fairlead/core/base'

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
])
/** SQLSTATE classes and codes that say "not now": connection exceptions, insufficient resources, shutdown, read-only. */
const unavailableState = /^(08|53)|^57P0[1-5]$|^25006$|^25P0[34]$/
const unavailableMessage =
  /^Connection terminated|^timeout expired|not queryable|^timeout exceeded when trying to connect/

/**
 * What a failed statement or connection means to the rest of the server. Not reaching a working Postgres becomes
 * `database.unavailable`, a statement that ran too long `database.timeout`, text that Postgres can't store
 * `database.unstorable_text`. Everything else stays the driver's error, with its SQLSTATE in `code`.
 */
export function asDatabaseFailure(error: unknown): unknown {
  if (error instanceof FairleadError || !(error instanceof Error)) return error
  const code = sqlState(error)
  if (isUnavailable(error, code)) {
    return new FairleadError('database.unavailable', `The database can't be reached: ${error.message}`, {
      cause: error,
    })
  }
  if (code === '57014') {
    return new FairleadError('database.timeout', 'The statement ran longer than the database allows; narrow it down.', {
      cause: error,
    })
  }
  if (code === '22021' || code === '22P05') {
    return new FairleadError(
      'database.unstorable_text',
      'Text holds a character that Postgres cannot store, such as U+0000.',
      {
        cause: error,
      },
    )
  }
  return error
}

/**
 * What it means that a COMMIT failed: as `asDatabaseFailure`, but where the connection was lost, it may have been carried
 * out all the same. `isOutcomeUnknown` tells.
 */
export function asCommitFailure(error: unknown): unknown {
  const failure = asDatabaseFailure(error)
  if (!(failure instanceof FairleadError) || failure.code !== 'database.unavailable') return failure
  return new FairleadError(
    'database.unavailable',
    'The connection to the database was lost during the commit: nobody knows whether the change was stored. Look before you repeat it.',
    { cause: error, data: { outcome: 'unknown' } },
  )
}

/** Whether the transaction that failed with this may have been committed. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof FairleadError && error.data?.outcome === 'unknown'
}

/** Whether the server itself refused the statement, so that its transaction was rolled back. */
export function isRefusedStatement(error: unknown): boolean {
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(sqlState(error) ?? '') && !isUnavailable(error, sqlState(error))
}

function isUnavailable(error: Error, code: string | undefined): boolean {
  if (error instanceof AggregateError) return error.errors.every((each) => networkCodes.has(sqlState(each) ?? ''))
  return (
    (code !== undefined && (networkCodes.has(code) || unavailableState.test(code))) ||
    unavailableMessage.test(error.message)
  )
}

/**
 * Whether the session must not be used again: it is gone, or it holds a prepared statement that a changed table or a
 * transaction pooler made useless, which only a fresh session forgets.
 */
export function endsSession(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = sqlState(error)
  return isUnavailable(error, code) || code === '26000' || (code === '0A000' && error.message.includes('cached plan'))
}

/** The SQLSTATE of a driver's error (`23505` is a unique violation), or undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Whether the statement failed for the values in it: data exceptions and limits of the program (SQLSTATE classes 22 and
 * 54), or text that is too long to be sent. The same values will fail again.
 */
export function isUnstorable(error: unknown): boolean {
  if (error instanceof FairleadError) return error.code === 'database.unstorable_text'
  return error instanceof RangeError || /^(22|54)/.test(sqlState(error) ?? '')
}

const transient = new Set(['database.unavailable', 'database.timeout', 'database.closed'])

/**
 * Whether the same may succeed another time: the database was away or too slow, or others were in the way (SQLSTATE
 * classes 40, 55, 57 and 58). Whatever else fails will fail again.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof FairleadError) return transient.has(error.code)
  if (!(error instanceof Error)) return false
  const code = sqlState(error)
  return isUnavailable(error, code) || /^(40|55|57|58)[0-9A-Z]{3}$/.test(code ?? '')
}

/** Whether the error is a violated unique constraint, of that name where one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint
}
