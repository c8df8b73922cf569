import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, DatabaseOptions } from './database.ts'
import { isOutcomeUnknown } from './failure.ts'
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

  it('sees what its role and organization may see, although one plan serves all of them', async () => {
    const find = (db: ScopedDb) =>
      committing(() => db.selectFrom('organizations').select('id').where('id', 'in', [ours, theirs]).execute())
    for (let round = 0; round < 8; round++) {
      expect(await database.withOrganization(ours, find)).toEqual([{ id: ours }])
      expect(await database.withSystem(find)).toHaveLength(2)
      expect(await database.withOrganization(theirs, find)).toEqual([{ id: theirs }])
    }
  })

  it('leaves neither a role nor an organization behind', async () => {
    await keysOf(ours)
    const settings = () =>
      sql`select current_setting('app.organization_id', true) as organization, current_user as role,
        current_setting('statement_timeout') as timeout`
    const [left] = await database.withOwner(async (db) => (await settings().execute(db)).rows)
    expect(left).toMatchObject({ organization: '', timeout: '0' })
    expect(left).not.toMatchObject({ role: expect.stringMatching(/^fairlead_(app|system)$/) })
  })

  it('is taken back when it fails, whenever that is, and leaves the session usable', async () => {
    for (let round = 0; round < 6; round++) {
      await expect(database.withOrganization(ours, insert(ours, 'a'))).rejects.toMatchObject({ code: '23505' })
      expect(await keysOf(ours)).toEqual(['a'])
    }
  })

  it('is taken back when only its commit fails', async () => {
    await database.withOwner((db) =>
      sql`alter table prompts add constraint deferred unique (name) deferrable initially deferred`.execute(db),
    )
    for (let round = 0; round < 4; round++) {
      const twice = database.withOrganization(ours, (db) =>
        committing(() =>
          sql`insert into prompts (organization_id, id, key, name)
            select ${ours}::uuid, gen_random_uuid(), ${newId()} || n, 'same' from generate_series(1, 2) n`.execute(db),
        ),
      )
      await expect(twice).rejects.toMatchObject({ code: '23505', constraint: 'deferred' })
      expect(await keysOf(ours)).toEqual(['a'])
    }
    await database.withOwner((db) => sql`alter table prompts drop constraint deferred`.execute(db))
  })

  it('lets nothing follow it in its scope', async () => {
    const both = database.withOrganization(theirs, async (db) => {
      await insert(theirs, 'first')(db)
      await insert(theirs, 'second')(db)
    })
    await expect(both).rejects.toMatchObject({ code: 'database.no_scope' })
    const keys = await keysOf(theirs)
    expect(keys).toContain('first')
    expect(keys).not.toContain('second')
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

describe.runIf(backends.includes('postgres'))('a transaction of one statement on a server', () => {
  const prepared = [true, false]
  const withDatabase = async (options: DatabaseOptions, work: (database: Database) => Promise<void>) => {
    const database = await openTestDatabase('postgres', { poolSize: 1, ...options })
    try {
      await work(database)
    } finally {
      await database.close()
    }
  }
  const who = (db: ScopedDb) =>
    committing(async () => {
      const { rows } = await sql<{ role: string }>`select current_user as role`.execute(db)
      return rows[0]!.role
    })

  it.each(prepared)('may take as long as any other statement (prepared: %s)', async (preparedStatements) => {
    await withDatabase({ statementTimeoutMs: 100, preparedStatements }, async (database) => {
      const sleep = (seconds: number) =>
        database.withSystem((db) => committing(() => sql`select pg_sleep(${seconds})`.execute(db)))
      for (let round = 0; round < 5; round++) {
        await expect(sleep(60)).rejects.toMatchObject({ code: 'database.timeout' })
        await sleep(0)
      }
      expect(await database.withSystem(who)).toBe('fairlead_system')
    })
  })

  it.each(prepared)('is not run at all when what opens it fails (prepared: %s)', async (preparedStatements) => {
    // No such time, so that the role is taken on and the time limit is then refused.
    await withDatabase({ statementTimeoutMs: -2, preparedStatements }, async (database) => {
      for (let round = 0; round < 5; round++) {
        const create = database.withSystem((db) =>
          committing(() => sql`create table opened_${sql.raw(`${round}`)} ()`.execute(db)),
        )
        await expect(create).rejects.toMatchObject({ code: '22023' })
        const tables = await database.withOwner((db) =>
          sql`select current_user as role from pg_tables where tablename like 'opened%'`.execute(db),
        )
        expect(tables.rows).toEqual([])
      }
    })
  })

  it('is not run without its role by a session that has lost what it had prepared', async () => {
    await withDatabase({}, async (database) => {
      for (let round = 0; round < 4; round++) await database.withSystem(who)
      // What a pooler does between two of its clients.
      await database.withOwner((db) => sql`deallocate all`.execute(db))
      await expect(database.withSystem(who)).rejects.toMatchObject({ code: '26000' })
      // The session is not used again.
      for (let round = 0; round < 4; round++) expect(await database.withSystem(who)).toBe('fairlead_system')
    })
  })

  it.each(prepared)(
    'leaves it open whether it was committed when its session dies (prepared: %s)',
    async (preparedStatements) => {
      await withDatabase({ preparedStatements }, async (database) => {
        const die = (db: ScopedDb) =>
          committing(() => sql`select pg_terminate_backend(pg_backend_pid()), ${1}::int`.execute(db))
        for (let round = 0; round < 5; round++) {
          const error = await database.withOwner(die).catch((thrown) => thrown)
          expect(error).toMatchObject({ code: 'database.unavailable' })
          expect(isOutcomeUnknown(error)).toBe(true)
          expect(await database.withSystem(who)).toBe('fairlead_system')
        }
      })
    },
  )
})
