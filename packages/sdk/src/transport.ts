import type { Endpoint, Problem } from '@fairlead/core/base'
import type { RequestOf, ResponseOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import { FairleadApiError, FairleadConnectionError, FairleadTimeoutError } from './error.ts'
import type { Surroundings } from './retry.ts'
import { delayBefore, realSurroundings } from './retry.ts'

export interface ClientOptions {
  /** Where the control plane is, such as `https://fairlead.example.com`; with the path that it is mounted at, if any. */
  baseUrl: string
  /** An API key, a person's token or a browser token; a function is asked before every attempt. */
  apiKey: string | (() => string | Promise<string>)
  /** Default: the global one. */
  fetch?: typeof fetch
  /** For one attempt, in ms; default 30 s. */
  timeoutMs?: number
  /** After the first attempt; default 3. */
  maxRetries?: number
}

/** Settings of one call. */
export interface CallOptions {
  signal?: AbortSignal
  timeoutMs?: number
  maxRetries?: number
  /** For POST: the same key makes a repeated call the same call. By default each call gets one of its own. */
  idempotencyKey?: string
}

export interface Sent {
  params?: Record<string, string | number> | undefined
  query?: Record<string, unknown> | undefined
  body?: unknown
  ifMatch?: string
}

/** A body with its entity tag, without quotes; empty when there is none. */
export interface Received<Body> {
  body: Body
  etag: string
}

const defaultTimeoutMs = 30_000
const defaultMaxRetries = 3
/** The server has not carried these out, so anything may be sent again. */
const refused = new Set([429, 503])
/** These may have been carried out, so only what bears a repetition is sent again. */
const unclear = new Set([408, 502, 504])

/** Sends requests by the endpoints' data, again and again where that is safe. */
export class Transport {
  readonly #options: ClientOptions
  readonly surroundings: Surroundings

  constructor(options: ClientOptions, surroundings: Surroundings = realSurroundings) {
    this.#options = options
    this.surroundings = surroundings
  }

  /** Throws `FairleadApiError`, `FairleadConnectionError`, `FairleadTimeoutError`, or the signal's reason. */
  async call<Name extends EndpointName>(
    name: Name,
    sent: Sent,
    options: CallOptions = {},
  ): Promise<Received<ResponseOf<Name>>> {
    const endpoint: Endpoint = endpoints[name]
    const idempotencyKey = endpoint.method === 'POST' ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined
    const maxRetries = options.maxRetries ?? this.#options.maxRetries ?? defaultMaxRetries
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(endpoint, sent, options, idempotencyKey)
      if ('body' in outcome) return outcome as Received<ResponseOf<Name>>
      const delayMs = attempt <= maxRetries ? this.#delay(endpoint, sent, outcome.error, attempt) : undefined
      if (delayMs === undefined) throw outcome.error
      await this.surroundings.sleep(delayMs, options.signal)
    }
  }

  /** Opens an event stream; one attempt. Throws like `call`; null when the server says that there is nothing to follow. */
  async open(
    name: EndpointName,
    sent: Sent,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response | null> {
    const response = await this.#fetch(endpoints[name], sent, { Accept: 'text/event-stream', ...headers }, signal)
    if (response.status === 204) return null
    if (!response.ok) throw await errorOf(response)
    return response
  }

  async #attempt(endpoint: Endpoint, sent: Sent, options: CallOptions, idempotencyKey: string | undefined) {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (sent.ifMatch !== undefined) headers['If-Match'] = `"${sent.ifMatch}"`
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey
    try {
      const response = await this.#fetch(endpoint, sent, headers, signal)
      if (!response.ok) return { error: await errorOf(response) }
      const text = await response.text()
      return { body: text === '' ? undefined : JSON.parse(text), etag: tagOf(response) }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      return { error: connectionError(error, endpoint, timeout.aborted ? timeoutMs : undefined) }
    }
  }

  async #fetch(
    endpoint: Endpoint,
    sent: Sent,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    const { baseUrl, apiKey } = this.#options
    const send = this.#options.fetch ?? fetch
    const hasBody = sent.body !== undefined
    return send(`${baseUrl.replace(/\/+$/, '')}/api/v1${pathOf(endpoint, sent)}`, {
      method: endpoint.method,
      headers: {
        ...headers,
        Authorization: `Bearer ${typeof apiKey === 'string' ? apiKey : await apiKey()}`,
        ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(sent.body) } : {}),
      signal,
    })
  }

  #delay({ method }: Endpoint, { ifMatch }: Sent, error: Error, attempt: number): number | undefined {
    // A change that its precondition guards would be refused as stale if its first attempt had got through after all.
    const bearsRepetition = method !== 'DELETE' && ifMatch === undefined
    const isPassing =
      error instanceof FairleadApiError
        ? refused.has(error.status) ||
          (bearsRepetition && (unclear.has(error.status) || error.code === 'http.idempotency_in_progress'))
        : bearsRepetition
    const retryAfter = error instanceof FairleadApiError ? error.retryAfter : null
    return isPassing ? delayBefore(attempt, retryAfter, this.surroundings) : undefined
  }
}

/** What is sent, typed by the contract. */
export type BodyOf<Name extends EndpointName> = RequestOf<Name>['body']
export type QueryOf<Name extends EndpointName> = NonNullable<RequestOf<Name>['query']>

function pathOf({ path }: Endpoint, { params = {}, query = {} }: Sent): string {
  const filled = path.replace(/:(\w+)/g, (_match, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? filled : `${filled}?${search}`
}

function tagOf({ headers }: Response): string {
  return (headers.get('ETag') ?? '').replace(/^(W\/)?"(.*)"$/, '$2')
}

async function errorOf(response: Response): Promise<FairleadApiError> {
  const text = await response.text()
  const problem = problemIn(text) ?? strangeAnswer(response, text)
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

function connectionError(cause: unknown, { method, path }: Endpoint, timeoutMs: number | undefined): Error {
  if (timeoutMs !== undefined) {
    return new FairleadTimeoutError(`${method} ${path} was not answered within ${timeoutMs} ms.`, { cause })
  }
  const reason = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause)
  return new FairleadConnectionError(`${method} ${path} failed: ${reason}`, { cause })
}
