// Each assigns offline from 100 experiments of two variants that it was given, with one rule for targeting, and counts
// exposures by the means that it has for that; where each is told, one memory sees to it that a unit counts once.

import { GrowthBookClient } from '@growthbook/growthbook'
import { createBatchEventProcessor, createInstance, createStaticProjectConfigManager } from '@optimizely/optimizely-sdk'
import Statsig from 'statsig-node'
import { Unleash } from 'unleash-client'

export const experimentCount = 100
const names = Array.from({ length: experimentCount }, (_, index) => `experiment-${index}`)
/** The one that is asked for. */
export const asked = names[experimentCount / 2]
const countries = ['DE', 'FR', 'IT']
const variants = ['control', 'candidate']

/** As the control plane gives tests to whoever assigns by them: the rule is compiled. */
export function fairleadTests(compileTargeting) {
  const { rule } = compileTargeting(`plan == 'pro' && country in ['${countries.join("', '")}']`)
  return names.map((name, index) => ({
    id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    key: name,
    status: 'running',
    isKilled: false,
    prompt: null,
    label: 'production',
    unit: 'user',
    epoch: 1,
    seed: index * 2_654_435,
    trafficPercentage: 100,
    slots: [
      [0, 8192],
      [1, 8192],
    ],
    variants: variants.map((variant) => ({ id: `${name}-${variant}`, name: variant, payload: variant, prompt: null })),
    targeting: rule,
    layer: null,
    holdouts: [],
    forced: {},
    bucketing: null,
  }))
}

/** Which variant each unit was shown: as many as fit, and as many of those before. For those whose clients remember none. */
function createExposureMemory(capacity = 50_000) {
  let [recent, earlier] = [new Map(), new Map()]
  return {
    /** Whether it is new. */
    remember(unit, variantId) {
      if (recent.get(unit) === variantId) return false
      const isNew = earlier.get(unit) !== variantId
      if (recent.size === capacity) {
        earlier = recent
        recent = new Map()
      }
      recent.set(unit, variantId)
      return isNew
    },
  }
}

export function openGrowthBook() {
  const memory = createExposureMemory()
  let exposures = 0
  const client = new GrowthBookClient({
    trackingCallback: (_experiment, { hashValue, key }) => {
      if (memory.remember(hashValue, key)) exposures++
    },
  })
  const rule = (name) => ({
    key: name,
    variations: variants,
    weights: [0.5, 0.5],
    condition: { plan: 'pro', country: { $in: countries } },
    hashVersion: 2,
    seed: name,
  })
  const features = names.map((name) => [name, { defaultValue: 'none', rules: [rule(name)] }])
  client.initSync({ payload: { features: Object.fromEntries(features) } })
  return {
    assign: (id, plan, country) => client.getFeatureValue(asked, 'none', { attributes: { id, plan, country } }),
    exposed: () => exposures,
    close: () => client.destroy(),
  }
}

export async function openUnleash() {
  const memory = createExposureMemory()
  let exposures = 0
  const constraint = (contextName, values) => ({ contextName, operator: 'IN', values })
  const client = new Unleash({
    url: 'http://127.0.0.1:9/',
    appName: 'benchmark',
    disableMetrics: true,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
    bootstrap: {
      data: names.map((name) => ({
        name,
        enabled: true,
        impressionData: true,
        strategies: [
          {
            name: 'flexibleRollout',
            constraints: [constraint('plan', ['pro']), constraint('country', countries)],
            parameters: { rollout: '100', stickiness: 'userId', groupId: name },
            variants: variants.map((variant) => ({ name: variant, weight: 500, stickiness: 'userId' })),
          },
        ],
        variants: [],
      })),
    },
    storageProvider: { get: async () => undefined, set: async () => {} },
  })
  client.on('error', () => {})
  client.on('impression', ({ context, variant }) => {
    if (memory.remember(context.userId, variant)) exposures++
  })
  const isReady = new Promise((resolve) => client.on('ready', resolve))
  await client.start()
  await isReady
  return {
    assign(userId, plan, country) {
      const { name } = client.getVariant(asked, { userId, properties: { plan, country } })
      return name === 'disabled' ? 'none' : name
    },
    exposed: () => exposures,
    close: () => client.destroy(),
  }
}

export async function openOptimizely() {
  let sent = 0
  const eventDispatcher = {
    async dispatchEvent({ params }) {
      sent += params.visitors.length
      return { statusCode: 200 }
    },
  }
  const condition = (name, value) => ({ name, value, match: 'exact', type: 'custom_attribute' })
  const audience = {
    id: 'audience',
    name: 'audience',
    conditions: ['and', condition('plan', 'pro'), ['or', ...countries.map((value) => condition('country', value))]],
  }
  const experiment = (name, index) => ({
    id: `${1_000 + index}`,
    key: name,
    status: 'Running',
    layerId: `${2_000 + index}`,
    audienceIds: ['audience'],
    audienceConditions: ['audience'],
    forcedVariations: {},
    variations: variants.map((key) => ({ id: `${name}-${key}`, key, featureEnabled: true, variables: [] })),
    trafficAllocation: variants.map((key, place) => ({ entityId: `${name}-${key}`, endOfRange: 5_000 * (place + 1) })),
  })
  const datafile = {
    version: '4',
    revision: '1',
    projectId: '1',
    accountId: '1',
    anonymizeIP: false,
    botFiltering: false,
    rollouts: [],
    typedAudiences: [audience],
    audiences: [{ ...audience, conditions: '["or"]' }],
    groups: [],
    events: [],
    variables: [],
    attributes: ['plan', 'country'].map((key) => ({ id: key, key })),
    experiments: names.map(experiment),
    featureFlags: names.map((key, index) => ({
      id: `${3_000 + index}`,
      key,
      rolloutId: '',
      experimentIds: [`${1_000 + index}`],
      variables: [],
    })),
  }
  const client = createInstance({
    projectConfigManager: createStaticProjectConfigManager({ datafile: JSON.stringify(datafile) }),
    eventProcessor: createBatchEventProcessor({ eventDispatcher, batchSize: 1_000, flushInterval: 1_000 }),
    disposable: true,
  })
  await client.onReady()
  return {
    assign: (id, plan, country) => client.createUserContext(id, { plan, country }).decide(asked).variationKey ?? 'none',
    exposed: () => sent,
    close: () => client.close(),
  }
}

export async function openStatsig() {
  const condition = (field, targetValue) => ({
    type: 'user_field',
    field,
    operator: 'any',
    targetValue,
    additionalValues: {},
    idType: 'userID',
  })
  const bucket = (targetValue) => ({
    type: 'user_bucket',
    field: null,
    operator: 'lt',
    targetValue,
    additionalValues: { salt: 'salt' },
    idType: 'userID',
  })
  const group = (name, upTo, conditions) => ({
    name,
    groupName: name,
    id: name,
    salt: name,
    passPercentage: 100,
    idType: 'userID',
    isExperimentGroup: true,
    returnValue: { variant: name },
    conditions: [...conditions, bucket(upTo)],
  })
  const audience = [condition('plan', ['pro']), condition('country', countries)]
  const experiment = (name) => ({
    name,
    type: 'dynamic_config',
    salt: name,
    enabled: true,
    isActive: true,
    defaultValue: {},
    idType: 'userID',
    entity: 'experiment',
    explicitParameters: ['variant'],
    rules: variants.map((variant, place) => group(variant, 500 * (place + 1), audience)),
  })
  const specs = {
    has_updates: true,
    time: 1,
    feature_gates: [],
    dynamic_configs: names.map(experiment),
    layer_configs: [],
    layers: {},
  }
  let logged = 0
  const networkOverrideFunc = async (_url, { headers = {} }) => {
    logged += Number(headers['STATSIG-EVENT-COUNT'] ?? 0)
    return new Response('{}', { status: 200 })
  }
  await Statsig.initialize('secret-benchmark', {
    bootstrapValues: JSON.stringify(specs),
    networkOverrideFunc,
    disableDiagnostics: true,
    disableRulesetsSync: true,
    disableIdListsSync: true,
    initStrategyForIP3Country: 'none',
    initStrategyForIDLists: 'none',
  })
  return {
    assign: (userID, plan, country) =>
      Statsig.getExperimentSync({ userID, country, custom: { plan } }, asked).get('variant', 'none'),
    exposed: () => logged,
    close: () => Statsig.shutdown(),
  }
}
