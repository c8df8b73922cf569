import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { endpoints } from '@fairlead/core/endpoints'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from './testing/call.suite.ts'
import { expectProblem } from './testing/expect-problem.suite.ts'
import type { Inhabitant, InhabitedServer } from './testing/inhabited-server.suite.ts'
import { openInhabitedServer } from './testing/inhabited-server.suite.ts'

const page = 'https://app.example.com'
const limits = { perPrincipal: 4, perOrganization: 6 }

let server: InhabitedServer
let acme: Inhabitant
let url: string

beforeAll(async () => {
  server = await openInhabitedServer({
    corsOrigins: [page],
    env: { NODE_ENV: 'test', FAIRLEAD_METRICS_TOKEN: 'scrape' },
    processMetrics: true,
  })
  acme = await server.inhabit('acme')
  url = server.controlPlane.url
})
afterAll(async () => {
  await server.close()
})

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  send(url + path, { method, headers })

describe('health', () => {
  test('is alive and ready without a credential', async () => {
    expect((await get('/livez')).body).toEqual({ status: 'alive' })
    const { status, body, headers } = await get('/readyz')
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ready', migration: expect.any(String) } })
    expect(headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('metrics', () => {
  test('are for whoever brings the token', async () => {
    for (const headers of [{}, bearer('scrapes'), bearer(acme.key), { Authorization: 'scrape' }]) {
      const { status, text } = await get('/metrics', headers)
      expect({ status, text }).toEqual({ status: 401, text: '' })
    }
  })

  test('count requests by endpoint, method and status, and never by what a client chooses', async () => {
    await acme.ask('getPrincipal', {})
    await get('/api/v1/me')
    await get(`/api/v1/keys/${acme.marker}`, bearer(acme.key))
    const { status, text, headers } = await get('/metrics', bearer('scrape'))
    expect(status).toBe(200)
    expect(headers.get('Content-Type')).toMatch(/^text\/plain; version=/)
    const counted = (labels: string) => text.includes(`fairlead_http_request_duration_seconds_count{${labels}} 1`)
    expect(counted('endpoint="getPrincipal",method="GET",status="200"')).toBe(true)
    expect(counted('endpoint="getPrincipal",method="GET",status="401"')).toBe(true)
    expect(counted('endpoint="getKey",method="GET",status="404"')).toBe(true)
    expect(text).toContain('process_cpu_seconds_total')
    expect(text).not.toContain(acme.marker)
  })
})

describe('the OpenAPI document', () => {
  test('is served to everyone and names the server', async () => {
    const { status, body, headers } = await get('/api/v1/openapi.json')
    expect(status).toBe(200)
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(body).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./), servers: [{ url: '/api/v1' }] })
  })
})

describe('headers', () => {
  test('protect every answer, and tell nobody what the server is made of', async () => {
    for (const path of ['/livez', '/api/v1/me', '/api/v1/openapi.json', '/nothing']) {
      const { headers } = await get(path)
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'")
      expect(headers.get('X-Powered-By')).toBeNull()
      expect(headers.get('X-Request-Id')).toMatch(/./)
    }
  })

  test('let pages of the listed origins in, and no others', async () => {
    const preflight = (origin: string) =>
      get('/api/v1/workflows', { Origin: origin, 'Access-Control-Request-Method': 'POST' }, 'OPTIONS')
    const allowed = await preflight(page)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe(page)
    expect(allowed.headers.get('Access-Control-Allow-Headers')).toContain('Idempotency-Key')
    expect((await preflight('https://evil.example')).headers.get('Access-Control-Allow-Origin')).not.toBe(
      'https://evil.example',
    )
    const read = await get('/api/v1/me', { ...bearer(acme.key), Origin: page })
    expect(read.headers.get('Access-Control-Expose-Headers')).toContain('ETag')
  })

  test('keep private things out of shared caches', async () => {
    expect((await get('/api/v1/me', bearer(acme.key))).headers.get('Cache-Control')).toBe('no-store')
    expect((await get('/api/v1/organization', bearer(acme.key))).headers.get('Cache-Control')).toBe('private, no-cache')
  })
})

describe('a thing with an ETag', () => {
  test('is not sent again to who has it', async () => {
    const first = await get('/api/v1/organization', bearer(acme.key))
    const tag = first.headers.get('ETag')!
    expect(tag).toMatch(/^".+"$/)
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await get('/api/v1/organization', { ...bearer(acme.key), 'If-None-Match': known })
      expect([again.status, again.text, again.headers.get('ETag')]).toEqual([304, '', tag])
    }
    const changed = await get('/api/v1/organization', { ...bearer(acme.key), 'If-None-Match': '"other"' })
    expect(changed.text).toBe(first.text)
  })
})

describe('other methods', () => {
  test('HEAD answers what GET does without its body', async () => {
    const [head, whole] = [await get('/api/v1/me', bearer(acme.key), 'HEAD'), await get('/api/v1/me', bearer(acme.key))]
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers.get('Content-Length')).toBe(whole.headers.get('Content-Length'))
  })

  test('OPTIONS says what a path allows', async () => {
    const { status, headers } = await get('/api/v1/organization', {}, 'OPTIONS')
    expect(status).toBe(204)
    expect(headers.get('Allow') ?? headers.get('Access-Control-Allow-Methods')).toContain('PUT')
  })
})

describe('mounted in another app', () => {
  test('serves below its path, also where the host has read the body, and leaves the rest alone', async () => {
    const host = express()
    host.use(express.json({ limit: '10mb' }))
    host.get('/hello', (_request, response) => void response.send('world'))
    host.use('/fairlead', server.controlPlane.app)
    const listening = createServer(host)
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
    try {
      expect((await send(`${base}/hello`, {})).text).toBe('world')
      const create = (body: string) =>
        send(`${base}/fairlead/api/v1/keys`, {
          method: 'POST',
          body,
          headers: { ...bearer(acme.key), 'Content-Type': 'application/json' },
        })
      const created = await create(JSON.stringify({ name: acme.name(), scopes: ['run:read'] }))
      expect(created.status, created.text).toBe(201)
      expect(created.headers.get('Location')).toMatch(/^\/fairlead\/api\/v1\/keys\//)
      for (const [path, hint] of [
        ['/fairlead', ' The API is below /fairlead/api/v1.'],
        ['/fairlead/ab-tests', ' The API is below /fairlead/api/v1.'],
        ['/fairlead/api/v1/nothing', ''],
      ]) {
        const { detail } = expectProblem(await send(`${base}${path}?a=1`, {}), { status: 404, code: 'http.not_found' })
        expect(detail).toBe(`There is nothing at ${path}.${hint}`)
      }
      expectProblem(await create('{"__proto__": {"a": 1}}'), { status: 400, code: 'http.forbidden_key' })
      expectProblem(await create('{"name": "a\\ud800"}'), { status: 400, code: 'http.unstorable_text' })
      expectProblem(await create(`${'['.repeat(500)}${']'.repeat(500)}`), { status: 400, code: 'http.too_deep' })
      expectProblem(await create(`["${'a'.repeat(2_000_000)}"]`), { status: 413 })
      const { body } = await send(`${base}/fairlead/api/v1/openapi.json`, {})
      expect(body).toMatchObject({ servers: [{ url: '/fairlead/api/v1' }] })
    } finally {
      listening.close()
    }
  })
})

describe('rate limits', () => {
  let limited: InhabitedServer

  beforeAll(async () => {
    limited = await openInhabitedServer({ rateLimits: limits })
  })
  afterAll(async () => {
    await limited.close()
  })

  const remaining = (headers: Headers) =>
    Object.fromEntries(
      [...headers.get('RateLimit')!.matchAll(/"(\w+)";r=(\d+)/g)].map(([, name, r]) => [name, Number(r)]),
    )

  test('are told with every answer, for the credential and for its organization', async () => {
    const globex = await limited.inhabit('globex')
    const { headers } = await limited.call('getPrincipal', { credential: globex.key })
    expect(headers.get('RateLimit-Policy')).toBe('"credential";q=4;w=60, "organization";q=6;w=60')
    expect(remaining(headers)).toEqual({ credential: 3, organization: 5 })
    const failed = await limited.call('getKey', { credential: globex.key, params: { id: 'none' } })
    expect(remaining(failed.headers)).toEqual({ credential: 2, organization: 4 })
  })

  test('stop one credential, then the whole organization, and no other one', async () => {
    const [initech, other] = [await limited.inhabit('initech'), await limited.inhabit('hooli')]
    const second = await limited.controlPlane.createKey('initech', { name: 'second' })
    const ask = (credential: string) => limited.call('getPrincipal', { credential })
    for (let request = 0; request < limits.perPrincipal; request++) expect((await ask(initech.key)).status).toBe(200)
    const stopped = await ask(initech.key)
    const problem = expectProblem(stopped, { status: 429, code: 'http.rate_limited' })
    expect(problem.scope).toBe('credential')
    expect(remaining(stopped.headers).credential).toBe(0)
    expect(Number(stopped.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect((await ask(second.secret)).status).toBe(200)
    const whole = expectProblem(await ask(second.secret), { status: 429 })
    expect(whole.scope).toBe('organization')
    expect((await ask(other.key)).status).toBe(200)
  })
})

test('every endpoint has a path of its own', () => {
  const places = Object.values(endpoints).map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`)
  expect(new Set(places).size).toBe(places.length)
})
