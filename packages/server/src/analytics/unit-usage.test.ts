import { addUnit, noUnits } from '@fairlead/core/experiment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/index.ts'
import { backends, openTestDatabase } from '../database/testing/index.ts'
import { createOrganization, newId } from '../database/testing/one-row-each.ts'
import { insertExecutions } from './store.ts'
import { unitUsageSince } from './unit-usage.ts'

describe.each(backends)('the use of a prompt version on %s', (kind) => {
  let database: Database
  let organization_id: string

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    organization_id = await createOrganization(database)
  })
  afterAll(() => database.close())

  it('comes to the moments of its units, each with all of its runs, and each run with all of its calls', async () => {
    const [version, other] = [newId(), newId()]
    const [ann, alone, unpriced] = [[newId(), newId()], newId(), newId()]
    const call = (run_id: string, unit: string | null, columns: object) => ({
      ...{ organization_id, id: newId(), run_id, unit, kind: 'prompt' as const, model: 'm', started_at: new Date() },
      ...{ prompt_version_id: version, status: 'succeeded' as const, latency_ms: 100, input_tokens: 7 },
      ...{ cost_nano_usd: 100_000_000, ...columns },
    })
    const since = new Date()
    const before = `00000000-0000-7000-8000-${newId().slice(-12)}`
    const calls = [
      call(ann[0]!, 'ann', { status: 'failed', output_tokens: 3 }),
      call(ann[0]!, 'ann', { latency_ms: 250 }),
      call(ann[1]!, 'ann', { status: 'failed', cost_nano_usd: 200_000_000 }),
      call(alone, null, { reasoning_tokens: 5 }),
      call(unpriced, 'bob', { cost_nano_usd: null }),
      call(newId(), 'carl', { prompt_version_id: other }),
      call(newId(), 'early', { id: before }),
    ]
    const usage = await database.withOrganization(organization_id, async (db) => {
      await insertExecutions(db, calls)
      return unitUsageSince(db, version, since)
    })
    const momentsOf = (units: readonly (readonly [n: number, x: number])[]) =>
      units.reduce((moments, [n, x]) => addUnit(moments, { n, x }), noUnits)
    const expected = {
      success: momentsOf([
        [2, 1],
        [1, 1],
        [1, 1],
      ]),
      latency_ms: momentsOf([
        [2, 450],
        [1, 100],
        [1, 100],
      ]),
      tokens: momentsOf([
        [2, 24],
        [1, 12],
        [1, 7],
      ]),
      cost_usd: momentsOf([
        [2, 0.4],
        [1, 0.1],
      ]),
    }
    expect([...usage.keys()].sort()).toEqual(Object.keys(expected).sort())
    for (const [measure, moments] of Object.entries(expected)) {
      for (const [name, value] of Object.entries(moments))
        expect(usage.get(measure as 'tokens')![name as 'xx'], `${measure} ${name}`).toBeCloseTo(value, 10)
    }
    // What is known of nobody is left out.
    expect(await database.withOrganization(organization_id, (db) => unitUsageSince(db, newId(), since))).toEqual(
      new Map(),
    )
  })
})
