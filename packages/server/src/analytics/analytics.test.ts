import { builtinPrices } from '@fairlead/core/analytics'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../database/index.ts'
import { backends, createOrganization, newId, openTestDatabase } from '../database/testing/index.ts'
import type { NewExecution } from './service.ts'
import { createAnalyticsService, insertExecutions } from './service.ts'

const usage = {
  inputTokens: 1_000_000,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1_000_000,
  reasoningTokens: 0,
}
const by = (organizationId: string) => ({
  ...{ kind: 'system' as const, id: 'operator', organizationId, role: null, permissions: new Set<never>() },
  ...{ userId: null, responsibleUserId: null, name: 'Operator', email: null },
})
const firstPage = { limit: 100, after: undefined }

describe.each(backends)('analytics on %s', (kind) => {
  let database: Database
  let organizationId: string
  const time = { now: Date.parse('2026-06-01T00:00:00Z') }
  const service = () => createAnalyticsService({ database, clock: () => time.now, newId })

  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(async () => {
    await database.close()
  })
  beforeEach(async () => {
    organizationId = await createOrganization(database)
  })

  const price = (change: object = {}) => ({
    ...{
      model: 'm',
      provider: null,
      validFrom: '2026-01-01T00:00:00.000Z',
      inputPerMillion: 100,
      outputPerMillion: 400,
    },
    ...change,
  })
  const call = (startedAt: string, change: object = {}) => ({ model: 'm', provider: 'p', startedAt, usage, ...change })

  describe('prices', () => {
    test('of classes that are left out are those of the class that they belong to', async () => {
      const created = await service().createPrice(by(organizationId), price())
      expect(created).toMatchObject({ cachedPerMillion: 100, cacheWritePerMillion: 100, reasoningPerMillion: 400 })
      const free = await service().createPrice(by(organizationId), price({ model: 'free', cachedPerMillion: 0 }))
      expect(free).toMatchObject({ cachedPerMillion: 0, cacheWritePerMillion: 100 })
    })

    test('apply from their day on, and a later one from its own', async () => {
      const analytics = service()
      const old = await analytics.createPrice(by(organizationId), price())
      const next = await analytics.createPrice(
        by(organizationId),
        price({ validFrom: '2026-03-01T00:00:00.000Z', inputPerMillion: 50, outputPerMillion: 200 }),
      )
      const days = [
        '2025-12-31T23:59:59.999Z',
        '2026-01-01T00:00:00.000Z',
        '2026-02-28T23:59:59.999Z',
        '2026-03-01T00:00:00.000Z',
      ]
      expect(
        await analytics.priceCalls(
          organizationId,
          days.map((day) => call(day)),
        ),
      ).toEqual([
        { costNanoUsd: null, priceId: null },
        { costNanoUsd: 500, priceId: old.id },
        { costNanoUsd: 500, priceId: old.id },
        { costNanoUsd: 250, priceId: next.id },
      ])
    })

    test('are one for each model, provider and day', async () => {
      const analytics = service()
      await analytics.createPrice(by(organizationId), price())
      const again = analytics.createPrice(by(organizationId), price({ inputPerMillion: 1 }))
      await expect(again).rejects.toMatchObject({ code: 'analytics.price_exists' })
      await analytics.createPrice(by(organizationId), price({ provider: 'p' }))
      const elsewhere = await createOrganization(database)
      await analytics.createPrice(by(elsewhere), price())
    })

    test('of an organization go before built-in ones, which are never deleted, and nobody else pays them', async () => {
      const analytics = service()
      const [builtin] = builtinPrices
      const { model, provider } = builtin!
      const asked = [call('2026-06-01T00:00:00.000Z', { model, provider })]
      const [standard] = await analytics.priceCalls(organizationId, asked)
      expect(standard).toMatchObject({ costNanoUsd: expect.any(Number), priceId: null })
      const own = await analytics.createPrice(
        by(organizationId),
        price({ model, provider, inputPerMillion: 1, outputPerMillion: 2 }),
      )
      expect(await analytics.priceCalls(organizationId, asked)).toEqual([{ costNanoUsd: 3, priceId: own.id }])
      const elsewhere = await createOrganization(database)
      expect(await analytics.priceCalls(elsewhere, asked)).toEqual([standard])
      await analytics.deletePrice(by(organizationId), own.id)
      expect(await analytics.priceCalls(organizationId, asked)).toEqual([standard])
      for (const id of [own.id, newId()]) {
        const deleting = analytics.deletePrice(by(organizationId), id)
        await expect(deleting).rejects.toMatchObject({ code: 'analytics.price_not_found' })
      }
    })

    test('that another replica has changed are used within five seconds', async () => {
      const [here, there] = [service(), service()]
      const asked = [call('2026-06-01T00:00:00.000Z')]
      expect(await here.priceCalls(organizationId, asked)).toEqual([{ costNanoUsd: null, priceId: null }])
      const { id } = await there.createPrice(by(organizationId), price())
      time.now += 5_000
      expect(await here.priceCalls(organizationId, asked)).toEqual([{ costNanoUsd: 500, priceId: id }])
    })

    test('are listed by model, page by page, each once, with the built-in ones', async () => {
      const analytics = service()
      for (const model of ['a', 'zz']) await analytics.createPrice(by(organizationId), price({ model }))
      const listed: string[] = []
      let after: readonly [string, string] | undefined
      for (;;) {
        const rows = await analytics.listPrices(organizationId, undefined, { limit: 7, after })
        listed.push(...rows.slice(0, 7).map(({ id }) => id))
        if (rows.length <= 7) break
        after = [rows[6]!.model, rows[6]!.id]
      }
      expect(new Set(listed).size).toBe(builtinPrices.length + 2)
      expect(listed).toHaveLength(builtinPrices.length + 2)
    })
  })

  describe('model calls', () => {
    const execution = (change: Partial<NewExecution> = {}): NewExecution => ({
      ...{
        organization_id: organizationId,
        id: newId(),
        kind: 'prompt',
        model: 'm',
        status: 'succeeded',
        latency_ms: 5,
      },
      ...{ started_at: '2026-06-01T00:00:00.000Z' },
      ...change,
    })
    const store = (...rows: NewExecution[]) =>
      database.withOrganization(organizationId, (db) => insertExecutions(db, rows))

    test('are stored many at once, and one that is stored already counts once', async () => {
      const rows = Array.from({ length: 500 }, (_, index) => execution({ latency_ms: index }))
      await store(...rows)
      await store(execution({ ...rows[3]!, latency_ms: 9_999 }), ...rows.slice(0, 5))
      const listed = await service().listExecutions(organizationId, {}, { limit: 1_000, after: undefined })
      expect(listed.map(({ id, latency_ms }) => [id, latency_ms]).toReversed()).toEqual(
        rows.map(({ id, latency_ms }) => [id, latency_ms]),
      )
    })

    test('are counted in whole numbers beyond 32 bits', async () => {
      const row = execution({ input_tokens: 5_000_000_000, cost_nano_usd: 9_007_199_254_740_991 })
      await store(row)
      const [listed] = await service().listExecutions(organizationId, {}, firstPage)
      expect(listed).toMatchObject({
        input_tokens: 5_000_000_000,
        cost_nano_usd: 9_007_199_254_740_991,
        output_tokens: 0,
      })
    })

    test('are found by model', async () => {
      await store(execution(), execution({ model: 'other' }))
      const found = await service().listExecutions(organizationId, { model: 'other' }, firstPage)
      expect(found).toMatchObject([{ model: 'other' }])
    })

    test('stored together are stored all or not at all', async () => {
      const good = execution()
      await expect(store(good, execution({ status: 'unheard of' as never }))).rejects.toThrow()
      expect(await service().listExecutions(organizationId, {}, firstPage)).toEqual([])
    })
  })
})
