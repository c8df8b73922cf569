import type { Execution, ModelPrice, PricedCall, UsedTokens } from '@fairlead/core/analytics'
import { builtinPrices, costOf, priceFor } from '@fairlead/core/analytics'
import type { Clock } from '@fairlead/core/base'
import type { ModelCall } from '@fairlead/core/workflow'
import type { Database } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { problem } from '../http/index.ts'
import * as store from './store.ts'

export type { NewExecution, VariantUsage } from './store.ts'
export { findExecution, insertExecutions, usageOfVariants } from './store.ts'
export type { UsageMeasure } from './unit-usage.ts'
export { unitUsageSince } from './unit-usage.ts'

/** A finished call of a model as the columns of its row in `executions`; where it was made is for the caller to add. */
export function callColumns(call: Omit<ModelCall, 'id' | 'promptId' | 'promptVersionId'>, price: CallPrice) {
  const { model, provider, status, errorCode, latencyMs, usage, startedAt } = call
  return {
    model,
    provider,
    status,
    error_code: errorCode,
    latency_ms: Math.round(latencyMs),
    input_tokens: usage.inputTokens,
    cached_tokens: usage.cachedTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    cost_nano_usd: price.costNanoUsd,
    price_id: price.priceId,
    started_at: startedAt,
  }
}

export interface CallPrice {
  /** Null when no price is known for the model. */
  costNanoUsd: number | null
  /** The organization's own price that was used; null for a built-in price or none. */
  priceId: string | null
}

export interface NewPrice {
  model: string
  provider: string | null
  validFrom: string
  inputPerMillion: number
  outputPerMillion: number
  cachedPerMillion?: number | undefined
  cacheWritePerMillion?: number | undefined
  reasoningPerMillion?: number | undefined
}

/** A price in the order of the list: by model, then by id. */
export type PricePosition = readonly [model: string, id: string]

export type AnalyticsService = ReturnType<typeof createAnalyticsService>

/** How long a replica may go on calculating with prices that another one has changed. */
const pricesTtlMs = 5_000
const maxCachedOrganizations = 1_000

/** Prices and model calls. */
export function createAnalyticsService({
  database,
  clock,
  newId,
}: {
  database: Database
  clock: Clock
  newId: () => string
}) {
  const cached = new Map<string, { prices: Promise<ModelPrice[]>; until: number }>()

  return {
    /**
     * What calls cost, in their order. Opens a scope of its own when prices have to be read, so it is called before the
     * transaction that stores the calls.
     */
    async priceCalls(
      organizationId: string,
      calls: readonly (Omit<PricedCall, 'at'> & { startedAt: string; usage: UsedTokens })[],
    ): Promise<CallPrice[]> {
      const prices = await pricesOf(organizationId)
      return calls.map(({ model, provider, startedAt, usage }) => {
        const price = priceFor(prices, { model, provider, at: startedAt })
        if (!price) return { costNanoUsd: null, priceId: null }
        return { costNanoUsd: costOf(usage, price).total, priceId: price.source === 'custom' ? price.id : null }
      })
    },

    /** Built-in prices and the organization's own, one more than the page holds. */
    async listPrices(
      organizationId: string,
      model: string | undefined,
      { limit, after }: { limit: number; after: PricePosition | undefined },
    ) {
      const prices = await loadPrices(organizationId)
      return prices
        .filter((price) => model === undefined || price.model === model)
        .filter((price) => after === undefined || comparePositions(positionOf(price), after) > 0)
        .toSorted((one, other) => comparePositions(positionOf(one), positionOf(other)))
        .slice(0, limit + 1)
    },

    /** Missing classes cost what the class costs that they belong to. Throws `analytics.price_exists`. */
    async createPrice(by: Principal, price: NewPrice): Promise<ModelPrice> {
      const { model, provider, validFrom, inputPerMillion, outputPerMillion } = price
      const row = await database.withOrganization(by.organizationId, (db) =>
        store.insertPrice(db, {
          organization_id: by.organizationId,
          id: newId(),
          model,
          provider,
          valid_from: validFrom,
          input_nano_usd_per_million: inputPerMillion,
          cached_input_nano_usd_per_million: price.cachedPerMillion ?? inputPerMillion,
          cache_write_nano_usd_per_million: price.cacheWritePerMillion ?? inputPerMillion,
          output_nano_usd_per_million: outputPerMillion,
          reasoning_nano_usd_per_million: price.reasoningPerMillion ?? outputPerMillion,
          created_by: by.userId,
        }),
      )
      if (!row) {
        throw problem(
          'analytics.price_exists',
          `"${model}" has a price from ${validFrom} on already. Delete it, or choose another time.`,
        )
      }
      cached.delete(by.organizationId)
      return toPrice(row)
    },

    /** Throws `analytics.price_not_found`, also for built-in prices, which can be overridden but not deleted. */
    async deletePrice(by: Principal, id: string): Promise<void> {
      if (!(await database.withOrganization(by.organizationId, (db) => store.deletePrice(db, id)))) {
        throw problem('analytics.price_not_found', `The organization has no price "${id}" of its own.`)
      }
      cached.delete(by.organizationId)
    },

    listExecutions: (
      organizationId: string,
      filter: store.ExecutionFilter,
      page: { limit: number; after: string | undefined },
    ) => database.withOrganization(organizationId, (db) => store.listExecutions(db, filter, page)),
  }

  async function loadPrices(organizationId: string): Promise<ModelPrice[]> {
    const rows = await database.withOrganization(organizationId, store.listPrices)
    return [...rows.map(toPrice), ...builtinPrices]
  }

  async function pricesOf(organizationId: string): Promise<ModelPrice[]> {
    const now = clock()
    const known = cached.get(organizationId)
    if (known && now < known.until && known.until <= now + pricesTtlMs) return known.prices
    if (cached.size >= maxCachedOrganizations) cached.clear()
    const prices = loadPrices(organizationId)
    cached.set(organizationId, { prices, until: now + pricesTtlMs })
    prices.catch(() => cached.delete(organizationId))
    return prices
  }
}

export function positionOf({ model, id }: ModelPrice): PricePosition {
  return [model, id]
}

function comparePositions([model, id]: PricePosition, [otherModel, otherId]: PricePosition): number {
  if (model !== otherModel) return model < otherModel ? -1 : 1
  if (id === otherId) return 0
  return id < otherId ? -1 : 1
}

function toPrice(row: store.PriceRow): ModelPrice {
  return {
    id: row.id,
    model: row.model,
    provider: row.provider,
    validFrom: row.valid_from.toISOString(),
    inputPerMillion: row.input_nano_usd_per_million,
    cachedPerMillion: row.cached_input_nano_usd_per_million,
    cacheWritePerMillion: row.cache_write_nano_usd_per_million,
    outputPerMillion: row.output_nano_usd_per_million,
    reasoningPerMillion: row.reasoning_nano_usd_per_million,
    source: row.source,
    note: null,
  }
}

export function toExecution(row: store.ExecutionRow): Execution {
  return {
    id: row.id,
    runId: row.run_id,
    nodeId: row.node_id,
    address: row.address,
    kind: row.kind,
    model: row.model,
    provider: row.provider,
    promptId: row.prompt_id,
    promptVersionId: row.prompt_version_id,
    status: row.status,
    errorCode: row.error_code,
    latencyMs: row.latency_ms,
    inputTokens: row.input_tokens,
    cachedTokens: row.cached_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    costNanoUsd: row.cost_nano_usd,
    startedAt: row.started_at.toISOString(),
  }
}
