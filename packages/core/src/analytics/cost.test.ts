import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costOf } from './cost.ts'
import { usd } from './price-list.ts'

const none = { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 }
const gpt4o = usd({ input: 2.5, cached: 1.25, output: 10 })

const tokens = fc.nat(2_000_000_000)
const usage = fc.record({
  inputTokens: tokens,
  cachedTokens: tokens,
  cacheWriteTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: tokens,
})
const rate = fc.nat(1_000_000)
const rates = fc.record({
  inputPerMillion: rate,
  cachedPerMillion: rate,
  cacheWritePerMillion: rate,
  outputPerMillion: rate,
  reasoningPerMillion: rate,
})

describe('the cost of a call', () => {
  test('of a million tokens is the price', () => {
    expect(costOf({ ...none, inputTokens: 1_000_000 }, gpt4o).total).toBe(2_500_000_000)
    expect(costOf({ ...none, cachedTokens: 1_000_000 }, gpt4o).total).toBe(1_250_000_000)
    expect(costOf({ ...none, outputTokens: 1_000_000 }, gpt4o).total).toBe(10_000_000_000)
    expect(costOf({ ...none, reasoningTokens: 1_000_000 }, gpt4o).total).toBe(10_000_000_000)
  })

  test('of one token is exact: 0.15 USD per million is 150 nano-USD per token', () => {
    expect(costOf({ ...none, inputTokens: 1 }, usd({ input: 0.15, output: 0.6 })).total).toBe(150)
  })

  test('is the sum of its parts and never negative', () => {
    fc.assert(
      fc.property(usage, rates, (used, price) => {
        const { total, ...parts } = costOf(used, price)
        expect(Object.values(parts).every((part) => part >= 0)).toBe(true)
        expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(total)
      }),
    )
  })

  test('is at most half a nano-USD per class away from the true one', () => {
    fc.assert(
      fc.property(tokens, rate, (inputTokens, inputPerMillion) => {
        const { total } = costOf({ ...none, inputTokens }, { ...gpt4o, inputPerMillion })
        const difference = BigInt(total) * 1_000_000n - BigInt(inputTokens) * BigInt(inputPerMillion)
        expect(difference >= -500_000n && difference <= 500_000n).toBe(true)
      }),
    )
  })

  test('rises with the tokens', () => {
    fc.assert(
      fc.property(usage, rates, tokens, (used, price, more) => {
        const larger = { ...used, outputTokens: used.outputTokens + more }
        expect(costOf(larger, price).total).toBeGreaterThanOrEqual(costOf(used, price).total)
      }),
    )
  })

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('of %d tokens is refused', (inputTokens) => {
    expect(() => costOf({ ...none, inputTokens }, gpt4o)).toThrow(
      expect.objectContaining({ code: 'analytics.invalid_usage' }),
    )
  })
})
