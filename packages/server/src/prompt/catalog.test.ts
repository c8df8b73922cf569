import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/index.ts'
import { backends, createOrganization, newId, openTestDatabase } from '../database/testing/index.ts'
import { createPromptCatalog } from './catalog.ts'
import { createPromptServices } from './services.ts'

const by = {
  author: { name: 'Ada', email: 'ada@example.com' },
  userId: null,
  responsibleUserId: null,
  kind: 'key' as const,
  id: 'k',
  role: null,
}

/** Counts the contents of prompts in each answer of the database. */
function countContents() {
  const counts: number[] = []
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      counts.push(result.rows.filter((row) => 'content' in row).length)
      return result
    },
  }
  return { counts, plugin }
}

describe.each(backends)('the catalogue of prompts on %s', (kind) => {
  let database: Database

  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  it('has the variables of every prompt, and reads each version’s content once, a few at a time', async () => {
    const organizationId = await createOrganization(database)
    const audit = async () => {}
    const { prompts } = createPromptServices({ database, clock: Date.now, createId: newId, checks: [], audit })
    const catalog = createPromptCatalog()
    const list = async (names?: string[]) => {
      const { counts, plugin } = countContents()
      const entries = await database.withOrganization(organizationId, (db) =>
        catalog.list(db.withPlugin(plugin), names),
      )
      return { entries, read: counts.filter((count) => count > 0) }
    }
    const heads: string[] = []
    for (let index = 0; index < 45; index++) {
      const content = { text: `{{used_${index}}} {{both}}`, variables: { both: { type: 'string' }, declared: true } }
      const { head } = await prompts.create(organizationId, by, { key: `p-${index}`, content })
      heads.push(head.commitHash)
    }
    expect((await list(['p-3'])).read).toEqual([1])
    const all = await list()
    expect(all.read).toEqual([20, 20, 4])
    expect(all.entries).toHaveLength(45)
    const third = all.entries.find(({ key }) => key === 'p-3')
    expect(third?.variables).toEqual({ used_3: true, both: { type: 'string' }, declared: true })
    expect(await list()).toEqual({ entries: all.entries, read: [] })
    const content = { text: 'Nothing but {{this}}' }
    await prompts.commit(organizationId, 'p-3', by, { branch: 'main', expectedHash: heads[3]!, content })
    const changed = await list()
    expect(changed.read).toEqual([1])
    expect(changed.entries.find(({ key }) => key === 'p-3')?.variables).toEqual({ this: true })
  })
})
