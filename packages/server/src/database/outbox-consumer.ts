import type { Database } from './database.ts'
import type { OutboxRow } from './outbox.ts'
import { advanceOutbox, readOutbox } from './outbox.ts'

const batchSize = 200

/**
 * Hands everything new in the outbox to a consumer, in its order, until there is nothing or the signal aborts. What fails
 * is handed over again the next time, with all that came in the same piece: a consumer must bear a repetition. Runs
 * outside of any scope; the consumer opens those of the rows' organizations.
 */
export async function consumeOutbox(
  database: Database,
  consumer: string,
  handle: (rows: readonly OutboxRow[]) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  while (!signal?.aborted) {
    const rows = await database.withSystem((db) => readOutbox(db, consumer, batchSize))
    const last = rows.at(-1)
    if (!last) return
    await handle(rows)
    await database.withSystem((db) => advanceOutbox(db, consumer, last))
    if (rows.length < batchSize) return
  }
}
