import { sql } from 'kysely'
import type { Scope } from './scope.ts'
import type { ScopedDb } from './tables.ts'

export interface OutboxRow {
  organizationId: string
  id: number
  transactionId: string
  topic: string
  key: string
  payload: unknown
  createdAt: Date
}

/**
 * The next rows for a consumer, at most `limit`, in a system scope; nothing while another process reads for the same
 * consumer. Numbers of an identity column are given out before a transaction commits, so reading by them would skip rows
 * of a slower transaction. Rows are therefore read in the order of their transactions, and only those that no
 * transaction still running could come before. The row lock on the cursor is held until the scope ends; hand what was
 * read to `advanceOutbox` in that scope. A consumer may see a row again after a crash or a restore.
 */
export async function readOutbox(db: ScopedDb, consumer: string, limit: number): Promise<OutboxRow[]> {
  await db
    .insertInto('outbox_cursors')
    .values({ consumer })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const cursor = await db
    .selectFrom('outbox_cursors')
    .select(['transaction_id', 'id'])
    .where('consumer', '=', consumer)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!cursor) return []
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('transaction_id', '<', sql<string>`pg_snapshot_xmin(pg_current_snapshot())`)
    .where(sql<boolean>`(transaction_id, id) > (${cursor.transaction_id}::xid8, ${cursor.id}::bigint)`)
    .orderBy('transaction_id')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    organizationId: row.organization_id,
    id: row.id,
    transactionId: row.transaction_id,
    topic: row.topic,
    key: row.key,
    payload: row.payload,
    createdAt: row.created_at,
  }))
}

/** Remembers that the consumer is done with everything up to this row. */
export async function advanceOutbox(db: ScopedDb, consumer: string, last: OutboxRow): Promise<void> {
  await db
    .updateTable('outbox_cursors')
    .set({ transaction_id: last.transactionId, id: last.id, updated_at: sql<Date>`now()` })
    .where('consumer', '=', consumer)
    .execute()
}

/**
 * A dump that was restored into a new cluster brings transaction numbers of the old one. Those in the future would hold
 * rows back for ever, so such rows count as written now, and cursors begin again.
 */
export async function repairOutbox({ db }: Pick<Scope, 'db'>): Promise<void> {
  const future = sql<boolean>`transaction_id > pg_current_xact_id()`
  const moved = await db
    .updateTable('outbox')
    .set({ transaction_id: sql<string>`pg_current_xact_id()` })
    .where(future)
    .executeTakeFirst()
  const reset = db.updateTable('outbox_cursors').set({ transaction_id: '0', id: 0 })
  await (moved.numUpdatedRows > 0n ? reset : reset.where(future)).execute()
}
