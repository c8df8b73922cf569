import type { Endpoint, Problem } from '@fairlead/core/base'
import type { RequestOf, ResponseOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import { FairleadApiError, FairleadConflictError, FairleadConnectionError, FairleadTimeoutError } from './error.ts'
import type { PromptDeliveryOptions } from './prompt/delivery/options.ts'
import type { Surroundings } from './retry.ts'
import { delayBefore, realSurroundings } from './retry.ts'

export interface ClientOptions {
  /**
   * Where the control plane is, such as `https://fairlead.example.com`; with the path that it is mounted at, if any. The
   * API's own path, `/api/v1`, may stand behind it or not.
   */
  baseUrl: string
  /** An API key, a person's token or a browser token; a function is asked before every attempt. */
  apiKey: string | (() => string | Promise<string>)
  /** Default: the global one. */
  fetch?: typeof fetch
  /** For one attempt, in ms; default 30 s. */
  timeoutMs?: number
  /** After the first attempt; default 3. */
  maxRetries?: number
  /** Told before each wait for another attempt, also of a run's events: for logs and counters. What it throws ends the call. */
  onRetry?: (retry: Retry) => void
  /** How `prompts.get` caches. */
  prompts?: PromptDeliveryOptions
}

/** A repetition that is about to come. */
export interface Retry {
  endpoint: EndpointName
  /** The attempt that has failed; the first is 1. */
  attempt: number
  /** Until the next attempt. */
  delayMs: number
  /** What the attempt ended with. */
  error: Error
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
  /** The tag that must be the current one; null asks that there is nothing yet. */
  ifMatch?: string | null
}

/** A body with its entity tag, without quotes; empty when there is none. */
export interface Received<Body> {
  body: Body
  etag: string
}

/** A request as `fetch` takes it. */
interface Prepared {
  url: string
  init: RequestInit
}

const defaultTimeoutMs = 30_000
const defaultMaxRetries = 3
/**
 * These may have been carried out, so only what bears a repetition is sent again: of a 503, too, since a server that
 * closes, or has lost its database, does not wait to learn what became of the request.
 */
const unclear = new Set([408, 502, 503, 504])

/** Sends requests by the endpoints' data, again and again where that is safe. */
export class Transport {
  readonly #options: ClientOptions
  /** The address that the endpoints' paths are below. */
  readonly api: string
  readonly surroundings: Surroundings

  constructor(options: ClientOptions, surroundings: Surroundings = realSurroundings) {
    this.#options = options
    // Whoever copies the address from a terminal or a browser has the path of the API behind it.
    this.api = `${options.baseUrl.replace(/(\/api\/v1)?\/*$/, '')}/api/v1`
    this.surroundings = surroundings
  }

  /**
   * Throws `FairleadApiError`, `FairleadConnectionError`, `FairleadTimeoutError`, the signal's reason, or, before anything
   * is sent, whatever makes a request impossible: a body that is no JSON, an empty id, a key that can't be had.
   */
  async call<Name extends EndpointName>(
    name: Name,
    sent: Sent,
    options: CallOptions = {},
  ): Promise<Received<ResponseOf<Name>>> {
    const endpoint: Endpoint = endpoints[name]
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (sent.ifMatch === null) headers['If-None-Match'] = '*'
    else if (sent.ifMatch !== undefined) headers['If-Match'] = `"${sent.ifMatch}"`
    if (endpoint.method === 'POST') headers['Idempotency-Key'] = options.idempotencyKey ?? newKey()
    const maxRetries = options.maxRetries ?? this.#options.maxRetries ?? defaultMaxRetries
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(endpoint, sent, options, headers)
      if ('body' in outcome) return outcome as Received<ResponseOf<Name>>
      const delayMs = attempt <= maxRetries ? this.#delay(endpoint, sent, outcome.error, attempt) : undefined
      if (delayMs === undefined) throw outcome.error
      await this.pause({ endpoint: name, attempt, delayMs, error: outcome.error }, options.signal)
    }
  }

  /** Says that an attempt is to come, and waits for it. Rejects with the signal's reason. */
  async pause(retry: Retry, signal: AbortSignal | undefined): Promise<void> {
    this.#options.onRetry?.(retry)
    await this.surroundings.sleep(retry.delayMs, signal)
  }

  /**
   * One attempt without a limit of time. The answer as it came, where it is expected; else throws like `call`. That
   * something is not modified is no error.
   */
  async send(
    name: EndpointName,
    sent: Sent,
    headers: Record<string, string>,
    signal: AbortSignal,
    isExpected = ({ ok, status }: Response) => ok || status === 304,
  ): Promise<Response> {
    const failed = (error: unknown): never => {
      throw connectionError(signal.aborted ? signal.reason : error, endpoints[name], undefined)
    }
    const request = this.#request(endpoints[name], sent, headers, await within(signal, this.#key()))
    const response = await this.#send(request, signal).catch(failed)
    if (isExpected(response)) return response
    throw await errorOf(response).catch(failed)
  }

  /** Opens an event stream, like `send`; null when the server says that there is nothing to follow. */
  async open(
    name: EndpointName,
    sent: Sent,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response | null> {
    const isStream = (response: Response) =>
      response.status === 204 || (response.ok && /^text\/event-stream/.test(response.headers.get('Content-Type')!))
    const response = await this.send(name, sent, { Accept: 'text/event-stream', ...headers }, signal, isStream)
    return response.status === 204 ? null : response
  }

  async #attempt(endpoint: Endpoint, sent: Sent, options: CallOptions, headers: Record<string, string>) {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs
    const deadline = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal
    const late = () => new FairleadTimeoutError(`There was no apiKey within ${timeoutMs} ms.`)
    const stop = this.surroundings.after(timeoutMs, () => deadline.abort(late()))
    let request: Prepared
    try {
      // What the caller did wrong is no broken connection, and repeating it is of no use: it is thrown from here.
      request = this.#request(endpoint, sent, headers, await within(signal, this.#key()))
    } catch (error) {
      stop()
      throw error
    }
    try {
      const response = await this.#send(request, signal)
      if (!response.ok) return { error: await errorOf(response) }
      const text = await response.text()
      return { body: text === '' ? undefined : JSON.parse(text), etag: tagOf(response) }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      return { error: connectionError(error, endpoint, deadline.signal.aborted ? timeoutMs : undefined) }
    } finally {
      stop()
    }
  }

  async #key(): Promise<string> {
    const { apiKey } = this.#options
    return typeof apiKey === 'string' ? apiKey : apiKey()
  }

  #request(endpoint: Endpoint, sent: Sent, headers: Record<string, string>, key: string): Prepared {
    // Checked here, because `fetch` would quote the whole key in its complaint.
    if (!/^[\x21-\x7e]+$/.test(key)) {
      throw new TypeError('The apiKey is empty or has characters that no key has, such as a line break.')
    }
    const hasBody = sent.body !== undefined
    const init = {
      method: endpoint.method,
      headers: {
        ...headers,
        Authorization: `Bearer ${key}`,
        ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(sent.body) } : {}),
    }
    return { url: `${this.api}${pathOf(endpoint, sent)}`, init }
  }

  #send({ url, init }: Prepared, signal: AbortSignal): Promise<Response> {
    const send = this.#options.fetch ?? fetch
    return send(url, { ...init, signal })
  }

  #delay({ method }: Endpoint, { ifMatch }: Sent, error: Error, attempt: number): number | undefined {
    // A POST has its idempotency key. A change that only its precondition guards would be refused as stale if its first
    // attempt had got through after all, and a second DELETE would find nothing.
    const bearsRepetition = method === 'POST' || (method !== 'DELETE' && ifMatch === undefined)
    const isPassing =
      error instanceof FairleadApiError
        ? isRefusedAtTheDoor(error) ||
          (bearsRepetition && (unclear.has(error.status) || error.code === 'http.idempotency_in_progress'))
        : bearsRepetition
    const retryAfter = error instanceof FairleadApiError ? error.retryAfter : null
    return isPassing ? delayBefore(attempt, retryAfter, this.surroundings) : undefined
  }
}

/** What the work gives, or the signal's reason, should that come first. */
async function within<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Answered before anything was carried out, so that anything may be sent again. */
function isRefusedAtTheDoor({ status, code }: FairleadApiError): boolean {
  return status === 429 || code === 'auth.unavailable'
}

/** What is sent, typed by the contract. */
export type BodyOf<Name extends EndpointName> = RequestOf<Name>['body']
export type QueryOf<Name extends EndpointName> = NonNullable<RequestOf<Name>['query']>

function pathOf({ path }: Endpoint, { params = {}, query = {} }: Sent): string {
  const filled = path.replace(/:(\w+)/g, (_match, name: string) => {
    const value = params[name]
    // None of these names anything, and all of them would lead to another endpoint than the one that was meant.
    if (['', '.', '..'].includes(String(value ?? ''))) throw new TypeError(noName(path, name, value))
    return encodeURIComponent(String(value))
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? filled : `${filled}?${search}`
}

/** What a caller passed that can't be meant, in words of his own: no id of a workflow, rather than no part of a path. */
function noName(path: string, name: string, value: unknown): string {
  const found = value === undefined || value === null ? String(value) : JSON.stringify(value)
  const kind = path
    .split(`/:${name}`)[0]!
    .split('/')
    .at(-1)!
    .replace(/(?<=ch)es$|s$/, '')
  if (name === kind) return `${found} is no ${name}. Pass one that there is.`
  const article = /^[aeiou]/.test(kind) ? 'an' : 'a'
  return `${found} is no ${name.replace(/^.*id$/i, 'id')} of ${article} ${kind}. Pass one as the control plane gave it.`
}

/** As random as a UUID; `crypto.randomUUID` is missing from pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function tagOf({ headers }: Response): string {
  return (headers.get('ETag') ?? '').replace(/^(W\/)?"(.*)"$/, '$2')
}

async function errorOf(response: Response): Promise<FairleadApiError> {
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

function connectionError(cause: unknown, { method, path }: Endpoint, timeoutMs: number | undefined): Error {
  if (timeoutMs !== undefined) {
    return new FairleadTimeoutError(`${method} ${path} was not answered within ${timeoutMs} ms.`, { cause })
  }
  const reason = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause)
  return new FairleadConnectionError(`${method} ${path} failed: ${reason}`, { cause })
}
