import { OpenFeature, ProviderEvents, StandardResolutionReasons } from '@openfeature/server-sdk'
import { OpenFeature as WebOpenFeature } from '@openfeature/web-sdk'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalExperiments } from '../experiment/index.ts'
import { createExperiments } from '../experiment/index.ts'
import type { GivenTest } from '../testing/index.ts'
import { testConfiguration } from '../testing/index.ts'
import { createProvider } from './index.ts'
import { createWebProvider } from './web.ts'

const tests: GivenTest[] = [
  { key: 'tone', variants: [{ name: 'plain' }, { name: 'warm' }], forced: { tester: 1 } },
  { key: 'limit', variants: [{ name: 'low', payload: 3 }], targeting: ['==', ['attribute', 'plan'], 'pro'] },
  { key: 'stream', variants: [{ name: 'on', payload: true }] },
  { key: 'model', variants: [{ name: 'small', payload: { model: 's' } }] },
  { key: 'off', variants: [{ name: 'on', payload: true }], isKilled: true },
]

function setup(options: { isAway?: boolean } = {}) {
  const sent: { exposures: object[]; observations: { id: string }[] } = { exposures: [], observations: [] }
  const send = async (_url: string, { body }: RequestInit) => {
    if (options.isAway) throw new TypeError('connection refused')
    const { exposures, observations } = JSON.parse(String(body))
    sent.exposures.push(...exposures)
    sent.observations.push(...observations)
    return Response.json({ leftAside: [] })
  }
  const bootstrap = options.isAway ? {} : { bootstrap: testConfiguration(tests) }
  const fetching = { fetch: send as typeof fetch, events: false, flushIntervalMs: 1e6, ...bootstrap }
  const experiments = createExperiments({ baseUrl: 'http://plane.test', apiKey: 'key', ...fetching })
  return { experiments, sent }
}

afterEach(async () => {
  await OpenFeature.close()
  await WebOpenFeature.close()
})

async function serverClient(experiments: LocalExperiments) {
  await OpenFeature.setProviderAndWait(createProvider(experiments))
  return OpenFeature.getClient()
}

describe('a flag of the server SDK', () => {
  it('is the payload of the variant, of whatever type, with its name and reason', async () => {
    const { experiments, sent } = setup()
    const client = await serverClient(experiments)
    const context = { targetingKey: 'a', plan: 'pro' }
    expect(await client.getNumberDetails('limit', 1, context)).toMatchObject({
      value: 3,
      variant: 'low',
      reason: StandardResolutionReasons.SPLIT,
      flagMetadata: { reason: 'assigned' },
    })
    expect(await client.getBooleanValue('stream', false, context)).toBe(true)
    expect(await client.getObjectValue('model', {}, context)).toEqual({ model: 's' })
    expect(['plain', 'warm']).toContain(await client.getStringValue('tone', '', context))
    const forced = await client.getStringDetails('tone', '', { targetingKey: 'tester' })
    expect(forced).toMatchObject({ value: 'warm', reason: StandardResolutionReasons.TARGETING_MATCH })
    await experiments.close()
    expect(sent.exposures).toHaveLength(4)
  })

  it('is the default where there is no variant, and says why', async () => {
    const { experiments, sent } = setup()
    const client = await serverClient(experiments)
    const context = { targetingKey: 'a', plan: 'free' }
    const none = { value: false, reason: 'ERROR' }
    expect(await client.getBooleanDetails('none', false, context)).toMatchObject({
      ...none,
      errorCode: 'FLAG_NOT_FOUND',
    })
    expect(await client.getBooleanDetails('model', false, context)).toMatchObject({
      ...none,
      errorCode: 'TYPE_MISMATCH',
    })
    expect(await client.getBooleanDetails('stream', false)).toMatchObject({
      ...none,
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(await client.getBooleanDetails('off', false, context)).toMatchObject({ value: false, reason: 'DISABLED' })
    expect(await client.getNumberDetails('limit', 1, context)).toMatchObject({ value: 1, reason: 'DEFAULT' })
    await experiments.close()
    expect(sent.exposures).toEqual([])
  })

  it('takes for its unit the attribute that the test names', async () => {
    const { experiments, sent } = setup()
    const client = await serverClient(experiments)
    await client.getBooleanValue('stream', false, { targetingKey: 'device', user: 'ann', since: new Date(0) })
    await experiments.close()
    expect(sent.exposures).toMatchObject([{ unit: 'ann' }])
  })

  it('is observed by track, in the tests that the unit takes part in', async () => {
    const { experiments, sent } = setup()
    const client = await serverClient(experiments)
    client.track('success', { targetingKey: 'a', plan: 'free' })
    client.track('cost', { targetingKey: 'a' }, { value: 7, test: 'model' })
    await experiments.close()
    const observed = sent.observations.map(({ id, ...observation }) => observation)
    expect(observed).toEqual([
      { test: 'tone', unit: 'a', metric: 'success', value: 1 },
      { test: 'stream', unit: 'a', metric: 'success', value: 1 },
      { test: 'model', unit: 'a', metric: 'success', value: 1 },
      { test: 'model', unit: 'a', metric: 'cost', value: 7 },
    ])
  })

  it('tells of changes and of staleness, and of the control plane that is away at the start', async () => {
    let tell = () => {}
    const state = { status: 'ready', configuration: testConfiguration(tests) }
    const { experiments } = setup()
    const scripted = {
      ...experiments,
      status: () => state.status,
      configuration: () => state.configuration,
      subscribe: (listener: () => void) => {
        tell = listener
        return () => {}
      },
    } as LocalExperiments
    const client = await serverClient(scripted)
    const heard: string[] = []
    for (const event of [ProviderEvents.ConfigurationChanged, ProviderEvents.Stale, ProviderEvents.Ready]) {
      client.addHandler(event, () => heard.push(event))
    }
    heard.length = 0
    state.configuration = testConfiguration([])
    tell()
    state.status = 'stale'
    tell()
    state.status = 'ready'
    tell()
    expect(heard).toEqual([ProviderEvents.ConfigurationChanged, ProviderEvents.Stale, ProviderEvents.Ready])
    const away = setup({ isAway: true })
    await expect(serverClient(away.experiments)).rejects.toThrow('could not be had yet')
    const details = await OpenFeature.getClient().getBooleanDetails('stream', false, { targetingKey: 'a' })
    expect(details).toMatchObject({ value: false, errorCode: 'PROVIDER_NOT_READY' })
    await Promise.all([away.experiments.close(), experiments.close()])
  })
})

it('a flag of the web SDK is evaluated at once, for the context of the page', async () => {
  const { experiments, sent } = setup()
  await WebOpenFeature.setContext({ targetingKey: 'a', plan: 'free' })
  await WebOpenFeature.setProviderAndWait(createWebProvider(experiments))
  const client = WebOpenFeature.getClient()
  expect(client.getBooleanDetails('stream', false)).toMatchObject({ value: true, variant: 'on', reason: 'SPLIT' })
  expect(client.getNumberValue('limit', 1)).toBe(1)
  await WebOpenFeature.setContext({ targetingKey: 'a', plan: 'pro' })
  expect(client.getNumberValue('limit', 1)).toBe(3)
  client.track('success')
  await experiments.close()
  expect([sent.exposures.length, sent.observations.length]).toEqual([2, 4])
})
