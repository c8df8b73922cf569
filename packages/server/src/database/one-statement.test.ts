import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { PreparedQuery } from './prepared-query.ts'
import { committing } from './scope.ts'
import type { ScopedDb } from './tables.ts'
import { backends, createOrganization, newId, openTestDatabase } from './testing/index.ts'

const kinds = backends.flatMap((kind) => [
  { kind, preparedStatements: true },
  ...(kind === 'postgres' ? [{ kind, preparedStatements: false }] : []),
])

describe.each(kinds)('a transaction of one statement ($kind, prepared: $preparedStatements)', (place) => {
  let database: Database
  let ours: string
  let theirs: string

  beforeAll(async () => {
    // One session: what a transaction left behind would show in the next.
    database = await openTestDatabase(place.kind, { poolSize: 1, preparedStatements: place.preparedStatements })
    ours = await createOrganization(database)
    theirs = await createOrganization(database)
  })
  afterAll(() => database.close())

  const insert = (organizationId: string, key: string) => (db: ScopedDb) =>
    committing(() =>
      db
        .insertInto('prompts')
        .values({ organization_id: organizationId, id: newId(), key, name: key })
        .returning('key')
        .executeTakeFirstOrThrow(),
    )
  const keysOf = async (organizationId: string) => {
    const find = (db: ScopedDb) => committing(() => db.selectFrom('prompts').select('key').orderBy('key').execute())
    return (await database.withOrganization(organizationId, find)).map(({ key }) => key)
  }

  it('answers with the rows of the statement and nothing of what opened it', async () => {
    expect(await database.withOrganization(ours, insert(ours, 'a'))).toEqual({ key: 'a' })
    expect(await keysOf(ours)).toEqual(['a'])
    const changed = await database.withOrganization(ours, (db) =>
      committing(() => db.updateTable('prompts').set({ name: 'x' }).where('key', '=', 'a').executeTakeFirst()),
    )
    expect(changed.numUpdatedRows).toBe(1n)
  })

  it('is bound to its organization, as often as the session changes between several', async () => {
    for (let round = 0; round < 6; round++) {
      await database.withOrganization(theirs, insert(theirs, `theirs-${round}`))
      expect(await keysOf(ours)).toEqual(['a'])
    }
    const stolen = database.withOrganization(ours, insert(theirs, 'stolen'))
    await expect(stolen).rejects.toMatchObject({ code: '42501' })
  })

  it('leaves neither a role nor an organization behind', async () => {
    await keysOf(ours)
    const settings = () =>
      sql`select current_setting('app.organization_id', true) as organization, current_user as role`
    const [left] = await database.withOwner(async (db) => (await settings().execute(db)).rows)
    expect(left).toMatchObject({ organization: '' })
    expect(left).not.toMatchObject({ role: expect.stringMatching(/^fairlead_(app|system)$/) })
  })

  it('is taken back when it fails, whenever that is, and leaves the session usable', async () => {
    for (let round = 0; round < 6; round++) {
      await expect(database.withOrganization(ours, insert(ours, 'a'))).rejects.toMatchObject({ code: '23505' })
      expect(await keysOf(ours)).toEqual(['a'])
    }
  })

  it('runs also without parameters', async () => {
    const { rows } = await database.withSystem((db) => committing(() => sql`select 1 as one`.execute(db)))
    expect(rows).toEqual([{ one: 1 }])
  })

  it('may be a query that was compiled before, with other values each time', async () => {
    const pair = new PreparedQuery<{ first: string; second: number }, 'first' | 'second'>((db, slot) =>
      sql<{ first: string; second: number }>`
        select ${slot('first')}::text as first, ${slot('second')}::int + ${1}::int as second
      `.compile(db),
    )
    for (let second = 0; second < 6; second++) {
      const rows = await database.withSystem((db) => committing(() => pair.run(db, { first: `v${second}`, second })))
      expect(rows).toEqual([{ first: `v${second}`, second: second + 1 }])
    }
  })
})
