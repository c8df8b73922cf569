import { setupServer } from 'msw/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../client.ts'
import { numberEvents } from './events.ts'
import { createFakeControlPlane } from './fake-control-plane.ts'
import { testConfiguration } from './test-configuration.ts'

const baseUrl = 'http://plane.test'
const plane = createFakeControlPlane({ baseUrl })
const server = setupServer(...plane.handlers)
const client = createClient({ baseUrl, apiKey: 'key' })

const id = '01a20bcb-f886-748d-a53c-ff7020971f31'
const at = '2026-01-01T00:00:00.000Z'
const usage = { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 }
const run = {
  id,
  workflowId: id,
  workflowVersion: 1,
  status: 'queued' as const,
  input: {},
  output: null,
  error: null,
  pins: {},
  unit: null,
  attributes: null,
  usage,
  costNanoUsd: 0,
  interrupts: [],
  createdAt: at,
  startedAt: null,
  finishedAt: null,
}
const prompt = (key: string) => ({
  id,
  key,
  name: key,
  description: null,
  createdAt: at,
  updatedAt: at,
  archivedAt: null,
})

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterAll(() => server.close())

describe('a fake control plane', () => {
  it('lets an application run and follow a workflow', async () => {
    const events = numberEvents(id, [{ type: 'run.started' }, { type: 'run.completed', output: { sum: 3 } }])
    plane.answer({ executeWorkflow: run, streamRunEvents: events })
    const handle = await client.workflows.run(id, { input: { one: 1 } })
    expect(await handle.result()).toEqual({ sum: 3 })
    const sent = plane.requests.find(({ name }) => name === 'executeWorkflow')
    expect(sent).toMatchObject({ params: { id }, body: { input: { one: 1 } } })
    expect(sent?.headers.get('Idempotency-Key')).toBeTruthy()
  })

  it('answers by a function of the request, page by page', async () => {
    const keys = ['a', 'b', 'c']
    plane.answer({
      listPrompts: ({ query }) => {
        const index = Number(query.cursor ?? 0)
        return { data: [prompt(keys[index]!)], nextCursor: index < 2 ? String(index + 1) : null }
      },
    })
    const list = client.prompts.list({ limit: 1 })
    expect(await list.page()).toMatchObject({ data: [{ key: 'a' }], nextCursor: '1' })
    const seen: string[] = []
    for await (const { key } of list) seen.push(key)
    expect(seen).toEqual(keys)
  })

  it('gives entity tags, and asks for them where a change needs one', async () => {
    plane.answer({ getOrganization: { id, slug: 'one', name: 'One', settings: {}, createdAt: at } })
    const organization = await client.tenant.organization()
    expect(organization.etag).toMatch(/^\d+$/)
    plane.answer({
      updateOrganization: ({ body }) => ({ id, slug: 'one', settings: {}, createdAt: at, name: body.name }),
    })
    expect(await client.tenant.updateOrganization(organization, { name: 'Two' })).toMatchObject({ name: 'Two' })
    const bare = await fetch(`${baseUrl}/api/v1/organization`, { method: 'PUT', body: JSON.stringify({ name: 'Two' }) })
    expect(await bare.json()).toMatchObject({ errors: [{ in: 'header', pointer: '/if-match' }] })
  })

  it('refuses what the contract refuses, with pointers', async () => {
    plane.answer({ createPrompt: { status: 409, code: 'prompt.key_taken', detail: 'Taken.' } })
    const wrong = client.prompts.create({ key: 'no spaces allowed', content: { text: '' } })
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      code: 'http.invalid_request',
      errors: [{ pointer: '/key' }],
    })
    const taken = client.prompts.create({ key: 'fine', content: { text: '' } })
    await expect(taken).rejects.toMatchObject({
      status: 409,
      code: 'prompt.key_taken',
      message: 'Taken. (prompt.key_taken)',
    })
  })

  it('lets an application show a variant of a test, and say what came of it', async () => {
    plane.answer({
      getAbTestConfiguration: testConfiguration([
        { key: 'tone', variants: [{ name: 'plain' }, { name: 'warm' }], forced: { tester: 1 } },
      ]),
      streamAbTestChanges: [{ type: 'ab_test.resync', testId: null }],
      recordAbTestEvents: ({ body }) => ({
        exposures: { recorded: body.exposures.length, repeated: 0 },
        observations: { recorded: body.observations.length, repeated: 0 },
        leftAside: [],
        leftAsideCount: 0,
      }),
    })
    const experiments = await client.experiments.local()
    await experiments.ready()
    expect(experiments.variant('tone', { unit: 'tester' })).toMatchObject({ name: 'warm', reason: 'forced' })
    const { id } = experiments.variant('tone', { unit: 'ann' })
    experiments.observe('tone', { unit: 'ann', metric: 'success', value: 1, id: 'one' })
    await experiments.close()
    expect(plane.requests.find(({ name }) => name === 'recordAbTestEvents')?.body).toEqual({
      exposures: [{ test: 'id-of-tone', unit: 'ann', variant: id, epoch: 1 }],
      observations: [{ id: 'one', test: 'tone', unit: 'ann', metric: 'success', value: 1 }],
    })
  })

  it('says which answer a test has not given', async () => {
    await expect(client.tenant.me()).rejects.toThrow('The test has no answer for "getPrincipal"')
  })

  it('does not give an answer that no control plane could give', async () => {
    plane.answer({ getRun: { ...run, status: 'asleep' as never } })
    const answer = await fetch(`${baseUrl}/api/v1/runs/${id}`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).toContain(`A control plane can't answer`)
  })
})
