import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

const variants = [
  { name: 'control', ref: { label: 'production' } },
  { name: 'kind', ref: { branch: 'candidate' } },
]

describe.each(backends)('the life of a test on %s', (kind) => {
  let plane: ExperimentServer

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  const newTest = async (more: object = {}) => {
    const prompt = await plane.newPrompt()
    const body = { name: plane.acme.name(), prompt: prompt.key, variants, ...more }
    return { prompt, test: await plane.ask('createAbTest', { body }) }
  }

  it('goes from draft to running, paused and completed, and never another way', async () => {
    const { test } = await newTest()
    const params = { id: test.key }
    expect(test).toMatchObject({ status: 'draft', epoch: 0, revision: 1, variants: [{ version: null }, {}] })
    for (const name of ['pauseAbTest', 'resumeAbTest'] as const)
      expect(await plane.call(name, { params })).toMatchObject({
        status: 409,
        body: { code: 'experiment.invalid_transition', detail: expect.stringContaining('It can be started') },
      })
    const started = await plane.ask('startAbTest', { params })
    expect(started).toMatchObject({ status: 'running', epoch: 1, startedAt: expect.any(String) })
    expect(started.variants.map(({ version }) => version?.versionNumber)).toEqual([1, 2])
    expect((await plane.call('startAbTest', { params })).status).toBe(409)
    expect(await plane.ask('pauseAbTest', { params })).toMatchObject({ status: 'paused' })
    expect(await plane.ask('resumeAbTest', { params })).toMatchObject({ status: 'running' })
    const stopped = await plane.ask('stopAbTest', { params, body: { reason: 'enough' } })
    expect(stopped).toMatchObject({ status: 'completed', winnerVariantId: null, isDecided: false })
    expect((await plane.call('resumeAbTest', { params })).status).toBe(409)
    const { data } = await plane.ask('listAbTestHistory', { params })
    expect(data.map(({ action }) => action).reverse()).toEqual(['created', 'started', 'paused', 'resumed', 'completed'])
    expect(data.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1])
    expect(data[0]).toMatchObject({ data: { reason: 'enough' }, actor: { kind: 'key' } })
  })

  it('compares what refs said at its start, and shows where they have moved', async () => {
    const { prompt, test } = await newTest()
    const params = { id: test.id }
    await plane.ask('startAbTest', { params })
    const { etag } = await plane.acme.ask('getPromptBranch', { params: { id: prompt.id, name: 'candidate' } })
    const body = { content: { text: 'Be kind.' }, branch: 'candidate' }
    await plane.ask('createPromptVersion', { params: { id: prompt.id }, ifMatch: etag, body })
    const { variants: now } = await plane.ask('getAbTest', { params })
    expect(now.map(({ refHasMoved, version }) => [refHasMoved, version!.versionNumber])).toEqual([
      [false, 1],
      [true, 2],
    ])
    await plane.ask('stopAbTest', { params, body: {} })
  })

  it('does not start with a ref that leads nowhere, nor beside another test of the prompt', async () => {
    const { prompt, test } = await newTest({ variants: [variants[0], { name: 'b', ref: { branch: 'missing' } }] })
    expect(await plane.call('startAbTest', { params: { id: test.id } })).toMatchObject({
      status: 409,
      body: { code: 'experiment.unresolved_ref', errors: [{ pointer: '/variants/1/ref' }] },
    })
    const body = { name: plane.acme.name(), prompt: prompt.id, variants }
    const [one, other] = [await plane.ask('createAbTest', { body }), await plane.ask('createAbTest', { body })]
    expect(other.key).toBe(`${one.key}-2`)
    const answers = await Promise.all([one, other].map(({ id }) => plane.call('startAbTest', { params: { id } })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({ code: 'experiment.prompt_under_test' })
  })

  it('keeps tests of one layer apart, as long as there is room', async () => {
    const layer = await plane.ask('createAbTestLayer', { body: { name: plane.acme.name() } })
    const prompt = await plane.newPrompt()
    const inLayer = (percentage: number) =>
      plane.ask('createAbTest', {
        body: { name: plane.acme.name(), prompt: prompt.id, variants, layer: { id: layer.id, percentage } },
      })
    const [first, second, third] = [await inLayer(60), await inLayer(40), await inLayer(1)]
    await plane.ask('startAbTest', { params: { id: first.id } })
    await plane.ask('startAbTest', { params: { id: second.id } })
    expect(await plane.call('startAbTest', { params: { id: third.id } })).toMatchObject({
      status: 409,
      body: { code: 'experiment.layer_full' },
    })
    for (let unit = 0; unit < 60; unit++) {
      const body = { unit: `u${unit}`, expose: false }
      const found = await Promise.all(
        [first, second].map(({ id }) => plane.ask('assignAbTest', { params: { id }, body })),
      )
      expect(found.map(({ reason }) => reason).sort()).toEqual(['assigned', 'excluded'])
    }
    await plane.ask('stopAbTest', { params: { id: first.id }, body: {} })
    await plane.ask('startAbTest', { params: { id: third.id } })
  })

  it('is changed on top of what was seen, and only in what may still change', async () => {
    const { test } = await newTest()
    const params = { id: test.id }
    const draft = await plane.acme.ask('updateAbTest', {
      params,
      ifMatch: '"1"',
      body: { unit: 'user', targeting: 'plan == "pro"', weights: { kind: 10 } },
    })
    expect(draft.body).toMatchObject({ unit: 'user', targeting: 'plan == "pro"', revision: 2 })
    const stale = await plane.call('updateAbTest', { params, ifMatch: '"1"', body: { name: 'Other' } })
    expect(stale).toMatchObject({ status: 412, body: { code: 'experiment.changed', current: { revision: 2 } } })
    await plane.ask('startAbTest', { params })
    const change = (body: object) => plane.call('updateAbTest', { params, ifMatch: '"3"', body })
    expect(await change({ unit: 'session' })).toMatchObject({
      status: 409,
      body: { code: 'experiment.started', field: 'unit' },
    })
    expect(await change({ weights: { nobody: 3 } })).toMatchObject({
      status: 422,
      body: { code: 'experiment.invalid' },
    })
    expect(await change({ weights: { kind: 0, control: 0 } })).toMatchObject({ status: 422 })
    const weights = { kind: 50 }
    expect(await change({ weights, trafficPercentage: 30 })).toMatchObject({
      status: 200,
      body: { epoch: 2, trafficPercentage: 30, revision: 4 },
    })
  })

  it('moves no more units than the weights do, and none when the traffic grows', async () => {
    const { test } = await newTest({ trafficPercentage: 50 })
    const params = { id: test.id }
    await plane.ask('startAbTest', { params })
    const slots = async () => {
      const { tests } = await plane.ask('getAbTestConfiguration', {})
      const found = tests.find(({ id }) => id === test.id)!
      return found.slots.flatMap(([variant, count]) => Array<number>(count).fill(variant))
    }
    const before = await slots()
    await plane.ask('updateAbTest', { params, ifMatch: '"2"', body: { trafficPercentage: 100 } })
    expect(await slots()).toEqual(before)
    await plane.ask('updateAbTest', { params, ifMatch: '"3"', body: { weights: { kind: 75, control: 25 } } })
    const after = await slots()
    expect(before.filter((variant, slot) => variant !== after[slot])).toHaveLength(16_384 / 4)
  })

  it('keeps to what goes together when a draft is changed', async () => {
    const { test } = await newTest()
    const change = (body: object) => plane.call('updateAbTest', { params: { id: test.id }, ifMatch: '"1"', body })
    const stopping = { mode: 'planned_looks', horizon: 1_000 }
    expect(await change({ bandit: {}, stopping })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/bandit' }] },
    })
    const { key: prompt } = await plane.newPrompt()
    expect(await change({ prompt })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/variants' }] } })
    expect((await change({ prompt, variants, bandit: {} })).status).toBe(200)
  })

  it('promotes for nobody what they may not move themselves', async () => {
    const key = await plane.acme.ask('createKey', { body: { name: 'tester', scopes: ['experiment:write'] } })
    const credential = key.body.secret
    const body = { name: plane.acme.name(), variants, promotion: { label: 'production' } }
    const refused = { status: 403, body: { code: 'auth.forbidden', permission: 'prompt:write' } }
    expect(await plane.call('createAbTest', { credential, body })).toMatchObject(refused)
    const { test } = await newTest()
    const change = { params: { id: test.id }, ifMatch: '"1"', body: { promotion: { label: 'production' } } }
    expect(await plane.call('updateAbTest', { credential, ...change })).toMatchObject(refused)
  })

  it('lets nobody say what is promoted, by what it shows or as its winner, who may not move it themselves', async () => {
    const key = await plane.acme.ask('createKey', { body: { name: 'tester', scopes: ['experiment:write'] } })
    const credential = key.body.secret
    const refused = { status: 403, body: { code: 'auth.forbidden', permission: 'prompt:write' } }
    const { prompt, test } = await newTest({ promotion: { label: 'production' } })
    const params = { id: test.id }
    const change = (body: object) => plane.call('updateAbTest', { credential, params, ifMatch: '"1"', body })
    expect(await change({ variants })).toMatchObject(refused)
    expect(await change({ variants, prompt: prompt.id })).toMatchObject(refused)
    expect(await change({ name: 'Other' })).toMatchObject({ status: 200 })
    await plane.ask('startAbTest', { params })
    const stop = (body: object) => plane.call('stopAbTest', { credential, params, body })
    expect(await stop({ winner: 'kind' })).toMatchObject(refused)
    expect(await stop({})).toMatchObject({ status: 200, body: { winnerVariantId: null } })
  })

  it('is archived when it has ended, or never began', async () => {
    const { test } = await newTest()
    const params = { id: test.id }
    await plane.ask('startAbTest', { params })
    expect(await plane.call('updateAbTest', { params, ifMatch: '"2"', body: { archived: true } })).toMatchObject({
      status: 409,
      body: { code: 'experiment.started', detail: expect.stringContaining('end it before') },
    })
    await plane.ask('stopAbTest', { params, body: {} })
    const body = { archived: true }
    expect((await plane.ask('updateAbTest', { params, ifMatch: '"3"', body })).archivedAt).not.toBeNull()
    const listed = async (archived: 'exclude' | 'only') =>
      (await plane.ask('listAbTests', { query: { archived, limit: 200 } })).data.some(({ id }) => id === test.id)
    expect([await listed('exclude'), await listed('only')]).toEqual([false, true])
  })

  it('is not started while it is archived, for nothing would look at it or end it', async () => {
    const { test } = await newTest()
    const params = { id: test.id }
    const archive = (ifMatch: string, archived: boolean) =>
      plane.ask('updateAbTest', { params, ifMatch, body: { archived } })
    await archive('"1"', true)
    expect(await plane.call('startAbTest', { params })).toMatchObject({
      status: 409,
      body: { code: 'experiment.invalid_transition', detail: expect.stringContaining('"archived" to false') },
    })
    await archive('"2"', false)
    expect(await plane.ask('startAbTest', { params })).toMatchObject({ status: 'running' })
  })

  it('does not end sooner than was planned where it looks at planned times, for its end brings a look', async () => {
    const stopping = { mode: 'planned_looks', horizon: 1_000 }
    const { test } = await newTest({ stopping, endDate: '2990-01-01T00:00:00Z' })
    const params = { id: test.id }
    await plane.ask('startAbTest', { params })
    const end = (endDate: string | null, ifMatch = '"2"') =>
      plane.call('updateAbTest', { params, ifMatch, body: { endDate } })
    const refused = { status: 409, body: { code: 'experiment.looks_are_planned' } }
    expect(await end('2989-01-01T00:00:00Z')).toMatchObject(refused)
    expect(await end('2991-01-01T00:00:00Z')).toMatchObject({ status: 200 })
    expect(await end(null, '"3"')).toMatchObject({ status: 200 })
    expect(await end('2991-01-01T00:00:00Z', '"4"')).toMatchObject(refused)
  })

  it('ends at once for everybody when it is killed', async () => {
    const { test } = await newTest()
    const params = { id: test.id }
    await plane.ask('startAbTest', { params })
    const assign = () => plane.ask('assignAbTest', { params, body: { unit: 'u', expose: false } })
    expect(await assign()).toMatchObject({ reason: 'assigned' })
    await plane.ask('updateAbTest', { params, ifMatch: '"2"', body: { isKilled: true } })
    expect(await assign()).toMatchObject({ reason: 'killed', variant: null })
  })

  it('says what is wrong with a test before it is one', async () => {
    const create = async (more: object) => {
      const { status, body } = await plane.call('createAbTest', { body: { name: 'T', variants, ...more } })
      return [status, (body as { errors?: { pointer: string; message: string }[] }).errors?.[0]]
    }
    const { key } = await plane.newPrompt()
    expect(await create({})).toEqual([422, { pointer: '/variants/0/ref', message: 'must go with a "prompt"' }])
    const refless = [{ name: 'a' }, { name: 'b', ref: { version: 1 } }]
    expect(await create({ prompt: key, variants: refless })).toMatchObject([422, { pointer: '/variants/0/ref' }])
    expect(await create({ prompt: key, targeting: 'plan ==' })).toMatchObject([422, { pointer: '/targeting' }])
    expect(await create({ prompt: key, forced: { 'a/b': 'x' } })).toMatchObject([422, { pointer: '/forced/a~1b' }])
    expect(await create({ prompt: key, bandit: {}, stopping: { mode: 'planned_looks', horizon: 10 } })).toMatchObject([
      400,
      { pointer: '/bandit' },
    ])
    expect((await plane.call('createAbTest', { body: { name: 'T', prompt: 'nope', variants } })).status).toBe(404)
  })
})
