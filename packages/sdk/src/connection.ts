import type { Endpoint } from '@fairlead/core/base'

export interface ConnectionOptions {
  /**
   * Where the control plane is, such as `https://fairlead.example.com`; with the path that it is mounted at, if any. The
   * API's own path, `/api/v1`, may stand behind it or not.
   */
  baseUrl: string
  /** An API key, a person's token or a browser token; a function is asked before every attempt. */
  apiKey: string | (() => string | Promise<string>)
  /** Default: the global one. */
  fetch?: typeof fetch
}

/** What is asked of an endpoint, with its path filled in. */
export interface Asked extends Pick<Endpoint, 'method'> {
  path: string
  headers?: Record<string, string>
  body?: unknown
  /** Goes out even when the page that sends it is left; for bodies below 64 kB. */
  keepalive?: boolean
}

/** A request as `fetch` takes it. */
export interface Prepared {
  url: string
  init: RequestInit
}

const needed = 'Give a baseUrl with http(s):// and an apiKey without line breaks'

/** The way to a control plane: one attempt for each request, without a limit of time. */
export class Connection {
  readonly #options: ConnectionOptions
  /** The address that the endpoints' paths are below. */
  readonly api: string

  constructor(options: ConnectionOptions) {
    if (!options.apiKey || !/^(https?:\/)?\//.test(options.baseUrl)) throw new TypeError(needed)
    this.#options = options
    // Whoever copies the address from a terminal or a browser has the path of the API behind it.
    this.api = `${options.baseUrl.replace(/(\/api\/v1)?\/*$/, '')}/api/v1`
  }

  /** Throws the signal's reason, or whatever makes a request impossible: a body that is no JSON, a key that can't be had. */
  async prepare({ method, path, headers, body, keepalive }: Asked, signal: AbortSignal): Promise<Prepared> {
    const key = await within(signal, this.#key())
    // Checked here, because `fetch` would quote the whole key in its complaint.
    if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError(needed)
    const init: RequestInit = { method, headers: { ...headers, Authorization: `Bearer ${key}` } }
    if (body !== undefined) {
      init.body = JSON.stringify(body)
      ;(init.headers as Record<string, string>)['Content-Type'] = 'application/json'
    }
    if (keepalive) init.keepalive = true
    return { url: this.api + path, init }
  }

  fetch({ url, init }: Prepared, signal: AbortSignal): Promise<Response> {
    const send = this.#options.fetch ?? fetch
    return send(url, { ...init, signal })
  }

  /**
   * The answer as it came, where it is expected; else throws an error with its `status` and `retryAfter`, or what `fetch`
   * and `prepare` throw. That something is not modified is no error.
   */
  async send(asked: Asked, signal: AbortSignal, isExpected = isFine): Promise<Response> {
    const response = await this.fetch(await this.prepare(asked, signal), signal)
    if (isExpected(response)) return response
    const { status, headers } = response
    const message = `The control plane answered ${status}: ${await response.text()}`
    throw Object.assign(new Error(message), { status, retryAfter: headers.get('Retry-After') })
  }

  /** Opens an event stream, like `send`; null when the server says that there is nothing to follow. */
  async open(asked: Asked, signal: AbortSignal): Promise<Response | null> {
    const isStream = ({ ok, status, headers }: Response) =>
      status === 204 || (ok && /^text\/event-stream/.test(headers.get('Content-Type')!))
    const headers = { Accept: 'text/event-stream', ...asked.headers }
    const response = await this.send({ ...asked, headers }, signal, isStream)
    return response.status === 204 ? null : response
  }

  async #key(): Promise<string> {
    const { apiKey } = this.#options
    return typeof apiKey === 'string' ? apiKey : apiKey()
  }
}

export function isFine({ ok, status }: Response): boolean {
  return ok || status === 304
}

/** What the work gives, or the signal's reason, should that come first. */
function within<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  return Promise.race([work, aborted])
}

export function tagOf({ headers }: Response): string {
  return (headers.get('ETag') ?? '').replace(/^(W\/)?"(.*)"$/, '$2')
}
