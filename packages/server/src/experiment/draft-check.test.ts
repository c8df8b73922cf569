import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

const plain = [{ name: 'control' }, { name: 'other' }]

describe.each(backends)('a test that can’t be on %s', (kind) => {
  let plane: ExperimentServer
  let prompt: string

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
    prompt = (await plane.newPrompt()).key
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  const branches = ['main', 'candidate'].map((branch) => ({ name: branch, ref: { branch } }))
  const of = (more: object) => ({ name: plane.acme.name(), variants: plain, ...more })
  const refused = (status: number, pointer: string, message: string) => ({
    status,
    body: { errors: [{ pointer, message: expect.stringContaining(message) }] },
  })

  it.each([
    ['ends before now', { endDate: '2020-01-01T00:00:00Z' }, '/endDate', 'must lie ahead'],
    [
      'ends before it starts',
      { startDate: '2999-01-02T00:00:00Z', endDate: '2999-01-01T00:00:00Z' },
      '/endDate',
      'must be later than "startDate"',
    ],
    ['promotes nothing', { promotion: {} }, '/promotion', 'must go with a "prompt"'],
    [
      'has settings for other variants',
      { bucketing: { scheme: 'unleash', settings: { groupId: 'g', weights: [1, 1, 1] } } },
      '/bucketing/settings/weights',
      'must be of 2 variants, and is of 3',
    ],
    [
      'has settings that name a variant which there is not',
      { bucketing: { scheme: 'eppo', settings: { splits: [{ variant: 2, shards: [] }] } } },
      '/bucketing/settings/splits',
      'places from 0 to 1, and names 2',
    ],
  ])('is refused when it %s', async (_why, more, pointer, message) => {
    expect(await plane.call('createAbTest', { body: of(more) })).toMatchObject(refused(422, pointer, message))
    const test = await plane.ask('createAbTest', { body: of({}) })
    const change = { params: { id: test.id }, ifMatch: '"1"', body: more }
    expect(await plane.call('updateAbTest', change)).toMatchObject(refused(422, pointer, message))
  })

  it('is refused when what runs take is a share', async () => {
    const metrics = [{ name: 'cost_usd', model: 'proportion', role: 'primary' }]
    const answer = await plane.call('createAbTest', { body: of({ metrics }) })
    expect(answer).toMatchObject(refused(400, '/metrics/0/model', 'must not be "proportion"'))
  })

  it('is refused when a quantile is to decide, for nothing would ever look at it', async () => {
    const guardrail = { name: 'latency_ms', model: 'quantile', role: 'guardrail' }
    const metrics = [{ name: 'success', model: 'proportion', role: 'primary' }, guardrail]
    const answer = await plane.call('createAbTest', { body: of({ metrics }) })
    expect(answer).toMatchObject(refused(400, '/metrics/1/model', 'must not be "quantile"'))
  })

  it('can’t be planned, and why is said once', async () => {
    const body = { metric: { kind: 'proportion', baseline: 0.75 }, effect: { relative: 1 } }
    const message =
      'must lead from one proportion to another, and does from 0.75 to 1.5: proportions lie between 0 and 1'
    expect(await plane.call('planAbTest', { body })).toMatchObject({
      status: 422,
      body: { detail: `/effect ${message}.`, errors: [{ pointer: '/effect', message }] },
    })
  })

  it('can’t be planned as a share of nothing', async () => {
    const body = { metric: { kind: 'mean', mean: 0, sd: 1 }, effect: { relative: 0.1 } }
    const message = 'must be absolute, as a share of a mean of 0 is nothing'
    expect(await plane.call('planAbTest', { body })).toMatchObject(refused(422, '/effect', message))
  })

  it('warns of metrics that are called nearly as what runs tell, and of a version that is not there', async () => {
    const { key } = await plane.newPrompt()
    const metrics = [
      { name: 'sucess', model: 'proportion', role: 'primary' },
      { name: 'success', model: 'proportion' },
      { name: 'score.kind', model: 'mean' },
      { name: 'latency_s', model: 'mean', lowerIsBetter: true },
    ]
    const variants = [
      { name: 'control', ref: { version: 1 } },
      { name: 'later', ref: { version: 99 } },
    ]
    const { warnings } = await plane.ask('createAbTest', { body: of({ prompt: key, metrics, variants }) })
    expect(warnings).toMatchObject([
      { pointer: '/metrics/0/name', message: expect.stringContaining('"success"') },
      { pointer: '/metrics/3/name', message: expect.stringContaining('"latency_ms"') },
      { pointer: '/variants/1/ref', message: expect.stringContaining('names the version "99"') },
    ])
  })

  it('is refused when its prompt has no such branch to merge into', async () => {
    const body = of({ prompt, variants: branches, promotion: { mergeInto: 'release' } })
    const told = refused(422, '/promotion/mergeInto', 'is "release", and the prompt has no such branch')
    expect(await plane.call('createAbTest', { body })).toMatchObject(told)
    expect(await plane.ask('createAbTest', { body: { ...body, promotion: { mergeInto: 'main' } } })).toMatchObject({
      promotion: { mergeInto: 'main' },
    })
  })

  it('warns of variants that show the same, which is right in an A/A test', async () => {
    const { key } = await plane.newPrompt()
    const variants = [
      { name: 'control', ref: { label: 'production' } },
      { name: 'same', ref: { branch: 'main' } },
    ]
    const draft = await plane.ask('createAbTest', { body: of({ prompt: key, variants }) })
    expect(draft.warnings).toEqual([])
    const { status, warnings } = await plane.ask('startAbTest', { params: { id: draft.id } })
    const message = expect.stringContaining('shows the same version as "control"')
    expect({ status, warnings }).toEqual({ status: 'running', warnings: [{ pointer: '/variants/1/ref', message }] })
  })

  it('warns of what is hardly meant', async () => {
    const { key } = await plane.newPrompt()
    const variants = [
      { name: 'control', ref: { label: 'production' }, trafficWeight: 0 },
      { name: 'other', ref: { branch: 'not-yet' } },
    ]
    const metrics = [{ name: 'cost_usd', model: 'mean', role: 'primary' }]
    const draft = await plane.ask('createAbTest', {
      body: of({ prompt: key, variants, metrics, trafficPercentage: 0 }),
    })
    expect(draft.warnings.map(({ pointer }) => pointer)).toEqual([
      ...['/trafficPercentage', '/variants', '/metrics/0/lowerIsBetter', '/variants/1/ref'],
    ])
    expect(draft.warnings[3]!.message).toContain('names the branch "not-yet"')
  })

  it('warns of nothing where variants differ, be it by their payloads', async () => {
    const { key } = await plane.newPrompt()
    const variants = ['small', 'large'].map((name) => ({ name, ref: { branch: 'main' }, payload: { model: name } }))
    const draft = await plane.ask('createAbTest', { body: of({ prompt: key, variants }) })
    expect(await plane.ask('startAbTest', { params: { id: draft.id } })).toMatchObject({ warnings: [] })
  })
})
