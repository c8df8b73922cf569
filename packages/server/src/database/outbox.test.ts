import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { advanceOutbox, readOutbox } from './outbox.ts'
import { backends, createOrganization, openTestDatabase } from './testing/index.ts'

const patienceMs = 100_000

describe.each(backends)('the outbox on %s', { timeout: 2 * patienceMs }, (kind) => {
  let database: Database
  let organization_id: string

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    organization_id = await createOrganization(database)
  })
  afterAll(async () => {
    await database.close()
  })

  const row = (key: string) => ({ organization_id, topic: 't', key, payload: JSON.stringify({ key }) })
  const put = (...keys: string[]) =>
    database.withOrganization(organization_id, (db) => db.insertInto('outbox').values(keys.map(row)).execute())
  /** Transactions are numbered for all databases of a server, and other tests have some that go on on theirs. */
  const isHeldBack = () =>
    database.withSystem(async (db) => {
      const running = sql<boolean>`transaction_id >= pg_snapshot_xmin(pg_current_snapshot())`
      return (await db.selectFrom('outbox').select('id').where(running).execute()).length > 0
    })
  const settle = () => expect.poll(isHeldBack, { timeout: patienceMs }).toBe(false)
  async function write(...keys: string[]) {
    await put(...keys)
    await settle()
  }
  const consume = (consumer: string, limit = 100) =>
    database.withSystem(async (db) => {
      const rows = await readOutbox(db, consumer, limit)
      if (rows.length > 0) await advanceOutbox(db, consumer, rows.at(-1)!)
      return rows.map(({ key }) => key)
    })

  it('hands every row to each consumer once, in order and in portions', async () => {
    await write('a', 'b')
    await write('c')
    expect(await consume('one', 2)).toEqual(['a', 'b'])
    expect(await consume('one', 2)).toEqual(['c'])
    expect(await consume('one')).toEqual([])
    expect(await consume('two')).toEqual(['a', 'b', 'c'])
  })

  it('hands a row over again when the consumer did not say that it was done', async () => {
    await write('again')
    const read = () => database.withSystem(async (db) => (await readOutbox(db, 'one', 10)).map(({ key }) => key))
    expect(await read()).toEqual(['again'])
    expect(await read()).toEqual(['again'])
    expect(await consume('one')).toEqual(['again'])
  })

  it('starts again, rather than stop for ever, after a restore from a cluster with other transaction numbers', async () => {
    await consume('one')
    await write('restored')
    await database.withSystem(async (db) => {
      await db.updateTable('outbox').set({ transaction_id: '9000000000000' }).where('key', '=', 'restored').execute()
      await db.updateTable('outbox_cursors').set({ transaction_id: '8000000000000' }).execute()
    })
    expect(await consume('one')).toEqual([])
    await database.migrate()
    expect(await consume('one')).toContain('restored')
  })

  if (kind === 'postgres') {
    it('holds back what came after a transaction that is still running, so nothing is skipped', async () => {
      await consume('slow')
      const [commit, begun] = [gate(), gate()]
      const slow = database.withOrganization(organization_id, async (db) => {
        await db.insertInto('outbox').values(row('slow')).execute()
        begun.open()
        await commit.opened
      })
      await begun.opened
      await put('quick')
      expect(await consume('slow')).toEqual([])
      commit.open()
      await slow
      await settle()
      expect(await consume('slow')).toEqual(['slow', 'quick'])
    })

    it('lets one of two readers for the same consumer read', async () => {
      await write('mine')
      const mayEnd = gate()
      const holds = gate()
      const first = database.withSystem(async (db) => {
        const rows = await readOutbox(db, 'two', 10)
        holds.open()
        await mayEnd.opened
        return rows.length
      })
      await holds.opened
      expect(await database.withSystem((db) => readOutbox(db, 'two', 10))).toEqual([])
      mayEnd.open()
      expect(await first).toBeGreaterThan(0)
    })
  }

  it('refuses an organization that reads it', async () => {
    const reading = database.withOrganization(organization_id, (db) => sql`select from outbox`.execute(db))
    await expect(reading).rejects.toMatchObject({ code: '42501' })
  })
})

/** A closed gate: `opened` resolves once somebody opens it. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
