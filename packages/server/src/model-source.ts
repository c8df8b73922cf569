import { builtinPrices } from '@fairlead/core/analytics'
import type { ModelLike, ModelSource } from '@fairlead/core/langgraph'
import type { Config } from './config.ts'
import { DemoChatModel } from './workflow/demo-model.ts'

/** The models that prompts and nodes may name. */
export interface Models {
  /** Undefined for a model that is not known here. */
  find(modelId: string): ModelLike | undefined
  /** Whether `find` would find it; makes no client. */
  has(modelId: string): boolean
  /** The ids that the catalogue shows; models of a configured provider can be named beyond these. */
  ids: string[]
  /** In a few words, what `default` is. */
  description: string
}

export type ModelVariables = Pick<
  Config,
  'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'OPENAI_MODEL' | 'ANTHROPIC_API_KEY' | 'ANTHROPIC_MODEL'
>

interface Provider {
  name: string
  defaultModel: string
  create(model: string): ModelLike
}

/** How many clients are kept: callers choose the names. */
const maxClients = 100

/**
 * Models by id: those that were passed in first, then `default` and `<provider>:<model>` of every provider that the
 * environment configures. Where it configures none, `default` is the offline demonstration model.
 */
export async function createModels(variables: ModelVariables, passed: ModelSource | undefined): Promise<Models> {
  const providers = await configuredProviders(variables)
  const made = new Map<string, ModelLike>()
  const demo = providers.length === 0 ? new DemoChatModel() : undefined
  const isDemo = (modelId: string) => demo !== undefined && modelId === 'default'
  return {
    find(modelId) {
      const own = findPassed(passed, modelId) ?? (isDemo(modelId) ? demo : undefined)
      if (own !== undefined) return own
      const model = made.get(modelId) ?? byName(providers, modelId)?.create()
      if (model === undefined) return undefined
      // The one that was not asked for longest is the first.
      made.delete(modelId)
      made.set(modelId, model)
      if (made.size > maxClients) made.delete(made.keys().next().value!)
      return model
    },
    has: (modelId) =>
      findPassed(passed, modelId) !== undefined || isDemo(modelId) || byName(providers, modelId) !== undefined,
    ids: [...new Set([...passedIds(passed), 'default', ...providers.flatMap(knownIds)])],
    description: describe(providers, findPassed(passed, 'default') !== undefined),
  }
}

async function configuredProviders(variables: ModelVariables): Promise<Provider[]> {
  const providers: Provider[] = []
  // Each provider's package is loaded only where it is used.
  if (variables.OPENAI_API_KEY !== undefined || variables.OPENAI_BASE_URL !== undefined) {
    const { ChatOpenAI } = await import('@langchain/openai')
    const baseURL = variables.OPENAI_BASE_URL
    // A compatible endpoint of one's own often wants no key, but the client insists on one.
    const apiKey = variables.OPENAI_API_KEY ?? 'none'
    providers.push({
      name: 'openai',
      defaultModel: variables.OPENAI_MODEL ?? 'gpt-4o-mini',
      create: (model) =>
        new ChatOpenAI({ model, apiKey, maxRetries: 0, ...(baseURL && { configuration: { baseURL } }) }),
    })
  }
  if (variables.ANTHROPIC_API_KEY !== undefined) {
    const { ChatAnthropic } = await import('@langchain/anthropic')
    const apiKey = variables.ANTHROPIC_API_KEY
    providers.push({
      name: 'anthropic',
      defaultModel: variables.ANTHROPIC_MODEL ?? 'claude-haiku-4-5',
      create: (model) => new ChatAnthropic({ model, apiKey, maxRetries: 0 }),
    })
  }
  return providers
}

/** Which provider's model an id names. */
function byName(providers: readonly Provider[], modelId: string): { create(): ModelLike } | undefined {
  const [first] = providers
  if (modelId === 'default') return first && { create: () => first.create(first.defaultModel) }
  const [name = '', ...rest] = modelId.split(':')
  const model = rest.join(':')
  const provider = model === '' ? undefined : providers.find((one) => one.name === name)
  return provider && { create: () => provider.create(model) }
}

function findPassed(passed: ModelSource | undefined, modelId: string): ModelLike | undefined {
  if (typeof passed === 'function') return passed(modelId)
  return passed && Object.hasOwn(passed, modelId) ? passed[modelId] : undefined
}

function passedIds(passed: ModelSource | undefined): string[] {
  return passed === undefined || typeof passed === 'function' ? [] : Object.keys(passed)
}

function knownIds({ name }: Provider): string[] {
  return builtinPrices.filter(({ provider }) => provider === name).map(({ model }) => `${name}:${model}`)
}

function describe([first]: readonly Provider[], isPassed: boolean): string {
  if (isPassed) return 'the application’s own'
  if (first) return `${first.defaultModel} (${first.name})`
  return 'fairlead-demo, offline and deterministic: set OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL for a real one'
}
