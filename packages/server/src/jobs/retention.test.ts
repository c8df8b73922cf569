import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/index.ts'
import { advanceOutbox, readOutbox } from '../database/index.ts'
import { backends, createOrganization, openTestDatabase } from '../database/testing/index.ts'
import { runRetention } from './retention.ts'

describe.each(backends)('retention on %s', (kind) => {
  let database: Database
  let organization_id: string

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    organization_id = await createOrganization(database)
  })
  afterAll(async () => {
    await database.close()
  })

  it('deletes the idempotency keys that have expired, and no other', async () => {
    const key = (name: string, expires_at: Date) => ({
      ...{ organization_id, principal: 'p', key: name, method: 'POST', path: '/', state: 'done' as const },
      ...{ request_hash: Buffer.from('x'), expires_at },
    })
    await database.withOrganization(organization_id, (db) =>
      db
        .insertInto('idempotency_keys')
        .values([key('old', new Date('2020-01-01')), key('new', new Date('2999-01-01'))])
        .execute(),
    )
    await runRetention(database)
    const left = await database.withOrganization(organization_id, (db) =>
      db.selectFrom('idempotency_keys').select('key').execute(),
    )
    expect(left).toEqual([{ key: 'new' }])
  })

  it('deletes old outbox rows once every consumer has passed them', async () => {
    const write = (key: string, age: string) =>
      database.withOrganization(organization_id, (db) =>
        db
          .insertInto('outbox')
          .values({ organization_id, topic: 't', key, payload: '{}', created_at: sql<Date>`now() - ${age}::interval` })
          .execute(),
      )
    const keysLeft = async () => {
      const rows = await database.withSystem((db) => db.selectFrom('outbox').select('key').orderBy('id').execute())
      return rows.map(({ key }) => key)
    }
    await write('read-old', '30 days')
    await write('read-young', '1 day')
    await database.withSystem(async (db) => {
      const rows = await readOutbox(db, 'billing', 10)
      await advanceOutbox(db, 'billing', rows.at(-1)!)
    })
    await write('unread-old', '30 days')
    await runRetention(database)
    expect(await keysLeft()).toEqual(['read-young', 'unread-old'])
    await database.withSystem(async (db) => {
      const rows = await readOutbox(db, 'billing', 10)
      await advanceOutbox(db, 'billing', rows.at(-1)!)
    })
    await runRetention(database)
    expect(await keysLeft()).toEqual(['read-young'])
  })
})
