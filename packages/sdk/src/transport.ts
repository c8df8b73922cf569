import type { Endpoint } from '@fairlead/core/base'
import type { RequestOf, ResponseOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { promptEndpoints, workflowEndpoints } from '@fairlead/core/endpoints'
import { ClientConnection, connectionError, errorOf } from './client-connection.ts'
import type { Asked, Connection, ConnectionOptions, Prepared } from './connection.ts'
import { tagOf } from './connection.ts'
import { FairleadApiError, FairleadTimeoutError } from './error.ts'
import type { LocalExperimentsOptions } from './experiment/options.ts'
import type { PromptDeliveryOptions } from './prompt/delivery/options.ts'
import { randomKey } from './random-key.ts'
import type { Surroundings } from './retry.ts'
import { delayBefore, realSurroundings } from './retry.ts'

export interface ClientOptions extends ConnectionOptions {
  /** For one attempt, in ms; default 30 s. */
  timeoutMs?: number
  /** After the first attempt; default 3. */
  maxRetries?: number
  /** Told before each wait for another attempt, also of a run's events: for logs and counters. What it throws ends the call. */
  onRetry?: (retry: Retry) => void
  /** How `prompts.get` caches. */
  prompts?: PromptDeliveryOptions
  /** How `experiments.local` and `prompts.get` evaluate A/B tests. */
  experiments?: LocalExperimentsOptions
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

type Endpoints = Partial<Record<EndpointName, Endpoint>>

/** Of the rooms that are there at once; one that is loaded later brings its own. */
const firstEndpoints: Endpoints = { ...workflowEndpoints, ...promptEndpoints }

const defaultTimeoutMs = 30_000
const defaultMaxRetries = 3
/**
 * These may have been carried out, so only what bears a repetition is sent again: of a 503, too, since a server that
 * closes, or has lost its database, does not wait to learn what became of the request.
 */
const unclear = new Set([408, 502, 503, 504])

/** Sends requests by the endpoints' data, again and again where that is safe. */
export class Transport {
  readonly connection: Connection
  readonly surroundings: Surroundings
  readonly #options: ClientOptions
  readonly #endpoints: Endpoints

  constructor(options: ClientOptions, surroundings: Surroundings = realSurroundings, endpoints = firstEndpoints) {
    this.#options = options
    this.connection = new ClientConnection(options)
    this.surroundings = surroundings
    this.#endpoints = endpoints
  }

  /** The same for the endpoints of another room. */
  to(endpoints: Endpoints): Transport {
    return new Transport(this.#options, this.surroundings, endpoints)
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
    const endpoint = this.#endpoints[name]!
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (sent.ifMatch === null) headers['If-None-Match'] = '*'
    else if (sent.ifMatch !== undefined) headers['If-Match'] = `"${sent.ifMatch}"`
    if (endpoint.method === 'POST') headers['Idempotency-Key'] = options.idempotencyKey ?? randomKey()
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

  /** One attempt without a limit of time, see `Connection.send`. */
  async send(name: EndpointName, sent: Sent, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    return this.connection.send(askedOf(this.#endpoints[name]!, sent, headers), signal)
  }

  /** Opens an event stream, see `Connection.open`. */
  async open(
    name: EndpointName,
    sent: Sent,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response | null> {
    return this.connection.open(askedOf(this.#endpoints[name]!, sent, headers), signal)
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
      request = await this.connection.prepare(askedOf(endpoint, sent, headers), signal)
    } catch (error) {
      stop()
      throw error
    }
    try {
      const response = await this.connection.fetch(request, signal)
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

/** Answered before anything was carried out, so that anything may be sent again. */
function isRefusedAtTheDoor({ status, code }: FairleadApiError): boolean {
  return status === 429 || code === 'auth.unavailable'
}

/** What is sent, typed by the contract. */
export type BodyOf<Name extends EndpointName> = RequestOf<Name>['body']
export type QueryOf<Name extends EndpointName> = NonNullable<RequestOf<Name>['query']>

function askedOf(endpoint: Endpoint, sent: Sent, headers: Record<string, string>): Asked {
  return { method: endpoint.method, path: pathOf(endpoint, sent), headers, body: sent.body }
}

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
