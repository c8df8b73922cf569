import type { ModelPrice } from './contract-schema.ts'
import type { TokenRates } from './cost.ts'

/**
 * Prices as USD per million tokens, the way providers publish them. Cached input costs what input costs unless said
 * otherwise, so do writes to the cache; reasoning costs what output costs.
 */
export function usd(price: { input: number; output: number; cached?: number; cacheWrite?: number }): TokenRates {
  const { input, output, cached = input, cacheWrite = input } = price
  return {
    inputPerMillion: nano(input),
    cachedPerMillion: nano(cached),
    cacheWritePerMillion: nano(cacheWrite),
    outputPerMillion: nano(output),
    reasoningPerMillion: nano(output),
  }
}

function nano(dollars: number): number {
  return Math.round(dollars * 1e9)
}

/** Anthropic's rule for all its models: cache reads a tenth of the input price, writes (five minutes) a quarter more. */
function anthropic(input: number, output: number): TokenRates {
  return usd({ input, output, cached: input / 10, cacheWrite: input * 1.25 })
}

type Entry = [model: string, validFrom: string, rates: TokenRates]

/** Published list prices, standard tier. Organizations override them with prices of their own. */
const openAiPrices: Entry[] = [
  ['gpt-5.1', '2025-11-13', usd({ input: 1.25, cached: 0.125, output: 10 })],
  ['gpt-5', '2025-08-07', usd({ input: 1.25, cached: 0.125, output: 10 })],
  ['gpt-5-mini', '2025-08-07', usd({ input: 0.25, cached: 0.025, output: 2 })],
  ['gpt-5-nano', '2025-08-07', usd({ input: 0.05, cached: 0.005, output: 0.4 })],
  ['gpt-4.1', '2025-04-14', usd({ input: 2, cached: 0.5, output: 8 })],
  ['gpt-4.1-mini', '2025-04-14', usd({ input: 0.4, cached: 0.1, output: 1.6 })],
  ['gpt-4.1-nano', '2025-04-14', usd({ input: 0.1, cached: 0.025, output: 0.4 })],
  ['gpt-4o', '2024-05-13', usd({ input: 5, output: 15 })],
  ['gpt-4o', '2024-10-02', usd({ input: 2.5, cached: 1.25, output: 10 })],
  ['gpt-4o-2024-05-13', '2024-05-13', usd({ input: 5, output: 15 })],
  ['gpt-4o-2024-08-06', '2024-08-06', usd({ input: 2.5, cached: 1.25, output: 10 })],
  ['gpt-4o-mini', '2024-07-18', usd({ input: 0.15, cached: 0.075, output: 0.6 })],
  ['o4-mini', '2025-04-16', usd({ input: 1.1, cached: 0.275, output: 4.4 })],
  ['o3', '2025-04-16', usd({ input: 10, cached: 2.5, output: 40 })],
  ['o3', '2025-06-10', usd({ input: 2, cached: 0.5, output: 8 })],
  ['o3-mini', '2025-01-31', usd({ input: 1.1, cached: 0.55, output: 4.4 })],
  ['o1', '2024-12-17', usd({ input: 15, cached: 7.5, output: 60 })],
  ['gpt-4-turbo', '2024-04-09', usd({ input: 10, output: 30 })],
  ['gpt-4', '2023-03-14', usd({ input: 30, output: 60 })],
  ['gpt-3.5-turbo', '2024-01-25', usd({ input: 0.5, output: 1.5 })],
]

const anthropicPrices: Entry[] = [
  ['claude-opus-4-5', '2025-11-24', anthropic(5, 25)],
  ['claude-opus-4-1', '2025-08-05', anthropic(15, 75)],
  ['claude-opus-4', '2025-05-22', anthropic(15, 75)],
  ['claude-sonnet-4-5', '2025-09-29', anthropic(3, 15)],
  ['claude-sonnet-4', '2025-05-22', anthropic(3, 15)],
  ['claude-haiku-4-5', '2025-10-15', anthropic(1, 5)],
  ['claude-3-7-sonnet', '2025-02-24', anthropic(3, 15)],
  ['claude-3-5-sonnet', '2024-06-20', anthropic(3, 15)],
  ['claude-3-5-haiku', '2024-11-04', anthropic(1, 5)],
  ['claude-3-5-haiku', '2024-12-05', anthropic(0.8, 4)],
  ['claude-3-opus', '2024-03-04', anthropic(15, 75)],
  ['claude-3-haiku', '2024-03-13', usd({ input: 0.25, output: 1.25, cached: 0.03, cacheWrite: 0.3 })],
]

/** The offline model calls nobody and costs nothing; a small price lets a demonstration show how costs add up. */
const demoPrices: Entry[] = [['fairlead-demo', '2020-01-01', usd({ input: 0.1, output: 0.4 })]]

function toPrices(provider: string, entries: Entry[], note: string | null = null): ModelPrice[] {
  return entries.map(([model, validFrom, rates]) => ({
    id: `builtin:${model}@${validFrom}`,
    model,
    provider,
    validFrom: `${validFrom}T00:00:00.000Z`,
    ...rates,
    source: 'builtin',
    note,
  }))
}

/** The prices that Fairlead knows by itself, effective-dated: a later row of a model replaces the one before it. */
export const builtinPrices: readonly ModelPrice[] = [
  ...toPrices('openai', openAiPrices),
  ...toPrices('anthropic', anthropicPrices),
  ...toPrices('fairlead', demoPrices, 'Demonstration price of the offline model, which costs nothing.'),
]
