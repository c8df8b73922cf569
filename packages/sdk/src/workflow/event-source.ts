import type { RunEvent } from '@fairlead/core/workflow'
import { FairleadApiError, FairleadConnectionError } from '../error.ts'
import { EventStream } from '../event-stream.ts'
import { delayBefore } from '../retry.ts'
import type { Transport } from '../transport.ts'

/** Attempts in a row that bring nothing, before giving up: about half a minute, as long as a restart takes. */
const maxAttempts = 10
/** The most that a stream's own `retry` is heeded. */
const longestRetryMs = 30_000
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * The events of a run after a number, in order, each once, until its last one: connects again, from where it was, when
 * the connection breaks or the server shuts down, for as long as the run takes. Throws `FairleadConnectionError` when
 * that does not help, and `FairleadApiError` when it is refused.
 */
export async function* readEvents(
  transport: Transport,
  { runId, after, signal }: { runId: string; after: number; signal: AbortSignal | undefined },
): AsyncGenerator<RunEvent, void, undefined> {
  let lastSeq = after
  let retryMs = 0
  let failures = 0
  for (;;) {
    const connection = new EventStream(transport.surroundings, signal)
    const headers: Record<string, string> = lastSeq > 0 ? { 'Last-Event-ID': String(lastSeq) } : {}
    let failure: Error
    try {
      // It has ended, and all of it was seen.
      const sent = { params: { id: runId } }
      if (!(await connection.open((until) => transport.open('streamRunEvents', sent, headers, until)))) return
      for await (const event of connection.events<RunEvent>()) {
        if (event.seq <= lastSeq) continue
        if (event.seq > lastSeq + 1) throw new FairleadConnectionError(`event ${lastSeq + 1} was left out`)
        lastSeq = event.seq
        failures = 0
        yield event
        if (isLast(event)) return
      }
      failure = new FairleadConnectionError('the stream ended')
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (!isPassing(error)) throw error
      failure = error
    } finally {
      // Also when the reader has left the loop: the connection is of no use to anybody.
      connection.close()
    }
    failures = connection.wasSteady ? 1 : failures + 1
    retryMs = Math.min(connection.retryMs ?? retryMs, longestRetryMs)
    const retryAfter = failure instanceof FairleadApiError ? failure.retryAfter : null
    const pauseMs = failures < maxAttempts ? delayBefore(failures, retryAfter, transport.surroundings) : undefined
    if (pauseMs === undefined) throw broken(runId, lastSeq, failure)
    const retry = {
      endpoint: 'streamRunEvents' as const,
      attempt: failures,
      delayMs: retryMs + pauseMs,
      error: failure,
    }
    await transport.pause(retry, signal)
  }
}

function isLast({ type }: RunEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled'
}

function isPassing(error: unknown): error is Error {
  return error instanceof FairleadApiError ? passing.has(error.status) : error instanceof FairleadConnectionError
}

function broken(runId: string, lastSeq: number, failure: Error): Error {
  if (failure instanceof FairleadApiError) return failure
  const message = `The events of the run ${runId} can't be followed beyond number ${lastSeq}: ${failure.message}`
  return new FairleadConnectionError(message, { cause: failure })
}
