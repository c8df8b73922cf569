import type { Exposure } from '@fairlead/core/experiment'
import { describe, expect, it } from 'vitest'
import { createExperiments } from '../../experiment/index.ts'
import type { GivenTest } from '../../testing/index.ts'
import { testConfiguration } from '../../testing/index.ts'
import { problem, setup } from './delivery.suite.ts'

const prompt = { id: 'id-greet', key: 'greet' }
const variantOf = (name: string, versionNumber: number) => {
  return { name, prompt: { ...prompt, versionId: `v${versionNumber}`, versionNumber } }
}
const greeting: GivenTest = {
  key: 'greeting',
  prompt,
  variants: [variantOf('formal', 4), variantOf('warm', 5)],
  targeting: ['!', ['==', ['attribute', 'plan'], 'free']],
}

/** Prompts of a client that has the tests, and what it said was shown. */
function tested(tests: readonly GivenTest[] = [greeting]) {
  const shown: Exposure[] = []
  const send = async (_url: string, { body }: RequestInit) => {
    shown.push(...JSON.parse(String(body)).exposures)
    return Response.json({ leftAside: [] })
  }
  const options = { bootstrap: testConfiguration(tests), events: false, fetch: send as typeof fetch }
  const experiments = createExperiments({ baseUrl: 'http://plane.test', apiKey: 'key', ...options })
  const all = setup({}, undefined, async () => experiments)
  all.plane.prompts.set('greet', { content: { text: 'the label' } })
  all.plane.prompts.set('id-greet?version=4', { content: { text: 'formal' }, version: 4 })
  all.plane.prompts.set('id-greet?version=5', { content: { text: 'warm' }, version: 5 })
  return { ...all, experiments, shown }
}

const someone = { unit: 'ann', attributes: { plan: 'pro' } }

describe('a prompt that is got for a unit', () => {
  it('is the version of its variant, and what was shown is recorded once', async () => {
    const { delivery, experiments, shown } = tested()
    const { id, name } = experiments.variant('greeting', someone, { expose: false })
    for (let n = 0; n < 3; n++) {
      const { messages, test, version, origin } = await delivery.get('greet', someone)
      expect(messages[0]?.content).toBe(name)
      expect(test).toEqual({ id: 'id-of-greeting', key: 'greeting', unit: 'ann', variant: { id, name } })
      expect([version?.versionNumber, origin]).toEqual([name === 'warm' ? 5 : 4, n === 0 ? 'server' : 'cache'])
    }
    await experiments.close()
    expect(shown).toEqual([{ test: 'id-of-greeting', unit: 'ann', variant: id, epoch: 1 }])
  })

  it('is what the test’s label is asked for, and nothing else', async () => {
    const { plane, delivery, experiments, shown } = tested()
    for (const query of ['?label=staging', '?branch=main', '?version=1']) {
      plane.prompts.set(`greet${query}`, { content: { text: query } })
    }
    const nobody = { unit: null, attributes: null }
    for (const options of [
      { ...someone, label: 'staging' },
      { ...someone, branch: 'main' },
      { ...someone, version: 1 },
      { unit: 'ann', attributes: { plan: 'free' } },
      nobody,
      {},
    ]) {
      expect((await delivery.get('greet', options)).test).toBeNull()
    }
    expect((await delivery.get('greet', { ...someone, label: 'production' })).test).not.toBeNull()
    await experiments.close()
    expect(shown).toHaveLength(1)
  })

  it('comes of the first test on the prompt in which the unit takes part', async () => {
    const none = { ...greeting, key: 'none', targeting: false }
    const aside = { ...greeting, key: 'aside', prompt: { id: 'id-other', key: 'other' } }
    const { delivery, experiments } = tested([none, aside, greeting, { ...greeting, key: 'last' }])
    expect((await delivery.get('greet', someone)).test?.key).toBe('greeting')
    await experiments.close()
  })

  it('is the normal one where the variant’s version can’t be had, and nothing is recorded', async () => {
    const { plane, delivery, experiments, shown } = tested()
    plane.prompts.delete('id-greet?version=4')
    plane.prompts.delete('id-greet?version=5')
    plane.prompts.set('greet', { content: { text: 'the label' } })
    const { messages, test } = await delivery.get('greet', someone)
    expect([messages[0]?.content, test]).toEqual(['the label', null])
    await experiments.close()
    expect(shown).toEqual([])
  })

  it('is the normal one where the variant’s version asks for variables that are not given', async () => {
    const { plane, delivery, experiments, errors, shown } = tested()
    for (const version of [4, 5])
      plane.prompts.set(`id-greet?version=${version}`, { content: { text: '{{other}}' }, version })
    const { messages } = await delivery.get('greet', { ...someone, variables: {} })
    expect(messages[0]?.content).toBe('the label')
    expect(errors).toHaveLength(1)
    await experiments.close()
    expect(shown).toEqual([])
  })

  it('is the fallback, at once, when there is neither configuration nor control plane', async () => {
    const all = setup({}, undefined, () => Promise.reject(new Error('offline')))
    all.plane.trouble = () => Promise.reject(new TypeError('connection refused'))
    const { messages, test, origin } = await all.delivery.get('greet', { ...someone, fallback: 'mine' })
    expect([messages[0]?.content, test, origin]).toEqual(['mine', null, 'fallback'])
  })

  it('waits for nothing that does not answer any longer than prompts do', async () => {
    const { plane, clock, delivery, experiments } = tested()
    await delivery.get('greet', {})
    plane.trouble = () => new Promise(() => {})
    const got = delivery.get('greet', someone)
    await clock.pass(100)
    await clock.pass(3_000)
    expect((await got).messages[0]?.content).toBe('the label')
    await experiments.close()
  })
})

it('problems of the control plane are no problems of a test', async () => {
  const { plane, delivery, experiments, shown } = tested()
  let asked = 0
  plane.trouble = () => {
    asked++
    return problem(503, 'http.unavailable')
  }
  await expect(delivery.get('greet', someone)).rejects.toMatchObject({ code: 'http.unavailable' })
  expect(asked).toBeLessThanOrEqual(2)
  await experiments.close()
  expect(shown).toEqual([])
})
