import type { Problem } from '@fairlead/core/base'
import type { Asked } from './connection.ts'
import { Connection, isFine, tagOf } from './connection.ts'
import { FairleadApiError, FairleadConflictError, FairleadConnectionError, FairleadTimeoutError } from './error.ts'

/** A connection that says what went wrong in the client's own errors: `FairleadApiError`, `FairleadConnectionError`. */
export class ClientConnection extends Connection {
  override async send(asked: Asked, signal: AbortSignal, isExpected = isFine): Promise<Response> {
    const failed = (error: unknown): never => {
      throw connectionError(signal.aborted ? signal.reason : error, asked)
    }
    const response = await this.fetch(await this.prepare(asked, signal), signal).catch(failed)
    if (isExpected(response)) return response
    throw await errorOf(response).catch(failed)
  }
}

export async function errorOf(response: Response): Promise<FairleadApiError> {
  const text = await response.text()
  const problem = problemIn(text) ?? strangeAnswer(response, text)
  if (response.status === 412) return new FairleadConflictError(problem, tagOf(response))
  return new FairleadApiError(response.status, problem, response.headers.get('Retry-After'))
}

function problemIn(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text)
    return typeof problem?.code === 'string' && typeof problem.detail === 'string' ? problem : undefined
  } catch {
    return undefined
  }
}

/** Something between here and the control plane answered, such as a proxy. */
function strangeAnswer({ status, statusText }: Response, text: string): Problem {
  const detail = `The answer was ${status} ${statusText}, and not from a Fairlead control plane: ${text.slice(0, 200)}`
  return { type: 'about:blank', title: statusText, status, code: `http.${status}`, detail, requestId: '' }
}

export function connectionError(
  cause: unknown,
  { method, path }: { method: string; path: string },
  timeoutMs?: number,
): Error {
  if (timeoutMs !== undefined) {
    return new FairleadTimeoutError(`${method} ${path} was not answered within ${timeoutMs} ms.`, { cause })
  }
  const reason = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause)
  return new FairleadConnectionError(`${method} ${path} failed: ${reason}`, { cause })
}
