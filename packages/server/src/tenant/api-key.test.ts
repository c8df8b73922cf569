import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSecret, formatApiKey, hashSecret, isSecretOf, parseApiKey } from './api-key.ts'

const key = fc.record({
  environment: fc.constantFrom('live' as const, 'test' as const),
  id: fc.uuid({ version: 7 }),
  secret: fc.constant(null).map(createSecret),
})

describe('an API key', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(key, (parts) => {
        expect(parseApiKey(formatApiKey(parts))).toEqual(parts)
      }),
    )
  })

  test('is one word that says what it is', () => {
    const text = formatApiKey({
      environment: 'live',
      id: '018f0000-0000-7000-8000-000000000001',
      secret: createSecret(),
    })
    expect(text).toMatch(/^fl_live_018f0000000070008000000000000001_[0-9A-Za-z]{43}$/)
  })

  test.each(['', 'fl_', 'fl_live__', 'fl_prod_018f0000000070008000000000000001_x', 'eyJhbGciOiJub25lIn0.e30.'])(
    '%j is none',
    (text) => expect(parseApiKey(text)).toBeNull(),
  )

  test('has a secret of its own that only the same secret matches', () => {
    const secrets = Array.from({ length: 100 }, createSecret)
    expect(new Set(secrets).size).toBe(100)
    expect(isSecretOf(secrets[0]!, hashSecret(secrets[0]!))).toBe(true)
    expect(isSecretOf(secrets[1]!, hashSecret(secrets[0]!))).toBe(false)
    expect(isSecretOf(secrets[0]!, Buffer.alloc(0))).toBe(false)
  })
})
