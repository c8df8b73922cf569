import type { RunStatus } from '@fairlead/core/workflow'
import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'
import type { TimePage } from './workflow-store.ts'

export type RunRow = Selectable<Tables['workflow_runs']>
export type InterruptRow = Selectable<Tables['run_interrupts']>

export async function insertRun(db: ScopedDb, row: Insertable<Tables['workflow_runs']>): Promise<RunRow> {
  return db.insertInto('workflow_runs').values(row).returningAll().executeTakeFirstOrThrow()
}

export async function findRun(db: ScopedDb, id: string): Promise<RunRow | undefined> {
  return db.selectFrom('workflow_runs').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The run, locked until the transaction ends: answers and cancellations of one run follow each other. */
export async function lockRun(db: ScopedDb, id: string): Promise<RunRow | undefined> {
  return db.selectFrom('workflow_runs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

/** Newest first; one row more than the page holds. */
export async function listRuns(
  db: ScopedDb,
  { workflowId, status }: { workflowId?: string | undefined; status?: RunStatus | undefined },
  { limit, after }: TimePage,
): Promise<RunRow[]> {
  let query = db.selectFrom('workflow_runs').selectAll()
  if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId)
  if (status !== undefined) query = query.where('status', '=', status)
  if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`)
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit + 1).execute()
}

export async function listInterrupts(db: ScopedDb, runId: string): Promise<InterruptRow[]> {
  return db.selectFrom('run_interrupts').selectAll().where('run_id', '=', runId).orderBy('created_at').orderBy('address').execute()
}

export async function findInterrupt(db: ScopedDb, runId: string, address: string): Promise<InterruptRow | undefined> {
  return db
    .selectFrom('run_interrupts')
    .selectAll()
    .where('run_id', '=', runId)
    .where('address', '=', address)
    .executeTakeFirst()
}

/** Closes a pending question; false when it is not pending any more. */
export async function closeInterrupt(
  db: ScopedDb,
  runId: string,
  address: string,
  closing: { status: 'answered' | 'expired'; answer: string; answered_by: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('run_interrupts')
    .set({ ...closing, answered_at: sql<Date>`now()` })
    .where('run_id', '=', runId)
    .where('address', '=', address)
    .where('status', '=', 'pending')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Stored events after a number, in order. */
export async function listEvents(db: ScopedDb, runId: string, after: number, limit: number) {
  return db
    .selectFrom('run_events')
    .select(['seq', 'type', 'address', 'payload', 'at'])
    .where('run_id', '=', runId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
}

/** Appends events to a locked run that no worker holds, or besides the worker that does: numbers come from the run's row. */
export async function appendEvents(
  db: ScopedDb,
  { organizationId, runId }: { organizationId: string; runId: string },
  events: readonly { type: string; address: string | null; payload: string; at: string }[],
): Promise<void> {
  const { event_seq } = await db
    .updateTable('workflow_runs')
    .set((row) => ({ event_seq: row('event_seq', '+', events.length) }))
    .where('id', '=', runId)
    .returning('event_seq')
    .executeTakeFirstOrThrow()
  const base = event_seq - events.length
  await db
    .insertInto('run_events')
    .values(events.map((event, index) => ({ ...event, organization_id: organizationId, run_id: runId, seq: base + index + 1 })))
    .execute()
}
