import { FairleadError } from '@fairlead/core/base'
import { describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'

function refusal(env: Record<string, string>): FairleadError {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof FairleadError) return error
  }
  throw new Error('was accepted')
}

describe('the configuration', () => {
  test('is complete without any variable', () => {
    expect(readConfig({})).toMatchObject({
      PORT: 4400,
      HOST: '127.0.0.1',
      FAIRLEAD_DATA_DIR: '.fairlead/data',
      LOG_LEVEL: 'info',
    })
  })

  test('takes an empty variable as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' })).toEqual(readConfig({}))
  })

  test('names everything that is wrong at once, with what belongs there', () => {
    const { message, data } = refusal({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      FAIRLEAD_CORS_ORIGINS: 'https://a.example/path',
    })
    expect(data?.faults).toHaveLength(3)
    expect(message).toContain('PORT=70000: expected a whole number from 0 to 65535.')
    expect(message).toContain('LOG_LEVEL=loud: expected one of fatal')
    expect(message).toContain('FAIRLEAD_CORS_ORIGINS=https://a.example/path: expected origins')
  })

  test('shows no secret', () => {
    const { message } = refusal({ FAIRLEAD_SECRET: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@db/x' })
    expect(message).toContain('FAIRLEAD_SECRET=(7 characters)')
    expect(message).toContain('mysql://me:***@db/x')
    expect(message).not.toContain('hunter2')
  })

  test.each([
    ['postgres://me:hunt/er2@db/x', 'postgres://me:***@db/x'],
    ['postgres://me:hunt?er2@db:x/x', 'postgres://me:***@db:x/x'],
    ['postgres://me:hunt#er2@db:x/x', 'postgres://me:***@db:x/x'],
    ['mysql://me:hunt@er2@db', 'mysql://me:***@db'],
    ['mysql://me:hunt:er2@db', 'mysql://me:***@db'],
    ['mysql://:hunter2@db', 'mysql://:***@db'],
    ['postgres//me:hunter2@db', 'postgres//me:***@db'],
    ['mysql:/me:hunter2@db', 'mysql:***@db'],
    ['me:hunter2@db', 'me:***@db'],
    ['me:12345@db', 'me:***@db'],
    ['postgres://me:hunter2', 'postgres://me:***'],
    ['mysql://db/x?user=me&password=hunter2&ssl=on', 'mysql://db/x?user=me&password=***&ssl=on'],
    ['mysql://me@db/x?sslPassword=hunter2', 'mysql://me@db/x?sslPassword=***'],
    ['mysql://db:5432/x', 'mysql://db:5432/x'],
  ])('shows no password, however malformed the URL is: %s', (url, shown) => {
    const { message } = refusal({ DATABASE_URL: url })
    expect(message).toContain(`DATABASE_URL=${shown}: expected`)
    expect(message).not.toMatch(/hunt|er2|12345/)
  })

  test("asks for all of the variables that people's tokens need", () => {
    expect(refusal({ JWT_ISSUER: 'https://login.example' }).message).toMatch(/JWT_AUDIENCE[\s\S]*JWT_JWKS_URL/)
  })

  test('reads lists and numbers', () => {
    expect(readConfig({ FAIRLEAD_CORS_ORIGINS: 'https://a.example, http://localhost:5173', PORT: '0' })).toMatchObject({
      FAIRLEAD_CORS_ORIGINS: ['https://a.example', 'http://localhost:5173'],
      PORT: 0,
    })
  })
})
