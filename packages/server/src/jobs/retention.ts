import { sql } from 'kysely'
import type { Database } from '../database/index.ts'

/** At the seventeenth minute of every hour, when fewer other programs do their cleaning. */
export const retentionSchedule = '17 * * * *'

const outboxDays = 7
/** Small enough to be over soon and to hold no lock for long. */
const batchSize = 5_000

/** Deletes what has served its time: expired idempotency keys, and outbox rows that every consumer has passed. */
export async function runRetention(database: Database, signal?: AbortSignal): Promise<void> {
  await untilFewerThanBatch(() => deleteExpiredKeys(database), signal)
  await untilFewerThanBatch(() => deleteDeliveredRows(database), signal)
}

async function untilFewerThanBatch(deleteBatch: () => Promise<bigint>, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted && (await deleteBatch()) >= batchSize);
}

async function deleteExpiredKeys(database: Database): Promise<bigint> {
  return database.withSystem(async (db) => {
    const keys = ['organization_id', 'principal', 'key'] as const
    const expired = db.selectFrom('idempotency_keys').select(keys).where('expires_at', '<', sql<Date>`now()`)
    const result = await db
      .deleteFrom('idempotency_keys')
      .using(expired.limit(batchSize).as('expired'))
      .whereRef('idempotency_keys.organization_id', '=', 'expired.organization_id')
      .whereRef('idempotency_keys.principal', '=', 'expired.principal')
      .whereRef('idempotency_keys.key', '=', 'expired.key')
      .executeTakeFirst()
    return result.numDeletedRows
  })
}

/** A consumer that has never read holds nothing back: it has no cursor yet, and begins with what is there then. */
async function deleteDeliveredRows(database: Database): Promise<bigint> {
  return database.withSystem(async (db) => {
    const delivered = db
      .selectFrom('outbox')
      .select(['organization_id', 'id'])
      .where('created_at', '<', sql<Date>`now() - make_interval(days => ${outboxDays})`)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('outbox_cursors')
              .select('consumer')
              .where(
                sql<boolean>`(outbox.transaction_id, outbox.id) > (outbox_cursors.transaction_id, outbox_cursors.id)`,
              ),
          ),
        ),
      )
    const result = await db
      .deleteFrom('outbox')
      .using(delivered.limit(batchSize).as('delivered'))
      .whereRef('outbox.organization_id', '=', 'delivered.organization_id')
      .whereRef('outbox.id', '=', 'delivered.id')
      .executeTakeFirst()
    return result.numDeletedRows
  })
}
