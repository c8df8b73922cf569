import { describe, expect, test } from 'vitest'
import { ModelPrice } from './contract-schema.ts'
import { priceFor } from './price.ts'
import { builtinPrices, usd } from './price-list.ts'

const at = '2026-01-01T00:00:00.000Z'
const own = (changes: Partial<ModelPrice>): ModelPrice => ({
  id: 'own',
  model: 'gpt-4o',
  provider: null,
  validFrom: '2020-01-01T00:00:00.000Z',
  ...usd({ input: 1, output: 2 }),
  source: 'custom',
  note: null,
  ...changes,
})
const idFor = (prices: readonly ModelPrice[], model: string, provider: string | null = null, time: string = at) =>
  priceFor(prices, { model, provider, at: time })?.id

describe('the price of a call', () => {
  test.each([
    ['gpt-4o', 'builtin:gpt-4o@2024-10-02'],
    ['gpt-4o-2024-11-20', 'builtin:gpt-4o@2024-10-02'],
    ['gpt-4o-2024-05-13', 'builtin:gpt-4o-2024-05-13@2024-05-13'],
    ['gpt-4o-mini-2024-07-18', 'builtin:gpt-4o-mini@2024-07-18'],
    ['claude-opus-4-20250514', 'builtin:claude-opus-4@2025-05-22'],
    ['claude-opus-4-5-20251101', 'builtin:claude-opus-4-5@2025-11-24'],
    ['claude-3-5-haiku-latest', 'builtin:claude-3-5-haiku@2024-12-05'],
    ['gpt-3.5-turbo-0125', 'builtin:gpt-3.5-turbo@2024-01-25'],
    ['fairlead-demo', 'builtin:fairlead-demo@2020-01-01'],
  ])('of %s is %s', (model, id) => expect(idFor(builtinPrices, model)).toBe(id))

  test.each(['gpt-5.9', 'gpt-4o-realtime-preview', 'gpt-4o-audio', 'llama3', ''])('of %j is not known', (model) => {
    expect(idFor(builtinPrices, model)).toBeUndefined()
  })

  test('is the one that was valid when the call was made', () => {
    expect(idFor(builtinPrices, 'o3', 'openai', '2025-06-09T23:59:59.999Z')).toBe('builtin:o3@2025-04-16')
    expect(idFor(builtinPrices, 'o3', 'openai', '2025-06-10T00:00:00.000Z')).toBe('builtin:o3@2025-06-10')
    expect(idFor(builtinPrices, 'o3', 'openai', '2025-01-01T00:00:00.000Z')).toBeUndefined()
  })

  test('is for the provider that was called', () => {
    expect(idFor(builtinPrices, 'gpt-4o', 'azure')).toBeUndefined()
    expect(idFor([...builtinPrices, own({ id: 'azure', provider: 'azure' })], 'gpt-4o', 'azure')).toBe('azure')
  })

  test("is the organization's own where it has one", () => {
    expect(idFor([own({}), ...builtinPrices], 'gpt-4o-2024-05-13')).toBe('own')
    expect(idFor([...builtinPrices, own({})], 'gpt-4o-2024-05-13')).toBe('own')
    const later = own({ id: 'later', validFrom: '2025-06-01T00:00:00.000Z' })
    expect(idFor([later, own({})], 'gpt-4o')).toBe('later')
    expect(idFor([own({}), own({ id: 'exact', provider: 'openai' })], 'gpt-4o', 'openai')).toBe('exact')
  })
})

test('every built-in price has the shape of a price and an id of its own', () => {
  for (const price of builtinPrices) expect(ModelPrice.parse(price)).toEqual(price)
  expect(new Set(builtinPrices.map(({ id }) => id)).size).toBe(builtinPrices.length)
})
