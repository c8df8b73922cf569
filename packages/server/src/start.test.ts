import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ModelLike } from '@fairlead/core/langgraph'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { openTestDatabase } from './database/testing/index.ts'
import { send } from './http/testing/call.suite.ts'
import { expectProblem } from './http/testing/expect-problem.suite.ts'
import type { ControlPlane, ControlPlaneOptions } from './start.ts'
import { createControlPlane } from './start.ts'

const open: ControlPlane[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((controlPlane) => controlPlane.close()))
})

async function start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const controlPlane = await createControlPlane({
    database: await openTestDatabase('pglite'),
    env: { NODE_ENV: 'test' },
    logger: pino({ level: 'silent' }),
    ...options,
  })
  open.push(controlPlane)
  return controlPlane
}

/** A model that says when it was asked and answers when it is let. */
function slowModel({ heedsAbort = true } = {}) {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  const model: ModelLike = (_messages, { signal }) => {
    asked.resolve()
    if (heedsAbort) signal.addEventListener('abort', () => answer.reject(signal.reason))
    return answer.promise
  }
  return { model, asked: asked.promise, answer: answer.resolve }
}

/** Begins a request that lasts for as long as the model does. */
async function beginSlowRequest(controlPlane: ControlPlane, signal?: AbortSignal) {
  const url = await controlPlane.listen(0, '127.0.0.1')
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Acme', slug: 'acme', keyName: 'key' })
  const headers = { Authorization: `Bearer ${key.secret}`, 'Content-Type': 'application/json' }
  const post = (path: string, body: object) =>
    send(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) })
  await post('/prompts', { key: 'hello', content: { text: 'Say hello.' } })
  return { url, key: key.secret, slow: post('/prompts/hello/try', {}) }
}

describe('a control plane', () => {
  test('listens once, on a port of its choice, and says where', async () => {
    const controlPlane = await start()
    expect(() => controlPlane.url).toThrow(expect.objectContaining({ code: 'http.not_listening' }))
    const url = await controlPlane.listen(0, '127.0.0.1')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(controlPlane.url).toBe(url)
    await expect(controlPlane.listen(0)).rejects.toMatchObject({ code: 'http.listening' })
  })

  test('says that a port is taken, and which to try', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const controlPlane = await start()
    await expect(controlPlane.listen(port, '127.0.0.1')).rejects.toMatchObject({
      code: 'http.port_taken',
      message: expect.stringMatching(new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken .*--port or PORT`)),
    })
    other.close()
    // It can be tried again.
    expect(await controlPlane.listen(0, '127.0.0.1')).toMatch(/^http:/)
  })

  test('refuses a configuration that is wrong, with every variable that is', async () => {
    const env = { PORT: 'four', FAIRLEAD_SECRET: 'too short' }
    await expect(createControlPlane({ env, memory: true })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringMatching(/PORT[\s\S]*FAIRLEAD_SECRET/),
    })
    await expect(createControlPlane({ env, memory: true })).rejects.not.toMatchObject({
      message: expect.stringContaining('too short'),
    })
  })

  test('knows valid keys from others', async () => {
    const controlPlane = await start()
    const { key } = await controlPlane.bootstrapOrganization({ name: 'Acme', slug: 'acme', keyName: 'key' })
    expect(await controlPlane.verifyKey(key.secret)).toBe(true)
    expect(await controlPlane.verifyKey(`${key.secret.slice(0, -2)}xx`)).toBe(false)
    expect(await controlPlane.verifyKey('')).toBe(false)
  })

  test('makes the first organization once, however often it is asked', async () => {
    const controlPlane = await start()
    const request = { name: 'Default', slug: 'default', keyName: 'First key' }
    const made = await Promise.all([1, 2, 3].map(() => controlPlane.bootstrapFirst(request)))
    expect(made.filter((one) => one !== undefined)).toHaveLength(1)
    expect(await controlPlane.listOrganizations()).toMatchObject([{ slug: 'default' }])
  })
})

describe('a client that goes away', () => {
  test('stops its request, which counts as neither answered nor failed', async () => {
    const { model, asked } = slowModel()
    const errors: string[] = []
    const logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) })
    const controlPlane = await start({ models: { default: model }, logger })
    const gone = new AbortController()
    const { slow } = await beginSlowRequest(controlPlane, gone.signal)
    await asked
    gone.abort()
    await expect(slow).rejects.toThrow()
    const mounted = createServer(controlPlane.app)
    await new Promise<void>((resolve) => mounted.listen(0, '127.0.0.1', resolve))
    await controlPlane.close()
    const metrics = await send(`http://127.0.0.1:${(mounted.address() as AddressInfo).port}/metrics`, {})
    mounted.close()
    expect(metrics.text).toContain('_count{endpoint="tryPrompt",method="POST",status="499"} 1')
    expect(errors).toEqual([])
  })
})

describe('closing', () => {
  test('lets a request that is under way come to its end, takes no new ones, and is not ready meanwhile', async () => {
    const { model, asked, answer } = slowModel()
    const controlPlane = await start({ models: { default: model } })
    const mounted = createServer(controlPlane.app)
    await new Promise<void>((resolve) => mounted.listen(0, '127.0.0.1', resolve))
    const mountedUrl = `http://127.0.0.1:${(mounted.address() as AddressInfo).port}`
    const { url, slow } = await beginSlowRequest(controlPlane)
    await asked
    const closed = controlPlane.close()
    expect(controlPlane.close()).toBe(closed)
    await expect(send(`${url}/livez`, {})).rejects.toThrow()
    const readiness = await send(`${mountedUrl}/readyz`, {})
    expect([readiness.status, readiness.body]).toEqual([503, { status: 'not ready', draining: true }])
    expect((await send(`${mountedUrl}/livez`, {})).status).toBe(200)
    answer('hello')
    const { status, body } = await slow
    expect({ status, body }).toMatchObject({ status: 200, body: { output: 'hello' } })
    await closed
    mounted.close()
  })

  test.each([
    ['takes too long', true],
    ['does not even heed that its time is up', false],
  ])('tells the client of a request that %s to come again', async (_what, heedsAbort) => {
    const { model, asked } = slowModel({ heedsAbort })
    const controlPlane = await start({ models: { default: model }, drainTimeoutMs: 50 })
    const { slow } = await beginSlowRequest(controlPlane)
    await asked
    await controlPlane.close()
    const answer = await slow
    expectProblem(answer, { status: 503, code: 'http.draining' })
    expect(answer.headers.get('Retry-After')).toBe('1')
  })

  test('ends streams at once, which would never end by themselves', async () => {
    const controlPlane = await start()
    const url = await controlPlane.listen(0, '127.0.0.1')
    const { key } = await controlPlane.bootstrapOrganization({ name: 'Acme', slug: 'acme', keyName: 'key' })
    const headers = { Authorization: `Bearer ${key.secret}`, 'Content-Type': 'application/json' }
    const post = (path: string, body: object) =>
      send(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const workflow = (await post('/workflows', { definition: asking })).body as { id: string }
    const run = (await post(`/workflows/${workflow.id}/execute`, { input: {} })).body as { id: string }
    const events = await fetch(`${url}/api/v1/runs/${run.id}/events`, { headers })
    let seen = ''
    let closed: Promise<void> | undefined
    for await (const part of events.body!.pipeThrough(new TextDecoderStream())) {
      seen += part
      if (seen.includes('run.waiting')) closed ??= controlPlane.close()
    }
    expect(closed, seen).toBeDefined()
    await closed
    expect(seen).not.toMatch(/run\.(failed|cancelled|completed)/)
  })
})

/** Waits for a person, for ever. */
const asking = {
  formatVersion: 1,
  name: 'Asks',
  inputs: {},
  variables: { answer: { schema: { type: 'object' } } },
  outputs: {},
  nodes: [
    {
      id: 'ask',
      type: 'human',
      position: { x: 0, y: 0 },
      data: {
        label: 'Ask',
        config: { message: 'Well?', choices: [{ id: 'yes', label: 'Yes' }], outputVariable: 'answer' },
      },
    },
  ],
  edges: [],
}
