import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import type { Database, DatabaseOptions } from './database.ts'
import { openDatabase } from './database.ts'
import { migrations } from './migrations/index.ts'
import { committing } from './scope.ts'
import type { ScopedDb } from './tables.ts'
import {
  asAdmin,
  backends,
  createOrganization,
  openTestDatabase,
  postgresTemplate,
  withLogin,
} from './testing/index.ts'

const all = Object.keys(migrations)

describe.each(backends)('migrating on %s', (kind) => {
  it('makes grants and policies those of the program again, whatever they were', async () => {
    const database = await openTestDatabase(kind)
    const run = (text: string) => database.withOwner((db) => sql.raw<{ policyname: string }>(text).execute(db))
    await run('drop policy prompts_app_select on prompts')
    await run('create policy leak on prompts for select to fairlead_app using (true)')
    await run('grant delete on prompt_versions to fairlead_app')
    await run(`update applied_policies set hash = 'of an older program'`)
    await database.migrate()
    const policies = await run(`select policyname from pg_policies where tablename = 'prompts' order by 1`)
    expect(policies.rows.map(({ policyname }) => policyname)).toEqual([
      'prompts_app_insert',
      'prompts_app_select',
      'prompts_app_update',
    ])
    const organization = await createOrganization(database)
    await expect(
      database.withOrganization(organization, (db) => db.deleteFrom('prompt_versions').execute()),
    ).rejects.toMatchObject({ code: '42501' })
    await database.close()
  })
})

if (backends.includes('postgres')) {
  describe('migrating a Postgres', () => {
    const cleanups: (() => Promise<unknown>)[] = []
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    })

    const admin = (text: string) => asAdmin(postgresTemplate().adminUrl, (client) => client.query(text))
    /** An empty database, owned by a login of its own that may do no more than `rights` says. */
    const createDatabase = async (rights: string): Promise<{ url: string; owner: string; name: string }> => {
      const owner = `fairlead_owner_${randomBytes(4).toString('hex')}`
      const name = `fairlead_test_${randomBytes(4).toString('hex')}`
      await admin(`create role ${owner} login password 'secret' ${rights}`)
      await admin(`create database ${name} owner ${owner}`)
      cleanups.push(async () => {
        await admin(`drop database ${name} with (force)`)
        await asAdmin(postgresTemplate().adminUrl, (client) =>
          client.query(`drop owned by ${owner}; drop role ${owner}`),
        )
      })
      return {
        url: withLogin(postgresTemplate().adminUrl, { user: owner, password: 'secret', database: name }),
        owner,
        name,
      }
    }
    const open = async (options: DatabaseOptions): Promise<Database> => {
      const database = await openDatabase(options)
      cleanups.push(() => database.close())
      return database
    }

    it('is done by one of five processes that begin at the same time', async () => {
      const { url } = await createDatabase('createrole')
      const databases = await Promise.all(Array.from({ length: 5 }, () => open({ url, poolSize: 2 })))
      const results = await Promise.all(databases.map((database) => database.migrate()))
      expect(results.map(({ applied }) => applied).toSorted((a, b) => b.length - a.length)).toEqual([
        all,
        [],
        [],
        [],
        [],
      ])
    })

    it('is done in two databases of one cluster at the same time, though they share the roles', async () => {
      const urls = await Promise.all([createDatabase('createrole'), createDatabase('createrole')])
      const databases = await Promise.all(urls.map(({ url }) => open({ url })))
      const results = await Promise.all(databases.map((database) => database.migrate()))
      expect(results).toEqual([{ applied: all }, { applied: all }])
    })

    it('says which SQL an administrator must run when the owner may not take on the roles, and works after it', async () => {
      const { url, owner } = await createDatabase('nocreaterole')
      const database = await open({ url })
      const error = await database.migrate().catch((e) => e)
      expect(error).toMatchObject({ code: 'database.roles_missing' })
      expect(error.message).toContain(`GRANT fairlead_app, fairlead_system TO "${owner}";`)
      expect(await database.ready()).toEqual({ ok: false, migration: null })
      await admin(`grant fairlead_app, fairlead_system to ${owner}`)
      expect(await database.migrate()).toEqual({ applied: all })
      expect(await database.ready()).toEqual({ ok: true, migration: all.at(-1) })
    })

    it('leaves nothing behind when a migration fails', async () => {
      const { url } = await createDatabase('createrole')
      const database = await open({ url })
      // In the way of a later migration.
      await database.withOwner((db) => db.schema.createTable('ab_tests').addColumn('x', 'integer').execute())
      await expect(database.migrate()).rejects.toMatchObject({
        code: 'database.migration_failed',
        data: { migration: '0004-experiment' },
      })
      await database.withOwner((db) => db.schema.dropTable('ab_tests').execute())
      expect(await database.migrate()).toEqual({ applied: all })
    })

    describe('with logins of their own for organizations and system', () => {
      const createLogins = async () => {
        const database = await createDatabase('createrole')
        const owner = await open({ url: database.url })
        await owner.migrate()
        const login = async (role: string) => {
          const user = `${database.owner}_${role}`
          await admin(`create role ${user} login password 'secret'`)
          cleanups.push(() => admin(`drop role ${user}`))
          return { user, url: withLogin(database.url, { user }) }
        }
        return { url: database.url, app: await login('app'), system: await login('system') }
      }

      it('sees the same through the same policies, without ever taking on a role', async () => {
        const { url, app, system } = await createLogins()
        await admin(`grant fairlead_app to ${app.user}`)
        await admin(`grant fairlead_system to ${system.user}`)
        const database = await open({ url, appUrl: app.url, systemUrl: system.url })
        await database.migrate()
        const [ours, theirs] = [await createOrganization(database), await createOrganization(database)]
        const visible = await database.withOrganization(ours, (db) =>
          db.selectFrom('organizations').select('id').execute(),
        )
        expect(visible).toEqual([{ id: ours }])
        const everyone = await database.withSystem((db) => db.selectFrom('organizations').select('id').execute())
        expect(everyone.map(({ id }) => id).toSorted()).toEqual([ours, theirs].toSorted())
        // Also in a transaction of one statement.
        const alone = (db: ScopedDb) =>
          committing(() =>
            sql`select id, current_user as login, current_setting('role') as role from organizations`.execute(db),
          )
        for (const id of [ours, theirs, ours, theirs]) {
          const { rows } = await database.withOrganization(id, alone)
          expect(rows).toEqual([{ id, login: app.user, role: 'none' }])
        }
        expect((await database.withSystem(alone)).rows).toHaveLength(2)
        // Resetting the role, as an injected statement might, leads nowhere.
        const escaped = await database.withOrganization(ours, async (db) => {
          await sql`reset role`.execute(db)
          return db.selectFrom('organizations').select('id').execute()
        })
        expect(escaped).toEqual([{ id: ours }])
        const journal = await database.withSystem((db) => db.deleteFrom('run_journal').executeTakeFirst())
        expect(journal.numDeletedRows).toBe(0n)
      })

      it('says which grant a login lacks', async () => {
        const { url, app, system } = await createLogins()
        await admin(`grant fairlead_system to ${system.user}`)
        const database = await open({ url, appUrl: app.url, systemUrl: system.url })
        const error = await database.migrate().catch((e) => e)
        expect(error).toMatchObject({ code: 'database.login_without_role', data: { login: app.user } })
        expect(error.message).toContain(`GRANT fairlead_app TO "${app.user}";`)
      })
    })
  })
}
