import type { RunLease, RunOutcome, TimedEvent } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'
import { enqueueOutbox } from './outbox.ts'
import { holds, leaseLost, type PricedBatch, recordBatch } from './record.ts'
import { deleteSnapshots } from './snapshot-store.ts'

/**
 * Ends a claim in the caller's transaction and answers the run's next status. A run that was to wait becomes due again
 * when one of its questions was answered while it was still at work: the answer is in the journal by then.
 */
export async function finishRun(
  db: ScopedDb,
  lease: RunLease,
  outcome: RunOutcome,
  batch: PricedBatch,
): Promise<'completed' | 'failed' | 'cancelled' | 'waiting' | 'queued'> {
  // First the batch, whose update checks the lease and locks the run's row against answers until the end.
  const questions = outcome.status === 'waiting' ? outcome.interrupts : []
  await recordBatch(db, lease, { ...batch, questions: [...batch.questions, ...questions] })
  switch (outcome.status) {
    case 'completed':
      await end(db, lease, { status: 'completed', output: JSON.stringify(outcome.output) })
      return 'completed'
    case 'failed':
      await end(db, lease, { status: 'failed', error: JSON.stringify(outcome.error) })
      return 'failed'
    case 'cancelled':
      await end(db, lease, { status: 'cancelled' })
      return 'cancelled'
    case 'released':
      return letGo(db, lease, 'queued')
    case 'waiting': {
      const addresses = outcome.interrupts.map(({ address }) => address)
      if (await anyAnswered(db, lease.runId, addresses)) return letGo(db, lease, 'queued')
      const event: TimedEvent = { type: 'run.waiting', addresses, at: new Date().toISOString() }
      await recordBatch(db, lease, { entries: [], questions: [], events: [event], executions: [] })
      return letGo(db, lease, 'waiting')
    }
  }
}

async function end(
  db: ScopedDb,
  lease: RunLease,
  ending: { status: 'completed' | 'failed' | 'cancelled'; output?: string; error?: string },
): Promise<void> {
  const run = await db
    .updateTable('workflow_runs')
    .set({ ...ending, lease_owner: null, lease_expires_at: null, finished_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where(holds(lease))
    .returning(['workflow_id', 'workflow_version'])
    .executeTakeFirst()
  if (!run) throw leaseLost(lease)
  if (lease.attempt > 1) await forgetQuestions(db, lease.runId)
  await enqueueOutbox(db, lease.organizationId, {
    topic: 'run.finished',
    key: lease.runId,
    payload: { runId: lease.runId, workflowId: run.workflow_id, workflowVersion: run.workflow_version, status: ending.status },
  })
}

/** A run that has ended asks nothing and is never resumed. */
async function forgetQuestions(db: ScopedDb, runId: string): Promise<void> {
  await db
    .updateTable('run_interrupts')
    .set({ status: 'cancelled' })
    .where('run_id', '=', runId)
    .where('status', '=', 'pending')
    .execute()
  await deleteSnapshots(db, runId)
}

async function letGo<Status extends 'queued' | 'waiting'>(db: ScopedDb, lease: RunLease, status: Status): Promise<Status> {
  const { numUpdatedRows } = await db
    .updateTable('workflow_runs')
    .set({ status, lease_owner: null, lease_expires_at: null, available_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where(holds(lease))
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw leaseLost(lease)
  return status
}

async function anyAnswered(db: ScopedDb, runId: string, addresses: readonly string[]): Promise<boolean> {
  if (addresses.length === 0) return true
  const answered = await db
    .selectFrom('run_interrupts')
    .select('address')
    .where('run_id', '=', runId)
    .where('address', 'in', addresses)
    .where('status', '<>', 'pending')
    .limit(1)
    .executeTakeFirst()
  return answered !== undefined
}
