import type { RunEvent } from '@fairlead/core/workflow'
import { FairleadApiError, FairleadConnectionError } from '../error.ts'
import { delayBefore } from '../retry.ts'
import { EventStreamParser } from '../sse.ts'
import type { Transport } from '../transport.ts'

/** Attempts to connect that bring no event, before giving up. */
const maxAttempts = 6
/** A stream that is silent for so long, although it has a heartbeat every 15 s, is dead. */
const silenceMs = 45_000
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * The events of a run after a number, in order, each once, until its last one: connects again, from where it was, when
 * the connection breaks or the server shuts down. Throws `FairleadConnectionError` when that does not help, and
 * `FairleadApiError` when it is refused.
 */
export async function* readEvents(
  transport: Transport,
  { runId, after, signal }: { runId: string; after: number; signal: AbortSignal | undefined },
): AsyncGenerator<RunEvent, void, undefined> {
  let lastSeq = after
  for (let attempt = 1; ; attempt++) {
    let failure: unknown
    let retryAfter: string | null = null
    const connection = new AbortController()
    const both = signal ? AbortSignal.any([signal, connection.signal]) : connection.signal
    try {
      const headers: Record<string, string> = lastSeq > 0 ? { 'Last-Event-ID': String(lastSeq) } : {}
      const response = await transport.open('streamRunEvents', { params: { id: runId } }, headers, both)
      if (response === null) return
      for await (const event of eventsIn(response, connection)) {
        if (event.seq <= lastSeq) continue
        lastSeq = event.seq
        attempt = 0
        yield event
        if (isLast(event)) return
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof FairleadApiError && !passing.has(error.status)) throw error
      failure = error
      if (error instanceof FairleadApiError) retryAfter = error.retryAfter
    } finally {
      // Also when the reader has left the loop: the connection is of no use to anybody.
      connection.abort()
    }
    const delayMs =
      attempt < maxAttempts ? delayBefore(Math.max(1, attempt), retryAfter, transport.surroundings) : undefined
    if (delayMs === undefined) throw broken(runId, lastSeq, failure)
    await transport.surroundings.sleep(delayMs, signal)
  }
}

async function* eventsIn(response: Response, connection: AbortController): AsyncGenerator<RunEvent, void, undefined> {
  const parser = new EventStreamParser()
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const silence = setTimeout(() => connection.abort(new Error(`nothing came for ${silenceMs} ms`)), silenceMs)
    const { value, done } = await reader.read().finally(() => clearTimeout(silence))
    if (done) return
    for (const { data } of parser.feed(value)) yield JSON.parse(data) as RunEvent
  }
}

function isLast({ type }: RunEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled'
}

function broken(runId: string, lastSeq: number, cause: unknown): Error {
  if (cause instanceof FairleadApiError) return cause
  const reason = cause instanceof Error ? cause.message : 'the stream ended'
  const message = `The events of the run ${runId} can't be followed beyond number ${lastSeq}: ${reason}`
  return new FairleadConnectionError(message, { cause })
}
