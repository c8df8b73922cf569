import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

const metrics = [
  { name: 'success', model: 'proportion' as const, role: 'primary' as const },
  { name: 'latency_ms', model: 'quantile' as const, lowerIsBetter: true },
  { name: 'tokens', model: 'mean' as const, lowerIsBetter: true },
  { name: 'score.helpful', model: 'mean' as const },
]
const patience = { timeout: 20_000 }

/** A workflow of one prompt node. */
const workflow = (promptId: string) => ({
  formatVersion: 1,
  name: 'Answer',
  inputs: { question: { type: 'string' } },
  variables: { answer: { schema: {} } },
  outputs: { answer: 'answer' },
  nodes: [
    {
      id: 'answer',
      type: 'prompt',
      position: { x: 0, y: 0 },
      data: {
        label: 'Answer',
        config: { promptId, modelId: 'default', inputMapping: {}, outputVariable: 'answer' },
      },
    },
  ],
  edges: [],
})

describe.each(backends)('a test of a prompt on %s', (kind) => {
  let plane: ExperimentServer

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  it('hears of its runs, and of scores that come later, by itself', async () => {
    const prompt = await plane.newPrompt()
    const variants = [
      { name: 'control', ref: { label: 'production' } },
      { name: 'kind', ref: { branch: 'candidate' } },
    ]
    const body = { name: plane.acme.name(), prompt: prompt.key, unit: 'user', variants, metrics }
    const test = await plane.ask('createAbTest', { body })
    const params = { id: test.id }
    const started = await plane.ask('startAbTest', { params })
    const { id } = await plane.ask('createWorkflow', { body: { definition: workflow(prompt.key) } })
    const execute = (user: string) =>
      plane.ask('executeWorkflow', { params: { id }, body: { input: { question: 'Why?' }, attributes: { user } } })
    const users = Array.from({ length: 12 }, (_, index) => `user-${index}`)
    const runs = await Promise.all(users.map(execute))
    await execute(users[0]!)
    const versions = new Map(started.variants.map((variant) => [variant.id, variant.version!.versionNumber]))
    for (const [index, { pins }] of runs.entries()) {
      const { variantId, versionNumber, assignment } = pins.answer!
      expect(versions.get(variantId!)).toBe(versionNumber)
      expect(assignment).toEqual({ testId: test.id, epoch: 1, unit: users[index] })
    }
    const results = () => plane.ask('getAbTestResults', { params })
    const seen = async () => {
      const { metrics: shown, units } = await results()
      const total = (name: string) =>
        shown.find((metric) => metric.name === name)!.variants.reduce((sum, { observations }) => sum + observations, 0)
      return {
        units: units.reduce((sum, one) => sum + one.units, 0),
        success: total('success'),
        tokens: total('tokens'),
      }
    }
    await expect.poll(seen, patience).toEqual({ units: 12, success: 13, tokens: 13 })
    const [run] = runs
    await plane.ask('createScore', { body: { runId: run!.id, name: 'helpful', value: 0.75 } })
    await plane.ask('createScore', { body: { runId: run!.id, name: 'unheard-of', value: 1 } })
    const scored = async () =>
      (await results()).metrics
        .find(({ name }) => name === 'score.helpful')!
        .variants.find(({ variantId }) => variantId === run!.pins.answer!.variantId)!.observations
    await expect.poll(scored, patience).toBe(1)
    const { data } = await plane.ask('listExecutions', { query: { runId: run!.id } })
    expect(data).toHaveLength(1)
    // Who names a version gets it, whatever test there is.
    const pinned = workflow(prompt.key)
    Object.assign(pinned.nodes[0]!.data.config, { ref: { version: 2 } })
    const other = await plane.ask('createWorkflow', { body: { definition: pinned } })
    const plain = await plane.ask('executeWorkflow', {
      params: { id: other.id },
      body: { input: { question: 'Why?' }, attributes: { user: 'user-0' } },
    })
    expect(plain.pins.answer).toMatchObject({ versionNumber: 2, variantId: null })
  })

  it('is what lets a winner through protection, when its rule has decided, and only then', async () => {
    const prompt = await plane.newPrompt()
    const id = prompt.id
    await plane.ask('createProtectionRule', {
      body: { promptId: id, refKind: 'label', pattern: 'production', requiredChecks: ['experiment'] },
    })
    const live = async () => (await plane.ask('getPromptLabel', { params: { id, name: 'production' } })).version
    const newTest = async () => {
      const test = await plane.ask('createAbTest', {
        body: {
          name: plane.acme.name(),
          prompt: id,
          variants: [
            { name: 'control', ref: { label: 'production' } },
            { name: 'kind', ref: { branch: 'candidate' } },
          ],
          promotion: { mergeInto: 'main', label: 'production' },
        },
      })
      return plane.ask('startAbTest', { params: { id: test.id } })
    }
    // Somebody's choice is a winner, and no reason to let it through.
    const chosen = await newTest()
    const stopped = await plane.ask('stopAbTest', { params: { id: chosen.id }, body: { winner: 'kind' } })
    expect(stopped).toMatchObject({ status: 'completed', isDecided: false })
    expect((await live()).versionNumber).toBe(1)
    const [last] = (await plane.ask('listAbTestHistory', { params: { id: chosen.id } })).data
    expect(last).toMatchObject({ action: 'promotion_refused', data: { code: 'prompt.protected' } })

    // Nor is it one to be the last that has a weight.
    const emptied = await newTest()
    const only = { params: { id: emptied.id } }
    const weights = { control: 0, kind: 100 }
    await plane.ask('updateAbTest', { ...only, ifMatch: `"${emptied.revision}"`, body: { weights } })
    expect(await plane.ask('takeAbTestLook', only)).toMatchObject({ outcome: 'continue', winnerVariantId: null })
    expect(await plane.ask('stopAbTest', { ...only, body: { winner: 'kind' } })).toMatchObject({ isDecided: false })
    expect((await live()).versionNumber).toBe(1)

    const test = await newTest()
    const params = { id: test.id }
    const events = Array.from({ length: 800 }, (_, index) => {
      const isKind = index % 2 === 1
      return { unit: `u${index}`, variant: isKind ? 'kind' : 'control', value: index % 20 < (isKind ? 16 : 6) ? 1 : 0 }
    })
    await plane.ask('recordAbTestEvents', {
      body: {
        exposures: events.map(({ unit, variant }) => ({ test: test.id, unit, variant })),
        observations: events.map(({ unit, value }) => ({ id: unit, test: test.id, unit, metric: 'success', value })),
      },
    })
    const look = await plane.ask('takeAbTestLook', { params })
    const kindId = test.variants[1]!.id
    expect(look).toMatchObject({ outcome: 'winner', winnerVariantId: kindId, look: 1 })
    expect((await plane.ask('getAbTestResults', { params })).look).toEqual(look)
    const ended = await plane.ask('stopAbTest', { params, body: { winner: 'kind' } })
    expect(ended).toMatchObject({ winnerVariantId: kindId, isDecided: true })
    expect((await live()).content).toEqual({ text: 'Be brief, and kind.' })
    const main = await plane.ask('getPromptBranch', { params: { id, name: 'main' } })
    expect(main.version.content).toEqual({ text: 'Be brief, and kind.' })
    const { data } = await plane.ask('listAbTestHistory', { params })
    expect(data[0]).toMatchObject({ action: 'promoted', data: { label: 'production', from: 1, to: 2 } })
    // Nor does it say anything of what a label shows that was no part of the test.
    const { version } = await plane.ask('getPromptBranch', { params: { id, name: 'main' } })
    const content = { text: 'Be somebody else.' }
    await plane.ask('createPromptVersion', { params: { id }, ifMatch: `"${version.commitHash}"`, body: { content } })
    const move = async (name: string, to: string) => {
      const { etag: ifMatch } = await plane.acme.ask('getPromptLabel', { params: { id, name } })
      return plane.call('movePromptLabel', { params: { id, name }, ifMatch, body: { to } })
    }
    const shown = { untested: 'branch/main', tested: '1' }
    for (const [name, to] of Object.entries(shown))
      await plane.ask('movePromptLabel', { params: { id, name }, ifMatch: null, body: { to } })
    await plane.ask('createProtectionRule', {
      body: { promptId: id, refKind: 'label', pattern: '*tested', requiredChecks: ['experiment'], allowReset: true },
    })
    expect((await move('tested', '2')).status).toBe(200)
    expect(await move('untested', '2')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('what a label shows until now must have been in that test') },
    })
    const { data: kept } = await plane.ask('listAbTestSnapshots', { params, query: { metric: 'success' } })
    expect(kept.map(({ units }) => units)).toEqual([400, 400])
  })
})
