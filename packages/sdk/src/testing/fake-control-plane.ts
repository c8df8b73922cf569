import type { Endpoint, RequestFault } from '@fairlead/core/base'
import type { EndpointContract, ParsedRequestOf, ResponseOf } from '@fairlead/core/contract'
import { contract } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import type { TestEvent } from '@fairlead/core/experiment'
import type { RunEvent } from '@fairlead/core/workflow'
import type { HttpHandler } from 'msw'
import { HttpResponse, http } from 'msw'
import { encodeEvents } from './events.ts'

/** A request as a handler of the control plane would get it. */
export type SeenRequest<Name extends EndpointName = EndpointName> = ParsedRequestOf<Name> & {
  name: Name
  headers: Headers
}

/** An answer's body, or a problem, as `{ status, code, detail }`; for an event stream, the events that it begins with. */
export type Answer<Name extends EndpointName> =
  | (Name extends 'streamRunEvents' ? RunEvent[] : Name extends 'streamAbTestChanges' ? TestEvent[] : ResponseOf<Name>)
  | ProblemAnswer

export interface ProblemAnswer {
  status: 400 | 401 | 403 | 404 | 409 | 412 | 422 | 428 | 429 | 500 | 502 | 503
  code: string
  detail: string
  /** Seconds. */
  retryAfter?: number
}

/** What each endpoint answers: a value, or a function of the request. */
export type Answers = {
  [Name in EndpointName]?: Answer<Name> | ((request: SeenRequest<Name>) => Answer<Name> | Promise<Answer<Name>>)
}

export interface FakeOptions {
  baseUrl: string
  answers?: Answers
}

export interface FakeControlPlane {
  /** For msw's `setupServer(...handlers)` or `setupWorker(...handlers)`. */
  readonly handlers: HttpHandler[]
  /** Every request that had the shape of its contract, in order. */
  readonly requests: readonly SeenRequest[]
  /** Changes what endpoints answer from now on. */
  answer(answers: Answers): void
}

/**
 * A control plane for tests of your application, made from the contract: requests that a real one would refuse for their
 * shape are refused the same way, and an answer that a real one could not give throws. An endpoint without an answer
 * gives 501 and says so. ETags are the answers' number: `"1"`, `"2"`, ….
 */
export function createFakeControlPlane({ baseUrl, answers = {} }: FakeOptions): FakeControlPlane {
  const given = { ...answers } as Record<string, unknown>
  const requests: SeenRequest[] = []
  let answered = 0
  const serve = async (name: EndpointName, parts: RawRequest): Promise<Response> => {
    const request = read(name, parts)
    if ('faults' in request) return invalid(request.faults)
    requests.push(request)
    if (!(name in given)) return missingAnswer(name)
    const source = given[name]
    const answer: unknown = typeof source === 'function' ? await source(request) : source
    if (isProblem(answer)) return problem(answer)
    if (name === 'streamRunEvents') return eventStream(answer as RunEvent[], parts.headers)
    if (name === 'streamAbTestChanges') return openStream(answer as TestEvent[])
    answered++
    return success(name, answer, answered)
  }
  return {
    handlers: (Object.keys(endpoints) as EndpointName[]).map((name) => {
      const { method, path }: Endpoint = endpoints[name]
      const on = http[method.toLowerCase() as Lowercase<Endpoint['method']>]
      return on(`${baseUrl.replace(/\/+$/, '')}/api/v1${path}`, async ({ request, params }) => {
        const query = Object.fromEntries(new URL(request.url).searchParams)
        return serve(name, { params, query, text: await request.text(), headers: request.headers })
      })
    }),
    requests,
    answer: (changed) => Object.assign(given, changed),
  }
}

interface RawRequest {
  params: unknown
  query: unknown
  text: string
  headers: Headers
}

function read(
  name: EndpointName,
  { params, query, text, headers }: RawRequest,
): SeenRequest | { faults: RequestFault[] } {
  const shapes: EndpointContract = contract[name]
  const sent = { params, query, body: text === '' ? undefined : JSON.parse(text) }
  const seen: Record<string, unknown> = { name, headers }
  const faults: RequestFault[] = []
  for (const part of ['params', 'query', 'body'] as const) {
    const shape = shapes[part]
    const result = shape?.safeParse(sent[part])
    if (result?.success) seen[part] = result.data
    for (const { path, message } of result?.error?.issues ?? []) {
      faults.push({
        in: part === 'params' ? 'path' : part,
        pointer: path.map((key) => `/${String(key)}`).join(''),
        message,
      })
    }
  }
  if (needsTag(name) && headers.get('If-Match') === null) {
    faults.push({ in: 'header', pointer: '/if-match', message: 'is required' })
  }
  return faults.length > 0 ? { faults } : (seen as unknown as SeenRequest)
}

function needsTag(name: EndpointName): boolean {
  return (endpoints[name] as Endpoint).ifMatch !== undefined
}

function success(name: EndpointName, body: unknown, tag: number): Response {
  const [[status, shape]] = Object.entries(contract[name].responses) as [
    [string, EndpointContract['responses'][number]],
  ]
  const headers: Record<string, string> = (endpoints[name] as Endpoint).etag ? { ETag: `"${tag}"` } : {}
  if (shape === null) return new HttpResponse(null, { status: Number(status), headers })
  const result = shape!.safeParse(body)
  if (!result.success) {
    throw new TypeError(`A control plane can't answer "${name}" with this: ${result.error.message}`)
  }
  return HttpResponse.json(result.data as never, { status: Number(status), headers })
}

function eventStream(events: readonly RunEvent[], headers: Headers): Response {
  const text = encodeEvents(events, Number(headers.get('Last-Event-ID') ?? 0))
  if (text === '') return new HttpResponse(null, { status: 204 })
  return new HttpResponse(text, { headers: { 'Content-Type': 'text/event-stream' } })
}

/** It says so much, and then nothing any more, until the application has closed it. */
function openStream(events: readonly TestEvent[]): Response {
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(`: open\n${text}`)) })
  return new HttpResponse(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

function isProblem(answer: unknown): answer is ProblemAnswer {
  const { status, code, detail } = (answer ?? {}) as Record<string, unknown>
  return typeof status === 'number' && status >= 400 && typeof code === 'string' && typeof detail === 'string'
}

function problem(
  { status, code, detail, retryAfter }: Omit<ProblemAnswer, 'status'> & { status: number },
  errors?: RequestFault[],
): Response {
  const body = {
    type: 'about:blank',
    title: code,
    status,
    code,
    detail,
    requestId: 'test',
    ...(errors ? { errors } : {}),
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json' }
  if (retryAfter !== undefined) headers['Retry-After'] = String(retryAfter)
  return new HttpResponse(JSON.stringify(body), { status, headers })
}

function invalid(faults: RequestFault[]): Response {
  const detail = 'The request has not the shape that the contract asks for.'
  return problem({ status: 400, code: 'http.invalid_request', detail }, faults)
}

function missingAnswer(name: EndpointName): Response {
  const detail = `The test has no answer for "${name}": give one in "answers".`
  return problem({ status: 501, code: 'testing.no_answer', detail })
}
