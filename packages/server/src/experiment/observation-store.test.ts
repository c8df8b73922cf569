import { createSlots } from '@fairlead/core/experiment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, ScopedDb } from '../database/index.ts'
import { backends, openTestDatabase } from '../database/testing/index.ts'
import { createOrganization } from '../database/testing/one-row-each.ts'
import { listArms } from './arm-store.ts'
import { EvidenceService } from './evidence-service.ts'

describe.each(backends)('the sums of observations on %s', (kind) => {
  let database: Database
  let organizationId: string
  let evidence: EvidenceService

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    organizationId = await createOrganization(database)
    evidence = new EvidenceService(database)
  })
  afterAll(() => database.close())

  const inOrganization = <T>(work: (db: ScopedDb) => Promise<T>) => database.withOrganization(organizationId, work)

  const newTest = (key: string) =>
    inOrganization(async (db) => {
      const metrics = JSON.stringify([{ name: 'seconds', model: 'mean', role: 'primary' }])
      const row = { organization_id: organizationId, key, name: key, metrics, epoch: 1, status: 'running' as const }
      const { id } = await db.insertInto('ab_tests').values(row).returning('id').executeTakeFirstOrThrow()
      const variants = ['a', 'b'].map((name, position) => ({
        ...{ organization_id: organizationId, test_id: id, name, position },
        ...{ prompt_id: null, version_id: null },
      }))
      await db.insertInto('ab_variants').values(variants).execute()
      const table = {
        organization_id: organizationId,
        test_id: id,
        epoch: 1,
        weights: '[1,1]',
        slots: createSlots([1, 1]),
      }
      await db.insertInto('ab_epochs').values(table).execute()
      return id
    })

  const tell = async (test: string, units: readonly { unit: string; values: readonly number[] }[]) => {
    await evidence.record(organizationId, {
      exposures: units.map(({ unit }) => ({ test, unit, variant: 'a', covariates: { seconds: 1 / 3 } })),
      observations: units.flatMap(({ unit, values }) =>
        values.map((value, index) => ({ id: `${unit} ${index}`, test, unit, metric: 'seconds', value })),
      ),
    })
  }
  const takeOut = (test: string, units: readonly string[]) =>
    evidence.record(organizationId, {
      exposures: units.map((unit) => ({ test, unit, variant: 'b' })),
      observations: [],
    })

  const storedOf = (test: string) =>
    inOrganization((db) =>
      db
        .selectFrom('ab_arm_statistics')
        .select([
          'units',
          'n',
          'x',
          'nn',
          'nx',
          'xx',
          'observed_xx',
          'positive',
          'log',
          'loglog',
          'c',
          'cc',
          'cn',
          'cx',
        ])
        .where('test_id', '=', test)
        .executeTakeFirstOrThrow(),
    )
  const armsOf = async (test: string) => {
    const arms = await inOrganization((db) => listArms(db, test))
    return JSON.stringify(arms.map(({ variantId: _, ...arm }) => arm))
  }

  const kept = Array.from({ length: 7 }, (_, index) => ({ unit: `u${index}`, values: [0.1 * index, 0.9, 1 / 7] }))

  it('are as short as they were, and read the same, once units with many digits have come and gone', async () => {
    const [test, clean] = [await newTest('digits'), await newTest('clean')]
    for (const one of [test, clean]) await tell(one, kept)
    const before = await storedOf(test)
    for (let round = 0; round < 10; round++) {
      const passing = [1e-100, 1.7e-90, Math.PI].map((value, index) => ({
        unit: `gone ${round} ${index}`,
        values: [value, -value / 3],
      }))
      await tell(test, passing)
      await takeOut(
        test,
        passing.map(({ unit }) => unit),
      )
    }
    const shortest = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
    const expected = Object.entries(before).map(([sum, value]) => [sum, shortest(String(value))])
    expect(Object.entries(await storedOf(test)).map(([sum, value]) => [sum, String(value)])).toEqual(expected)
    expect(await armsOf(test)).toBe(await armsOf(clean))
  })

  it('are no longer in a unit that is observed time and again', async () => {
    const test = await newTest('steady')
    for (let round = 0; round < 20; round++) {
      await evidence.record(organizationId, {
        exposures: [{ test, unit: 'u', variant: 'a' }],
        observations: [{ id: `${round}`, test, unit: 'u', metric: 'seconds', value: round % 2 ? 0.25 : -0.125 }],
      })
    }
    const { x, xx } = await inOrganization((db) =>
      db.selectFrom('ab_unit_statistics').select(['x', 'xx']).where('test_id', '=', test).executeTakeFirstOrThrow(),
    )
    expect([x, xx]).toEqual(['1.250', '0.781250'])
    expect(await storedOf(test)).toMatchObject({
      units: 1,
      n: '20',
      x: '1.250',
      xx: '1.562500',
      observed_xx: '0.781250',
    })
  })

  it('take in what is new of a batch that was told in part before, and count it once', async () => {
    const test = await newTest('again')
    await tell(test, kept.slice(0, 3))
    const units = [...kept, ...kept]
    await tell(test, units)
    expect(await storedOf(test)).toMatchObject({ units: 7, n: '21' })
    const { observations } = await evidence.record(organizationId, {
      exposures: [],
      observations: ['u0 0', 'new', 'new'].map((id) => ({ id, test, unit: 'u0', metric: 'seconds', value: 1 })),
    })
    expect(observations).toEqual({ recorded: 1, repeated: 2 })
    expect(await storedOf(test)).toMatchObject({ units: 7, n: '22' })
  })
})
