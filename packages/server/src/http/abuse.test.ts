import type { Endpoint } from '@fairlead/core/base'
import type { EndpointContract } from '@fairlead/core/contract'
import { contract } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { newId } from '../database/testing/index.ts'
import type { Answer, LooseRequest } from './testing/call.suite.ts'
import { pathOf, send } from './testing/call.suite.ts'
import { expectProblem } from './testing/expect-problem.suite.ts'
import type { Inhabitant, InhabitedServer } from './testing/inhabited-server.suite.ts'
import { openInhabitedServer } from './testing/inhabited-server.suite.ts'
import { mutations } from './testing/mutate.suite.ts'
import { furnish, validRequests } from './testing/valid-requests.suite.ts'

const names = Object.keys(endpoints) as EndpointName[]
const withBody = names.filter((name) => 'body' in contract[name])
const withParameters = names.filter((name) => 'params' in contract[name])
const withPreconditions = names.filter((name) => (endpoints[name] as Endpoint).ifMatch)
const posting = names.filter((name) => endpoints[name].method === 'POST')
const paged = names.filter((name) => 'cursor' in (queryOf(name)?.shape ?? {}))

let server: InhabitedServer
let acme: Inhabitant

beforeAll(async () => {
  server = await openInhabitedServer()
  acme = await server.inhabit('acme')
  await furnish(acme)
  await furnish(acme)
})
afterAll(async () => {
  await server.close()
})

async function valid(name: EndpointName): Promise<LooseRequest> {
  return { credential: acme.key, ...(await validRequests[name](acme)) } as LooseRequest
}

/** A valid request but for its body, which is these bytes. */
async function sendBody(
  name: EndpointName,
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { params, credential, ifMatch } = await valid(name)
  return send(`${server.apiUrl}${pathOf(name, params)}`, {
    method: endpoints[name].method,
    body,
    headers: {
      Authorization: `Bearer ${credential}`,
      'Content-Type': 'application/json',
      ...(typeof ifMatch === 'string' && { 'If-Match': ifMatch }),
      ...headers,
    },
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  })
}

const pointersOf = (problem: { errors?: { in?: string | undefined; pointer: string }[] | undefined }) =>
  problem.errors?.map((fault) => `${fault.in ?? 'body'} ${fault.pointer}`)

describe('the body of', () => {
  test.each(withBody)('%s is refused when it is not JSON, and it says where', async (name) => {
    const cut = expectProblem(await sendBody(name, '{"a": [1,\n 2'), { status: 400, code: 'http.malformed_json' })
    expect(cut).toMatchObject({ offset: 12, line: 2, column: 3 })
    for (const text of ["{'a': 1}", '{"a": 1,}', 'undefined', '{"a": NaN}']) {
      expectProblem(await sendBody(name, text), { status: 400, code: 'http.malformed_json' })
    }
    const notUtf8 = new Uint8Array([0x22, 0xff, 0xfe, 0x22])
    expectProblem(await sendBody(name, notUtf8), { status: 400, code: 'http.malformed_json' })
  })

  test.each(names)('%s is refused when it announces 10 MB, read or not', async (name) => {
    if (endpoints[name].method === 'GET') return
    const bytes = new Uint8Array(10_000_000).fill(0x20)
    expectProblem(await sendBody(name, bytes), { status: 413, code: 'http.body_too_large' })
  })

  test.each(withBody)('%s is refused when it grows to 10 MB without having said so', async (name) => {
    const chunk = new Uint8Array(100_000).fill(0x20)
    let left = 100
    const endless = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk)
        else controller.close()
      },
    })
    expectProblem(await sendBody(name, endless), { status: 413, code: 'http.body_too_large' })
  })

  test.each(withBody)('%s is refused when it nests a thousand levels deep', async (name) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const text = `${open.repeat(1_000)}1${close.repeat(1_000)}`
      expectProblem(await sendBody(name, text), { status: 400, code: 'http.too_deep' })
    }
  })

  test.each(withBody)('%s is refused when it names __proto__, however it is spelled', async (name) => {
    const { body } = await valid(name)
    const text = JSON.stringify(body)
    for (const key of ['__proto__', '\\u005f_proto__']) {
      const member = `{"${key}": {"isAdmin": true}`
      const bare = text === '{}' ? `${member}}` : `${member}, ${text.slice(1)}`
      const problem = expectProblem(await sendBody(name, bare), { status: 400, code: 'http.forbidden_key' })
      expect(pointersOf(problem)).toEqual(['body /__proto__'])
    }
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false)
  })

  test.each(withBody)('%s is refused when it has a field that is unknown', async (name) => {
    const request = await valid(name)
    for (const field of ['zzz', 'constructor', 'organizationId', 'id', 'a/b~c']) {
      const body = { ...(request.body as object), [field]: newId() }
      const problem = expectProblem(await server.call(name, { ...request, body }), { status: 400 })
      const pointer = `body /${field.replaceAll('~', '~0').replaceAll('/', '~1')}`
      expect(pointersOf(problem)).toEqual([pointer])
    }
  })

  test.each(withBody)('%s is refused when it is no object or, where it is needed, missing', async (name) => {
    for (const text of ['[]', '"text"', '3', 'null', 'true']) {
      const problem = expectProblem(await sendBody(name, text), { status: 400, code: 'http.invalid_request' })
      expect(pointersOf(problem)).toEqual(['body '])
    }
    const { body }: EndpointContract = contract[name]
    if (body!.safeParse(undefined).success) return
    const problem = expectProblem(await sendBody(name, ''), { status: 400, code: 'http.invalid_request' })
    expect(pointersOf(problem)).toEqual(['body '])
  })

  test.each(withBody)('%s is refused in another type, character set or encoding', async (name) => {
    const text = JSON.stringify((await valid(name)).body)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'json', '*/*']) {
      expectProblem(await sendBody(name, text, { 'Content-Type': type }), {
        status: 415,
        code: 'http.unsupported_media_type',
      })
    }
    const latin1 = await sendBody(name, text, { 'Content-Type': 'application/json; charset=latin1' })
    expectProblem(latin1, { status: 415, code: 'http.unsupported_media_type' })
    const packed = await sendBody(name, text, { 'Content-Encoding': 'gzip' })
    expectProblem(packed, { status: 415, code: 'http.unsupported_media_type' })
    expectProblem(await sendBody(name, new TextEncoder().encode(text), { 'Content-Type': '' }), { status: 415 })
    const fine = await sendBody(name, text, { 'Content-Type': 'Application/JSON; Charset="UTF-8"' })
    expect(fine.status, fine.text).not.toBe(415)
  })

  test.each(withBody)(
    '%s may hold anything anywhere: the answer says what is wrong, and the server lives',
    async (name) => {
      const request = await valid(name)
      for (const { pointer, change, value } of mutations(request.body)) {
        const answer = await server.call(name, { ...request, body: value })
        if (answer.status < 300) continue
        const problem = expectProblem(answer)
        // Where a shape was broken, the fault is named at, above or below the place.
        if (problem.code !== 'http.invalid_request' || pointer === '' || change === 'nothing') continue
        const pointers = problem.errors!.map((fault) => fault.pointer)
        const isNamed = pointers.some((fault) => fault.startsWith(pointer) || pointer.startsWith(fault))
        expect(isNamed, `${change} at ${pointer}: ${answer.text}`).toBe(true)
      }
    },
    120_000,
  )
})

describe('the path of', () => {
  const begunByName = ['movePromptBranch', 'movePromptLabel'] as const
  test.each(withParameters)('%s leads nowhere when it names what is unknown or impossible', async (name) => {
    const request = await valid(name)
    const ids = [newId(), 'none', '0', "' or 1=1 --", '../../keys', '\u0000', 'é😀', '%', 'a'.repeat(5_000)]
    for (const parameter of Object.keys(request.params!)) {
      for (const id of ids) {
        const answer = await server.call(name, { ...request, params: { ...request.params, [parameter]: id } })
        const isRefused = answer.status === 400 && begunByName.some((begun) => begun === name) && parameter === 'name'
        expectProblem(answer, isRefused ? { code: 'http.invalid_request' } : { status: 404 })
      }
    }
    const malformed = `${server.apiUrl}${pathOf(name, request.params)}`.replace(
      String(Object.values(request.params!)[0]),
      '%zz',
    )
    const headers = { Authorization: `Bearer ${acme.key}` }
    expectProblem(await send(malformed, { method: endpoints[name].method, headers }), {
      status: 400,
      code: 'http.malformed_url',
    })
  })

  const badNames = ['feature/x', '.hidden', 'pro duction', 'a..b', 'x.lock', 'a\0b', 'é', 'a'.repeat(101)]
  test.each(begunByName)('%s says what is wrong with a name, whether the thing is begun or moved', async (name) => {
    const request = await valid(name)
    for (const bad of badNames) {
      for (const ifMatch of [null, 'f'.repeat(64)]) {
        const answer = await server.call(name, { ...request, params: { ...request.params, name: bad }, ifMatch })
        expectProblem(answer, { status: 400, code: 'http.invalid_request' })
        const [fault] = (answer.body as { errors: { in: string; pointer: string; message: string }[] }).errors
        expect(fault).toMatchObject({ in: 'path', pointer: '/name', message: expect.stringMatching(/^must /) })
      }
    }
    expectProblem(await server.call(name, { ...request, params: { id: 'none', name: 'fine' } }), { status: 404 })
  })

  test.each(names)('%s refuses the methods that it does not have', async (name) => {
    const { params } = await valid(name)
    const { path } = endpoints[name]
    const known = names.filter((other) => endpoints[other].path === path).map((other) => endpoints[other].method)
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      if (known.some((other) => other === method)) continue
      const url = `${server.apiUrl}${pathOf(name, params)}`
      const answer = await send(url, { method, headers: { Authorization: `Bearer ${acme.key}` } })
      // A literal path may be an id to its neighbour: /workflows/validate under PUT is an unknown workflow.
      if (answer.status === 405) expectProblem(answer, { code: 'http.method_not_allowed' })
      else expectProblem(answer, { status: [400, 404, 428] })
      for (const one of known) if (answer.status === 405) expect(answer.headers.get('Allow')).toContain(one)
    }
  })
})

describe('the query of', () => {
  test.each(names)('%s is refused when it has a parameter that is unknown', async (name) => {
    const request = await valid(name)
    const answer = await server.call(name, { ...request, query: { ...request.query, zzz: '1' } })
    const problem = expectProblem(answer, { status: 400, code: 'http.invalid_request' })
    expect(pointersOf(problem)).toEqual(['query /zzz'])
  })

  test.each(names)('%s may hold anything in its parameters', async (name) => {
    const request = await valid(name)
    for (const parameter of Object.keys(queryOf(name)?.shape ?? {})) {
      for (const value of [
        '',
        ' ',
        '-1',
        '0',
        '1e999',
        '0x10',
        '2147483648',
        '9007199254740993',
        'NaN',
        'null',
        'a\u0000b',
        "' or 1=1",
        'a'.repeat(4_000),
      ]) {
        const answer = await server.call(name, { ...request, query: { ...request.query, [parameter]: value } })
        if (answer.status >= 300) expectProblem(answer, { status: [400, 404] })
      }
      const twice = await server.call(name, { ...request, query: { ...request.query, [parameter]: ['1', '2'] } })
      const problem = expectProblem(twice, { status: 400, code: 'http.invalid_request' })
      expect(pointersOf(problem)).toEqual([`query /${parameter}`])
    }
  })

  test.each(paged)('%s takes only cursors that this list gave out', async (name) => {
    const request = await valid(name)
    const page = (cursor: string) => server.call(name, { ...request, query: { ...request.query, cursor } })
    const forged = `${Buffer.from('["0198f2a0-0000-7000-8000-000000000000"]').toString('base64url')}.${'A'.repeat(22)}`
    const { body: keys } = await acme.ask('listKeys', { query: { limit: 1 } })
    const elsewhere = name === 'listKeys' ? [] : [keys.nextCursor!]
    for (const cursor of ['', 'x', 'x.y', '.', 'a.b.c', forged, ...elsewhere]) {
      const problem = expectProblem(await page(cursor), { status: 400, code: 'http.bad_cursor' })
      expect(pointersOf(problem)).toEqual(['query /cursor'])
    }
    expectProblem(await page('a'.repeat(1_001)), { status: 400, code: 'http.invalid_request' })
  })

  test.each(paged)('%s gives every row once when it is read page by page', async (name) => {
    const request = await valid(name)
    const { limit: _, ...query } = request.query ?? {}
    const read = async (extra: Record<string, unknown>) => {
      const answer = await server.call(name, { ...request, query: { ...query, ...extra } })
      expect(answer.status, answer.text).toBe(200)
      return answer.body as { data: object[]; nextCursor: string | null }
    }
    const whole = await readAll((cursor) => read({ limit: 200, ...cursor }))
    const byOne = await readAll((cursor) => read({ limit: Math.ceil(whole.length / 5), ...cursor }))
    expect(byOne).toEqual(whole)
    expect(new Set(whole).size).toBe(whole.length)
  })
})

async function readAll(
  read: (query: { cursor?: string }) => Promise<{ data: object[]; nextCursor: string | null }>,
): Promise<unknown[]> {
  const rows: unknown[] = []
  // By what tells them apart: the rest may change meanwhile.
  const identity = (row: object) =>
    ['id', 'userId', 'commitHash', 'version', 'seq', 'unit'].flatMap((name) =>
      name in row ? [row[name as never]] : [],
    )[0]
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read(cursor === undefined ? {} : { cursor })
    rows.push(...page.data.map(identity))
    cursor = page.nextCursor
  }
  return rows
}

describe('the precondition of', () => {
  test.each(withPreconditions)('%s must be there, be one strong ETag and be the current one', async (name) => {
    const { ifMatch, ...request } = await valid(name)
    const ask = (tag?: string) => server.call(name, { ...request, ...(tag !== undefined && { ifMatch: tag }) })
    const missing = expectProblem(await ask(), { status: 428, code: 'http.precondition_required' })
    expect(pointersOf(missing)).toEqual(['header /if-match'])
    for (const tag of ['*', 'v1', 'W/"v1"', '"v1", "v2"', '"', '']) {
      const bad = expectProblem(await ask(tag), { status: 400, code: 'http.bad_if_match' })
      expect(pointersOf(bad)).toEqual(['header /if-match'])
    }
    for (const tag of ['"stale"', '""', '"v0"', '"v999999999"', '"v99999999999999999999"']) {
      const stale = await ask(tag)
      expectProblem(stale, { status: 412 })
      expect(stale.headers.get('ETag')).toBe(ifMatch)
    }
    const current = await ask(ifMatch!)
    expect(current.status, current.text).toBeLessThan(300)
    expectProblem(await ask(ifMatch!), { status: [404, 412] })
  })
})

describe('the idempotency key of', () => {
  test.each(posting)('%s gives a repetition the first answer, and refuses another request', async (name) => {
    const request = await valid(name)
    const headers = { 'Idempotency-Key': newId() }
    const first = await server.call(name, { ...request, headers })
    expect(first.status, first.text).toBeLessThan(300)
    const again = await server.call(name, { ...request, headers })
    expect(again.status, again.text).toBe(first.status)
    expect(again.body).toEqual(first.body)
    // A person without an organization has no place to keep keys; accepting twice is the same by itself.
    if ((endpoints[name] as Endpoint).identity === 'user') return
    expect(again.headers.get('Idempotency-Replayed')).toBe('true')
    expect(again.headers.get('ETag')).toBe(first.headers.get('ETag'))
    expect(again.headers.get('Location')).toBe(first.headers.get('Location'))
    const other = await valid(name)
    const body = differs(other, request) ? other : { ...other, params: { ...other.params, id: newId() } }
    // By the same credential, since each has keys of its own.
    const { credential } = request
    expectProblem(await server.call(name, { ...body, credential, headers }), {
      status: 422,
      code: 'http.idempotency_mismatch',
    })
  })

  test.each(posting)('%s must be visible ASCII', async (name) => {
    const request = await valid(name)
    for (const key of ['', 'a b', 'a'.repeat(256), 'é']) {
      const answer = await server.call(name, { ...request, headers: { 'Idempotency-Key': key } })
      if ((endpoints[name] as Endpoint).identity === 'user' && answer.status < 300) continue
      const problem = expectProblem(answer, { status: 400, code: 'http.bad_idempotency_key' })
      expect(pointersOf(problem)).toEqual(['header /idempotency-key'])
    }
  })
})

const differs = (one: LooseRequest, other: LooseRequest) =>
  JSON.stringify([one.params, one.body]) !== JSON.stringify([other.params, other.body])

describe('any request', () => {
  test('to a path that is none is answered with a problem', async () => {
    for (const path of ['/api/v1/nothing', '/api/v1', '/api/v2/workflows', '/', '/api/v1/workflows/', '/.env']) {
      const answer = await send(new URL(path, server.apiUrl).href, { headers: { Authorization: `Bearer ${acme.key}` } })
      if (answer.status !== 200) expectProblem(answer, { status: 404, code: 'http.not_found' })
    }
  })

  test('gets its own id back when it is harmless, and another one when it is not', async () => {
    const ask = (id: string) => server.call('getPrincipal', { credential: acme.key, headers: { 'X-Request-Id': id } })
    expect((await ask('req-1.a')).headers.get('X-Request-Id')).toBe('req-1.a')
    for (const id of ['<script>', 'a b', 'a'.repeat(65)]) {
      expect((await ask(id)).headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})

test('none of this was a fault of the server', () => {
  expect(server.errors).toEqual([])
})

function queryOf(name: EndpointName): z.ZodObject | undefined {
  const { query }: EndpointContract = contract[name]
  return query
}
