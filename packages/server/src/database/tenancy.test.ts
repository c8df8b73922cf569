import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { access, policies } from './policies.ts'
import { roleOf } from './roles.ts'
import type { ScopedDb, Tables } from './tables.ts'
import { backends, openTestDatabase } from './testing/index.ts'
import { createOneRowEach } from './testing/one-row-each.ts'

const tables = Object.keys(access) as (keyof Tables)[]
const globalTables = ['organizations', 'users', 'outbox_cursors', 'server_secrets']
const tenantTables = tables.filter((table) => !globalTables.includes(table))
const commands = ['select', 'insert', 'update', 'delete'] as const

/** How Postgres writes down the conditions of policies.ts. */
const organization = `(NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid`
const written: Record<string, string> = {
  "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid": `(organization_id = ${organization})`,
  "id = nullif(current_setting('app.organization_id', true), '')::uuid": `(id = ${organization})`,
  "exists (select from memberships where user_id = users.id and organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)": `(EXISTS ( SELECT FROM memberships WHERE ((memberships.user_id = users.id) AND (memberships.organization_id = ${organization}))))`,
  true: 'true',
}

describe.each(backends)('tenancy on %s', (kind) => {
  let database: Database
  let ours: string
  let theirs: string

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    ours = await createOneRowEach(database)
    theirs = await createOneRowEach(database)
  })
  afterAll(async () => {
    await database.close()
  })

  const query = async (text: string) => {
    const result = await database.withOwner((db) => sql.raw<Record<string, unknown>>(text).execute(db))
    return result.rows
  }
  const asUs = <T>(work: (db: ScopedDb) => Promise<T>) => database.withOrganization(ours, work)
  const affected = (text: string) => asUs(async (db) => Number((await sql.raw(text).execute(db)).numAffectedRows))
  /** The error's SQLSTATE, or the number of rows that the statement touched. */
  const outcome = (text: string) => affected(text).catch((error: { code: unknown }) => error.code)

  it('has exactly the policies that policies.ts declares', async () => {
    const rows = await query(`
      select policyname, tablename, permissive, roles::text, lower(cmd) as cmd, qual, with_check
      from pg_policies where schemaname = 'public'`)
    const expected = policies.map(({ name, table, role, command, condition }) => ({
      policyname: name,
      tablename: table,
      permissive: 'PERMISSIVE',
      roles: `{${role}}`,
      cmd: command,
      qual: command === 'insert' ? null : written[condition],
      with_check: command === 'insert' || command === 'update' ? written[condition] : null,
    }))
    const byName = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      `${a.policyname}` < `${b.policyname}` ? -1 : 1
    const oneLine = (text: unknown) => (typeof text === 'string' ? text.replace(/\s+/g, ' ') : text)
    const actual = rows.map((row) => ({ ...row, qual: oneLine(row.qual), with_check: oneLine(row.with_check) }))
    expect(actual.toSorted(byName)).toEqual(expected.toSorted(byName))
  })

  it('has exactly the grants that policies.ts declares, to the column', async () => {
    const rows = await query(`
      select c.relname as table, r.rolname as role, p.command, a.attname as column
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      cross join (values ('${roleOf.app}'), ('${roleOf.system}')) as r (rolname)
      cross join (values ('select'), ('insert'), ('update'), ('delete')) as p (command)
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and case when p.command = 'delete' then has_table_privilege(r.rolname, c.oid, p.command)
          else has_column_privilege(r.rolname, c.oid, a.attnum, p.command) end
      order by 1, 2, 3, 4`)
    const actual = new Map<string, unknown[]>()
    for (const { table, role, command, column } of rows) {
      const key = `${role} ${command} ${table}`
      actual.set(key, [...(actual.get(key) ?? []), column])
    }
    const expected = new Map<string, unknown[]>([[`${roleOf.system} select kysely_migration`, ['name', 'timestamp']]])
    for (const table of tables) {
      const columns = await query(`
        select attname from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped`)
      for (const role of ['app', 'system'] as const) {
        for (const command of commands) {
          const allowed = access[table][role][command]
          if (!allowed) continue
          const names = allowed === 'row' ? columns.map(({ attname }) => attname) : [...allowed]
          expected.set(`${roleOf[role]} ${command} ${table}`, names.toSorted())
        }
      }
    }
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected))
  })

  it('gives the roles neither login, nor a way past policies, nor each other', async () => {
    expect(
      await query(`
        select rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole,
          pg_has_role('${roleOf.app}', '${roleOf.system}', 'MEMBER') as app_is_system
        from pg_roles where rolname like 'fairlead\\_app' or rolname like 'fairlead\\_system' order by 1`),
    ).toEqual(
      [roleOf.app, roleOf.system].map((rolname) => ({
        rolname,
        ...{ rolsuper: false, rolbypassrls: false, rolcanlogin: false, rolcreaterole: false, app_is_system: false },
      })),
    )
  })

  it('forces row-level security on every table, partitions too', async () => {
    const open = await query(`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and relname not in ('kysely_migration', 'kysely_migration_lock', 'applied_policies')
        and not (relrowsecurity and relforcerowsecurity)`)
    expect(open).toEqual([])
  })

  it('declares access for every table there is', async () => {
    const rows = await query(`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname not in ('kysely_migration', 'kysely_migration_lock', 'applied_policies')`)
    expect(rows.map(({ relname }) => relname).toSorted()).toEqual(tables.toSorted())
  })

  it('begins every primary key and unique index of a tenant table with the organization', async () => {
    const rows = await query(`
      select i.indexrelid::regclass::text as index, a.attname as first
      from pg_index i
      join pg_attribute org on org.attrelid = i.indrelid and org.attname = 'organization_id'
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
      where i.indisunique`)
    expect(rows.length).toBeGreaterThan(tenantTables.length)
    // A key is looked up by its id before its organization is known.
    expect(rows.filter(({ first }) => first !== 'organization_id')).toEqual([{ index: 'api_keys_id', first: 'id' }])
    const without = await query(`
      select c.relname from pg_class c
      join pg_attribute org on org.attrelid = c.oid and org.attname = 'organization_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and not exists (select from pg_index where indrelid = c.oid and indisprimary)`)
    expect(without).toEqual([])
  })

  it('lets no foreign key reach from one organization into another', async () => {
    const rows = await query(`
      select k.conname, k.confrelid::regclass::text as target, a.attname as from, t.attname as to
      from pg_constraint k
      join pg_attribute org on org.attrelid = k.conrelid and org.attname = 'organization_id'
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
      join pg_attribute t on t.attrelid = k.confrelid and t.attnum = k.confkey[1]
      where k.contype = 'f' and k.connamespace = 'public'::regnamespace`)
    expect(rows.length).toBeGreaterThan(20)
    // People belong to no organization.
    const crossing = rows.filter(
      ({ target, from, to }) =>
        target !== 'users' &&
        (from !== 'organization_id' || to !== (target === 'organizations' ? 'id' : 'organization_id')),
    )
    expect(crossing).toEqual([])
  })

  describe.each(tenantTables)('%s', (table) => {
    const { app } = access[table]

    it('shows our rows and hides theirs', async () => {
      if (!app.select) return expect(await outcome(`select from ${table}`)).toBe('42501')
      const rows = await asUs((db) =>
        sql<{ organization_id: string }>`select organization_id from ${sql.table(table)}`.execute(db),
      )
      expect(rows.rows).toEqual([{ organization_id: ours }])
    })

    it('refuses a row for them', async () => {
      // Their own row again, as ours would send it: the policy speaks before any constraint.
      const copy = `insert into ${table} (organization_id) values ('${theirs}')`
      expect(await outcome(copy)).toBe('42501')
    })

    it('changes none of theirs, and gives none of ours to them', async () => {
      const moveTheirs = `update ${table} set organization_id = '${ours}' where organization_id = '${theirs}'`
      const moveOurs = `update ${table} set organization_id = '${theirs}'`
      expect(await outcome(moveTheirs)).toBe(app.update ? 0 : '42501')
      expect(await outcome(moveOurs)).toBe('42501')
    })

    it('deletes none of theirs', async () => {
      const remove = `delete from ${table} where organization_id = '${theirs}'`
      expect(await outcome(remove)).toBe(app.delete ? 0 : '42501')
    })
  })

  it('shows nothing at all without an organization', async () => {
    for (const table of tables) {
      if (!access[table].app.select) continue
      const count = await asUs(async (db) => {
        await sql`select set_config('app.organization_id', '', true)`.execute(db)
        const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db)
        return rows[0]!.n
      })
      expect({ table, count }).toEqual({ table, count: 0 })
    }
  })

  if (kind === 'postgres') {
    // PGlite's owner is a superuser, whom no policy binds. Before Postgres 16 an owner inherits the system's policies.
    it('binds the owner of the tables to policies too', async () => {
      const closed = tenantTables.filter((table) => !access[table].system.select)
      expect(closed.length).toBeGreaterThan(10)
      for (const table of closed) {
        expect({ table, rows: await query(`select organization_id from ${table}`) }).toEqual({ table, rows: [] })
      }
    })
  }

  it('shows an organization its members and nobody else', async () => {
    const people = await asUs((db) => db.selectFrom('users').select('id').execute())
    const members = await asUs((db) => db.selectFrom('memberships').select('user_id').execute())
    expect(people.map(({ id }) => id)).toEqual(members.map(({ user_id }) => user_id))
  })

  it('shows and changes no other organization', async () => {
    expect(await asUs((db) => db.selectFrom('organizations').select('id').execute())).toEqual([{ id: ours }])
    expect(await outcome(`update organizations set name = 'x' where id = '${theirs}'`)).toBe(0)
    expect(await outcome(`update organizations set name = 'x'`)).toBe(1)
  })

  it('lets the system see every organization, in its tables only', async () => {
    const runs = await database.withSystem((db) => db.selectFrom('workflow_runs').select('organization_id').execute())
    expect(runs.map(({ organization_id }) => organization_id).toSorted()).toEqual([ours, theirs].toSorted())
    await expect(database.withSystem((db) => db.selectFrom('prompts').selectAll().execute())).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('hides the job queue from organizations', async () => {
    await expect(asUs((db) => sql`create table pgboss.mine (id int)`.execute(db))).rejects.toMatchObject({
      code: '42501',
    })
  })
})
