import { endpoints } from '@fairlead/core/endpoints'
import { describe, expect, it } from 'vitest'
import { FairleadApiError, FairleadConflictError, FairleadConnectionError, FairleadTimeoutError } from './error.ts'
import type { Surroundings } from './retry.ts'
import { realSurroundings } from './retry.ts'
import type { ClientOptions } from './transport.ts'
import { Transport } from './transport.ts'

type Step = Response | Error | ((request: Request) => Response | Promise<Response>)

/** A server that takes one step for each attempt, and a clock that is never waited for and rings when `ring` is called. */
function scripted(steps: Step[], options: Partial<ClientOptions> = {}) {
  const timers = new Map<() => void, number>()
  const ring = () => {
    for (const callBack of timers.keys()) callBack()
  }
  const requests: Request[] = []
  const sleeps: number[] = []
  const surroundings: Surroundings = {
    now: () => Date.parse('2026-01-01T00:00:00Z'),
    random: () => 0.5,
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted()
      sleeps.push(delayMs)
    },
    after(delayMs, callBack) {
      timers.set(callBack, delayMs)
      return () => void timers.delete(callBack)
    },
  }
  const send = async (url: string | URL | Request, init?: RequestInit) => {
    const request = new Request(url, init)
    requests.push(request)
    const step = steps[requests.length - 1]
    if (step === undefined) throw new Error('There was one attempt too many.')
    if (step instanceof Error) throw step
    return step instanceof Response ? step : step(request)
  }
  const transport = new Transport(
    { baseUrl: 'http://plane.test/base/', apiKey: 'key', fetch: send as typeof fetch, ...options },
    surroundings,
    endpoints,
  )
  return { transport, requests, sleeps, timers, ring }
}

const ok = (body: unknown = {}, headers: Record<string, string> = {}) => Response.json(body, { headers })
const refusal = (status: number, code: string, headers: Record<string, string> = {}, more: object = {}) =>
  Response.json(
    { type: 'about:blank', title: code, status, code, detail: 'No.', requestId: 'r1', ...more },
    { status, headers },
  )

describe('a call', () => {
  it('goes to the endpoint’s path below the base URL, with credential, encoded parameters and query', async () => {
    const { transport, requests } = scripted([ok()])
    await transport.call('listPromptVersions', { params: { id: 'a/b c' }, query: { limit: 5, cursor: undefined } })
    expect(requests[0]?.url).toBe('http://plane.test/base/api/v1/prompts/a%2Fb%20c/versions?limit=5')
    expect(requests[0]?.headers.get('Authorization')).toBe('Bearer key')
    expect(requests[0]?.headers.get('Idempotency-Key')).toBeNull()
  })

  it('asks a function for the key before every attempt', async () => {
    const keys = ['old', 'new']
    const seen: (string | null)[] = []
    const send = async (_url: unknown, init?: RequestInit) => {
      seen.push(new Headers(init?.headers).get('Authorization'))
      return seen.length === 1 ? refusal(503, 'http.draining') : ok()
    }
    const options = { baseUrl: 'http://plane.test', apiKey: () => keys.shift()!, fetch: send as typeof fetch }
    const impatient = { ...realSurroundings, sleep: async () => {} }
    await new Transport(options, impatient, endpoints).call('getPrincipal', {})
    expect(seen).toEqual(['Bearer old', 'Bearer new'])
  })

  it('is repeated under one idempotency key after broken connections and passing failures, with full jitter', async () => {
    const steps = [new TypeError('fetch failed'), refusal(502, 'x'), refusal(429, 'http.rate_limited'), ok({ id: '1' })]
    const { transport, requests, sleeps } = scripted(steps)
    const { body } = await transport.call('createWorkflow', { body: { definition: {} } })
    expect(body).toEqual({ id: '1' })
    expect(sleeps).toEqual([125, 250, 500])
    const keys = new Set(requests.map(({ headers }) => headers.get('Idempotency-Key')))
    expect(keys.size).toBe(1)
    expect([...keys][0]).toMatch(/^\d+(-\d+){3}$/)
    expect(await Promise.all(requests.map((request) => request.text()))).toEqual(Array(4).fill('{"definition":{}}'))
  })

  it('uses different keys for different calls, and the caller’s own where one is given', async () => {
    const { transport, requests } = scripted([ok(), ok(), ok()])
    await transport.call('cancelRun', { params: { id: '1' } })
    await transport.call('cancelRun', { params: { id: '1' } })
    await transport.call('cancelRun', { params: { id: '1' } }, { idempotencyKey: 'mine' })
    const [first, second, third] = requests.map(({ headers }) => headers.get('Idempotency-Key'))
    expect(first).not.toBe(second)
    expect(third).toBe('mine')
  })

  it('waits as long as Retry-After says, in seconds or until a date, and a little jitter more', async () => {
    const { transport, sleeps } = scripted([
      refusal(429, 'http.rate_limited', { 'Retry-After': '7' }),
      refusal(503, 'http.draining', { 'Retry-After': 'Thu, 01 Jan 2026 00:00:03 GMT' }),
      ok(),
    ])
    await transport.call('getPrincipal', {})
    expect(sleeps).toEqual([7125, 3125])
  })

  it('hands the answer on instead of waiting longer than a minute', async () => {
    const { transport, sleeps } = scripted([refusal(429, 'http.rate_limited', { 'Retry-After': '3600' })])
    await expect(transport.call('getPrincipal', {})).rejects.toMatchObject({ status: 429, retryAfter: '3600' })
    expect(sleeps).toEqual([])
  })

  it('gives up after the allowed repetitions with the last failure', async () => {
    const { transport, requests } = scripted([new TypeError('one'), new TypeError('two')])
    const call = transport.call('getPrincipal', {}, { maxRetries: 1 })
    await expect(call).rejects.toThrow(new FairleadConnectionError('GET /me failed: two'))
    expect(requests).toHaveLength(2)
  })

  it.each([400, 401, 403, 404, 409, 412, 422, 428, 500])('is not repeated after %i', async (status) => {
    const { transport, requests } = scripted([refusal(status, 'some.code')])
    await expect(transport.call('getPrincipal', {})).rejects.toMatchObject({ status, code: 'some.code' })
    expect(requests).toHaveLength(1)
  })

  it('waits for the first attempt when that is still at work under its idempotency key', async () => {
    const { transport, requests } = scripted([refusal(409, 'http.idempotency_in_progress'), ok()])
    await transport.call('createWorkflow', { body: {} })
    expect(requests).toHaveLength(2)
  })

  const update = { params: { id: '1' }, body: {}, ifMatch: 'v1' }
  const broken = new TypeError('reset')

  it.each([
    ['an update under a precondition', 'updateWorkflow', update],
    ['a removal under a precondition', 'archiveWorkflow', { params: { id: '1' }, ifMatch: 'v1' }],
    ['a removal', 'revokeKey', { params: { id: '1' } }],
  ] as const)('does not repeat %s that may have been carried out', async (_what, name, sent) => {
    const codes = ['http.503', 'http.draining', 'database.unavailable', 'database.timeout', 'database.closed']
    for (const step of [broken, refusal(502, 'http.502'), ...codes.map((code) => refusal(503, code))]) {
      const { transport, requests } = scripted([step])
      await expect(transport.call(name, sent)).rejects.toBeInstanceOf(Error)
      expect(requests).toHaveLength(1)
    }
  })

  it('repeats an update under a precondition that was refused before it began', async () => {
    const { transport, requests } = scripted([
      refusal(503, 'auth.unavailable'),
      refusal(429, 'http.rate_limited'),
      ok(),
    ])
    await transport.call('updateWorkflow', update)
    expect(requests.map(({ headers }) => headers.get('If-Match'))).toEqual(['"v1"', '"v1"', '"v1"'])
  })

  it('repeats a commit, whose idempotency key brings the first answer back', async () => {
    const { transport, requests } = scripted([broken, ok()])
    await transport.call('createPromptVersion', update)
    const [first, second] = requests.map(({ headers }) => headers.get('Idempotency-Key'))
    expect(second).toBe(first)
  })

  it('tells of each repetition before it waits for it', async () => {
    const told: unknown[] = []
    const { transport } = scripted([broken, refusal(503, 'http.draining', { 'Retry-After': '2' }), ok()], {
      onRetry: ({ error, ...rest }) => told.push({ ...rest, error: error.name }),
    })
    await transport.call('getPrincipal', {})
    expect(told).toEqual([
      { endpoint: 'getPrincipal', attempt: 1, delayMs: 125, error: 'FairleadConnectionError' },
      { endpoint: 'getPrincipal', attempt: 2, delayMs: 2125, error: 'FairleadApiError' },
    ])
  })

  it('throws what makes a request impossible as it is, and sends nothing', async () => {
    const { transport, requests } = scripted([])
    const endless: Record<string, unknown> = {}
    endless.itself = endless
    await expect(transport.call('createWorkflow', { body: endless })).rejects.toBeInstanceOf(TypeError)
    const locked = new Error('the vault is locked')
    const keyless = scripted([], { apiKey: () => Promise.reject(locked) })
    await expect(keyless.transport.call('getPrincipal', {})).rejects.toBe(locked)
    expect([...requests, ...keyless.requests]).toEqual([])
  })

  it('waits for a key no longer than for an answer, and no longer than its caller', async () => {
    const never = () => new Promise<string>(() => {})
    const late = scripted([], { apiKey: never, timeoutMs: 5 })
    const waiting = late.transport.call('listWorkflows', {})
    late.ring()
    await expect(waiting).rejects.toThrow('no apiKey within 5 ms')
    expect(late.timers.size).toBe(0)
    const caller = new AbortController()
    const { transport } = scripted([], { apiKey: never })
    const call = transport.call('listWorkflows', {}, { signal: caller.signal })
    const stream = transport.open('streamRunEvents', { params: { id: 'r' } }, {}, caller.signal)
    caller.abort(new Error('The caller has left.'))
    await expect(call).rejects.toThrow('The caller has left.')
    await expect(stream).rejects.toThrow('The caller has left.')
  })

  it('does not repeat a key that can be no key in its complaint', async () => {
    for (const apiKey of ['secret\n', 'sec\nret', '']) {
      const { transport, requests } = scripted([], { apiKey: () => apiKey })
      const error: unknown = await transport.call('getPrincipal', {}).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).not.toMatch(/sec/)
      expect(requests).toEqual([])
    }
  })

  it.each(['', '.', '..', undefined])('does not go to another endpoint for the id %j', async (id) => {
    const { transport, requests } = scripted([])
    const params = { id } as { id: string }
    await expect(transport.call('cancelRun', { params })).rejects.toThrow('is no id of a run.')
    expect(requests).toEqual([])
  })

  it('gives the present state and its entity tag to whoever lost a race', async () => {
    const current = { id: '1', version: 3 }
    const { transport } = scripted([refusal(412, 'workflow.version_conflict', { ETag: '"3"' }, { current })])
    const error: unknown = await transport.call('updateWorkflow', update).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FairleadConflictError)
    expect(error).toBeInstanceOf(FairleadApiError)
    expect(error).toMatchObject({ code: 'workflow.version_conflict', status: 412, current, etag: '3' })
    const bare = scripted([refusal(412, 'http.precondition_failed')])
    await expect(bare.transport.call('updateWorkflow', update)).rejects.toMatchObject({ current: null, etag: '' })
  })

  it('carries the problem: code, faults, facts, request id, and says the faults in its message', async () => {
    const errors = [{ pointer: '/name', message: 'must be shorter' }]
    const { transport } = scripted([refusal(412, 'workflow.version_conflict', {}, { errors, current: { version: 3 } })])
    const error: unknown = await transport.call('getPrincipal', {}).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FairleadApiError)
    expect(error).toMatchObject({ status: 412, code: 'workflow.version_conflict', requestId: 'r1', errors })
    expect((error as FairleadApiError).problem.current).toEqual({ version: 3 })
    expect((error as Error).message).toBe('No. (workflow.version_conflict)\n  /name: must be shorter')
  })

  it('says when something in between has answered', async () => {
    const { transport } = scripted([new Response('<h1>Not here</h1>', { status: 404, statusText: 'Not Found' })])
    const expected = {
      code: 'http.404',
      requestId: null,
      message: expect.stringContaining('not from a Fairlead control plane'),
    }
    await expect(transport.call('getPrincipal', {})).rejects.toMatchObject(expected)
  })

  it('takes an answer that is cut off, or no JSON, for a broken connection', async () => {
    const { transport } = scripted([new Response('{"half":'), ok({ whole: true })])
    expect((await transport.call('getPrincipal', {})).body).toEqual({ whole: true })
  })

  it('ends an attempt that is not answered in time, also when only its body does not come', async () => {
    const limits: number[][] = []
    const never = ({ signal }: Request) =>
      new Promise<Response>((_resolve, reject) => {
        limits.push([...timers.values()])
        signal.addEventListener('abort', () => reject(signal.reason))
        queueMicrotask(ring)
      })
    const half = ({ signal }: Request) => {
      const body = new ReadableStream({
        start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
        pull: () => queueMicrotask(ring),
      })
      return new Response(body)
    }
    const { transport, requests, timers, ring } = scripted([never, half])
    const call = transport.call('getPrincipal', {}, { timeoutMs: 5000, maxRetries: 1 })
    await expect(call).rejects.toThrow(new FairleadTimeoutError('GET /me was not answered within 5000 ms.'))
    expect(requests).toHaveLength(2)
    expect(limits).toEqual([[5000]])
    expect(timers.size).toBe(0)
  })

  it('ends with the caller’s reason when the caller’s signal aborts, during an attempt and between two', async () => {
    const caller = new AbortController()
    const { transport } = scripted([
      (request) => {
        caller.abort(new Error('changed my mind'))
        return Promise.reject(request.signal.reason)
      },
    ])
    await expect(transport.call('getPrincipal', {}, { signal: caller.signal })).rejects.toThrow('changed my mind')
    const later = new AbortController()
    const between = scripted([
      () => {
        queueMicrotask(() => later.abort(new Error('too late')))
        return refusal(503, 'http.draining')
      },
    ])
    await expect(between.transport.call('getPrincipal', {}, { signal: later.signal })).rejects.toThrow('too late')
  })

  it('gives the entity tag bare, also a weak one', async () => {
    const { transport } = scripted([ok({}, { ETag: '"v3"' }), ok({}, { ETag: 'W/"v4"' }), ok()])
    const tags = [1, 2, 3].map(async () => (await transport.call('getPrincipal', {})).etag)
    expect(await Promise.all(tags)).toEqual(['v3', 'v4', ''])
  })
})
