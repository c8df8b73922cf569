import { FairleadError } from '../base/error.ts'
import type { ModelPrice } from './contract-schema.ts'

/** Tokens of one call in disjoint classes: no token is in two of them. */
export interface UsedTokens {
  inputTokens: number
  cachedTokens: number
  cacheWriteTokens: number
  outputTokens: number
  reasoningTokens: number
}

/** Nano-USD per million tokens of each class. */
export type TokenRates = Pick<
  ModelPrice,
  'inputPerMillion' | 'cachedPerMillion' | 'cacheWritePerMillion' | 'outputPerMillion' | 'reasoningPerMillion'
>

/** What a call cost, in nano-USD (1e-9 USD); `total` is the sum of the parts, to the last unit. */
export interface Cost {
  input: number
  cached: number
  cacheWrite: number
  output: number
  reasoning: number
  total: number
}

/**
 * What a call cost, exactly: each class is rounded once, half up, and the total is their sum. Never negative.
 * Throws `analytics.invalid_usage` for numbers of tokens that are no whole numbers from 0 to 2^53 - 1, or whose cost is
 * beyond that.
 */
export function costOf(usage: UsedTokens, rates: TokenRates): Cost {
  const input = partOf(usage.inputTokens, rates.inputPerMillion)
  const cached = partOf(usage.cachedTokens, rates.cachedPerMillion)
  const cacheWrite = partOf(usage.cacheWriteTokens, rates.cacheWritePerMillion)
  const output = partOf(usage.outputTokens, rates.outputPerMillion)
  const reasoning = partOf(usage.reasoningTokens, rates.reasoningPerMillion)
  const total = input + cached + cacheWrite + output + reasoning
  return {
    input: toNumber(input),
    cached: toNumber(cached),
    cacheWrite: toNumber(cacheWrite),
    output: toNumber(output),
    reasoning: toNumber(reasoning),
    total: toNumber(total),
  }
}

const million = 1_000_000n

function partOf(tokens: number, perMillion: number): bigint {
  if (!Number.isSafeInteger(tokens) || tokens < 0) throw invalidUsage(`${tokens} is no number of tokens.`, { tokens })
  if (!Number.isSafeInteger(perMillion) || perMillion < 0)
    throw invalidUsage(`${perMillion} is no price.`, { perMillion })
  return (BigInt(tokens) * BigInt(perMillion) + million / 2n) / million
}

function toNumber(nanoUsd: bigint): number {
  if (nanoUsd <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(nanoUsd)
  throw invalidUsage(`A cost of ${nanoUsd} nano-USD is beyond what can be counted.`, { nanoUsd: String(nanoUsd) })
}

function invalidUsage(message: string, data: Record<string, unknown>): FairleadError {
  return new FairleadError('analytics.invalid_usage', message, { data })
}
