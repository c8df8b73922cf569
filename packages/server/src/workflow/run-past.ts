import type { EmittedEvent, JournalEntry } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'

/** What a run has been through before a claim. */
interface Past {
  journal: JournalEntry[]
  emitted: EmittedEvent[]
  hasSnapshot: boolean
}

export const freshPast: Past = { journal: [], emitted: [], hasSnapshot: false }

export async function loadPast(db: ScopedDb, runId: string): Promise<Past> {
  const journal = await db.selectFrom('run_journal').selectAll().where('run_id', '=', runId).execute()
  const events = await db
    .selectFrom('run_events')
    .select(['type', 'address', numberIn('attempt').as('attempt'), numberIn('pass').as('pass')])
    .where('run_id', '=', runId)
    .execute()
  const snapshot = await db.selectFrom('run_snapshots').select('run_id').where('run_id', '=', runId).limit(1).execute()
  return {
    journal: journal.map((row) => ({
      address: row.address,
      nodeId: row.node_id,
      status: row.status,
      ...(row.status === 'completed' ? { output: row.output } : { error: row.error as JournalEntry['error'] }),
      attempts: row.attempts,
      startedAt: row.started_at.toISOString(),
      finishedAt: row.finished_at.toISOString(),
    })) as JournalEntry[],
    emitted: events as EmittedEvent[],
    hasSnapshot: snapshot.length > 0,
  }
}

/** A number of an event's payload, which as a whole may be large. */
function numberIn(key: 'attempt' | 'pass') {
  return sql<number | null>`(payload ->> ${sql.lit(key)})::int`
}
