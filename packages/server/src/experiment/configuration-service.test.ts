import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, ScopedDb } from '../database/index.ts'
import { backends, openTestDatabase } from '../database/testing/index.ts'
import { createOrganization, newId } from '../database/testing/one-row-each.ts'
import { versionFinder } from '../prompt/version-finder.ts'
import { ConfigurationService } from './configuration-service.ts'

describe.each(backends)('the tests that have started, on %s', (kind) => {
  let database: Database
  let organization_id: string
  let configuration: ConfigurationService
  const layer_id = newId()

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    organization_id = await createOrganization(database)
    configuration = new ConfigurationService({ database, prompts: versionFinder })
    await within((db) =>
      db.insertInto('ab_layers').values({ organization_id, id: layer_id, name: 'L', seed: 7 }).execute(),
    )
  })
  afterAll(() => database.close())

  const within = <T>(work: (db: ScopedDb) => Promise<T>) => database.withOrganization(organization_id, work)

  /** A running test in the layer, on a prompt of its own. */
  const startTest = (key: string) =>
    within(async (db) => {
      const [id, promptId] = [newId(), newId()]
      await db.insertInto('prompts').values({ organization_id, id: promptId, key, name: key }).execute()
      const test = { organization_id, id, key, name: key, prompt_id: promptId, status: 'running' as const, epoch: 1 }
      const layer = { layer_id, layer_percentage: '10', layer_ranges: JSON.stringify([[0, 1_638]]) }
      await db
        .insertInto('ab_tests')
        .values({ ...test, ...layer })
        .execute()
      const variant = { organization_id, test_id: id, name: 'a', prompt_id: promptId, version_id: null }
      await db.insertInto('ab_variants').values(variant).execute()
      const epoch = { organization_id, test_id: id, epoch: 1, weights: '[1]', slots: Buffer.alloc(16_384) }
      await db.insertInto('ab_epochs').values(epoch).execute()
      return { id, promptId }
    })

  /** What is found, and how many statements it took. */
  const counted = <T>(work: (db: ScopedDb) => Promise<T>) =>
    within(async (db) => {
      let statements = 0
      const counting: KyselyPlugin = {
        transformQuery: ({ node }) => {
          statements++
          return node
        },
        transformResult: async ({ result }) => result,
      }
      const found = await work(db.withPlugin(counting))
      return { found, statements }
    })

  it('are found in as many statements however many there are, with their layers and their prompts', async () => {
    const first = await startTest('first')
    const one = await counted((db) => configuration.openTests(db))
    const others = [await startTest('second'), await startTest('third'), await startTest('fourth')]
    const all = await counted((db) => configuration.openTests(db))
    expect(all.found.map(({ key, prompt, layer }) => [key, prompt?.key, layer])).toEqual(
      ['first', 'second', 'third', 'fourth'].map((key) => [key, key, { seed: 7, ranges: [[0, 1_638]] }]),
    )
    expect(all.statements).toBe(one.statements)
    const { found } = await counted((db) => configuration.openTests(db, { id: others[0]!.id }))
    expect(found).toEqual([all.found[1]])
    const promptLabel = { promptId: first.promptId, label: 'production' }
    expect(await within((db) => configuration.openTests(db, { promptLabel }))).toEqual(one.found)
    expect(await within((db) => configuration.openTests(db, { promptLabel: { ...promptLabel, label: 'x' } }))).toEqual(
      [],
    )
  })
})
