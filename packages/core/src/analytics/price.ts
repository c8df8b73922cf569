import type { ModelPrice } from './contract-schema.ts'

/** The call that a price is wanted for. */
export interface PricedCall {
  /** As the provider reported it, such as `gpt-4o-2024-08-06`. */
  model: string
  /** Null when it is not known: then a price of any provider will do. */
  provider: string | null
  /** When the call started: RFC 3339, or milliseconds since the Unix epoch. */
  at: string | number
}

/**
 * The price of a call, null when none is known: rather none than a wrong one. An organization's own price wins over a
 * built-in one, the model's exact name over its name without the snapshot (`gpt-4o` for `gpt-4o-2024-08-06`), a price for
 * the provider over one for any; of what is left, the latest that was valid at the time.
 */
export function priceFor(prices: readonly ModelPrice[], call: PricedCall): ModelPrice | null {
  const at = typeof call.at === 'number' ? call.at : Date.parse(call.at)
  let best: { price: ModelPrice; rank: Rank } | null = null
  for (const price of prices) {
    const rank = rankOf(price, call, at)
    if (rank && (best === null || isHigher(rank, best.rank))) best = { price, rank }
  }
  return best?.price ?? null
}

type Rank = readonly number[]

function rankOf(price: ModelPrice, { model, provider }: PricedCall, at: number): Rank | null {
  const validFrom = Date.parse(price.validFrom)
  const isProvider = price.provider === null || provider === null || price.provider === provider
  if (!isProvider || !(validFrom <= at) || !isModel(price.model, model)) return null
  return [Number(price.source === 'custom'), price.model.length, Number(price.provider !== null), validFrom]
}

function isHigher(rank: Rank, other: Rank): boolean {
  const index = rank.findIndex((part, at) => part !== other[at])
  return index >= 0 && rank[index]! > other[index]!
}

/** A date, a short number or "latest" names a snapshot of a model; anything else may be another model at another price. */
const snapshot = /^[-@](\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest)$/

function isModel(priced: string, model: string): boolean {
  return model === priced || (model.startsWith(priced) && snapshot.test(model.slice(priced.length)))
}
