import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

describe.each(backends)('the check of A/B tests on %s', (kind) => {
  let plane: ExperimentServer

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  it('says nothing for a winner about what was in the test and had no weight when it was decided', async () => {
    const { id } = await plane.newPrompt()
    await plane.ask('createProtectionRule', {
      body: { promptId: id, refKind: 'label', pattern: 'production', requiredChecks: ['experiment'], allowReset: true },
    })
    const main = await plane.acme.ask('getPromptBranch', { params: { id, name: 'main' } })
    const content = { text: 'Be rude.' }
    await plane.ask('createPromptVersion', { params: { id }, ifMatch: main.etag, body: { content } })
    // What production shows is in the test by name only: what wins beats a control that nobody uses.
    const variants = [
      { name: 'rude', ref: { branch: 'main' } },
      { name: 'live', ref: { label: 'production' }, trafficWeight: 0 },
      { name: 'kind', ref: { branch: 'candidate' } },
    ]
    const test = await plane.ask('createAbTest', { body: { name: plane.acme.name(), prompt: id, variants } })
    const params = { id: test.id }
    await plane.ask('startAbTest', { params })
    const units = Array.from({ length: 800 }, (_, index) => ({ unit: `u${index}`, isKind: index % 2 === 1, index }))
    await plane.ask('recordAbTestEvents', {
      body: {
        exposures: units.map(({ unit, isKind }) => ({ test: test.id, unit, variant: isKind ? 'kind' : 'rude' })),
        observations: units.map(({ unit, isKind, index }) => ({
          ...{ id: unit, test: test.id, unit, metric: 'success' },
          value: index % 20 < (isKind ? 16 : 6) ? 1 : 0,
        })),
      },
    })
    expect(await plane.ask('takeAbTestLook', { params })).toMatchObject({ outcome: 'winner' })
    // Nor if it is given a weight once that has been decided.
    await plane.ask('updateAbTest', { params, ifMatch: '"2"', body: { weights: { live: 50 } } })
    expect(await plane.ask('stopAbTest', { params, body: { winner: 'kind' } })).toMatchObject({ isDecided: true })
    const label = { params: { id, name: 'production' } }
    const { etag: ifMatch } = await plane.acme.ask('getPromptLabel', label)
    const kindVersion = String((await plane.ask('getAbTest', { params })).variants[2]!.version!.versionNumber)
    expect(await plane.call('movePromptLabel', { ...label, ifMatch, body: { to: kindVersion } })).toMatchObject({
      status: 403,
      body: { code: 'prompt.protected' },
    })
  })
})
