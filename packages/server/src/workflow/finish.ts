import type { RunLease, RunOutcome, TimedEvent } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'
import { committing } from '../database/index.ts'
import type { PricedBatch } from './record.ts'
import { holds, leaseLost, recordBatch } from './record.ts'

type Ending = 'completed' | 'failed' | 'cancelled'

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
  const questions = outcome.status === 'waiting' ? outcome.interrupts : []
  const events = outcome.status === 'cancelled' ? await signed(db, lease, batch.events) : batch.events
  // First the batch, whose update checks the lease and locks the run's row against answers until the end.
  await recordBatch(db, lease, { ...batch, events, questions: [...batch.questions, ...questions] })
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

/** Ends the run, in one last statement with all that follows from it: it asks nothing more, is never resumed, and is told of. */
async function end(
  db: ScopedDb,
  lease: RunLease,
  { status, output = null, error = null }: { status: Ending; output?: string | null; error?: string | null },
): Promise<void> {
  const ended = sql`
    with run as (
      update workflow_runs set status = ${status}, output = ${output}::json, error = ${error}::json, lease_owner = null,
        lease_expires_at = null, finished_at = now(), updated_at = now()
      where ${holds(lease)}
      returning organization_id, id, workflow_id, workflow_version
    ), questions as (
      update run_interrupts question set status = 'cancelled' from run
      where question.organization_id = run.organization_id and question.run_id = run.id and question.status = 'pending'
    ), snapshots as (
      delete from run_snapshots snapshot using run
      where snapshot.organization_id = run.organization_id and snapshot.run_id = run.id
    ), writes as (
      delete from run_snapshot_writes pending using run
      where pending.organization_id = run.organization_id and pending.run_id = run.id
    ), told as (
      insert into outbox (organization_id, topic, key, payload)
      select organization_id, 'run.finished', id::text, json_build_object('runId', id, 'workflowId', workflow_id,
        'workflowVersion', workflow_version, 'status', ${status}::text)
      from run
    )
    select id from run
  `
  const { rows } = await committing(() => ended.execute(db))
  if (rows.length === 0) throw leaseLost(lease)
}

async function letGo<Status extends 'queued' | 'waiting'>(
  db: ScopedDb,
  lease: RunLease,
  status: Status,
): Promise<Status> {
  const { numUpdatedRows } = await db
    .updateTable('workflow_runs')
    .set({
      status,
      lease_owner: null,
      lease_expires_at: null,
      available_at: sql<Date>`now()`,
      updated_at: sql<Date>`now()`,
    })
    .where(holds(lease))
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw leaseLost(lease)
  return status
}

/** Only here is it known who asked for the cancellation. */
async function signed(db: ScopedDb, { runId }: RunLease, events: TimedEvent[]): Promise<TimedEvent[]> {
  const run = await db
    .selectFrom('workflow_runs')
    .select('cancel_requested_by')
    .where('id', '=', runId)
    .executeTakeFirst()
  const by = run?.cancel_requested_by
  return by == null ? events : events.map((event) => (event.type === 'run.cancelled' ? { ...event, by } : event))
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
