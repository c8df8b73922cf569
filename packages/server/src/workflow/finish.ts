import type { PendingInterrupt, RunLease, RunOutcome, TimedEvent } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'
import type { PricedBatch } from './record.ts'
import { holds, leaseLost, recordBatch, recordLastBatch } from './record.ts'

/**
 * Ends a claim in the caller's transaction and answers the run's next status. A run that was to wait becomes due again
 * when one of its questions was answered while it was still at work, since the answer is in the journal by then, or when
 * it was asked to be cancelled: whoever claims it next ends it.
 */
export async function finishRun(
  db: ScopedDb,
  lease: RunLease,
  outcome: RunOutcome,
  batch: PricedBatch,
): Promise<'completed' | 'failed' | 'cancelled' | 'waiting' | 'queued'> {
  switch (outcome.status) {
    case 'completed':
      await recordLastBatch(db, lease, batch, { status: 'completed', output: JSON.stringify(outcome.output) })
      return 'completed'
    case 'failed':
      await recordLastBatch(db, lease, batch, { status: 'failed', error: JSON.stringify(outcome.error) })
      return 'failed'
    case 'cancelled': {
      const events = await signed(db, lease, batch.events)
      await recordLastBatch(db, lease, { ...batch, events }, { status: 'cancelled' })
      return 'cancelled'
    }
    case 'released':
      await recordBatch(db, lease, batch)
      return letGo(db, lease, 'queued')
    case 'waiting':
      return wait(db, lease, outcome.interrupts, batch)
  }
}

async function wait(
  db: ScopedDb,
  lease: RunLease,
  interrupts: readonly PendingInterrupt[],
  batch: PricedBatch,
): Promise<'waiting' | 'queued'> {
  // First the batch, whose update checks the lease and locks the run's row against answers until the end.
  await recordBatch(db, lease, { ...batch, questions: [...batch.questions, ...interrupts] })
  const addresses = interrupts.map(({ address }) => address)
  const isDue = (await isToBeCancelled(db, lease.runId)) || (await anyAnswered(db, lease.runId, addresses))
  if (isDue) return letGo(db, lease, 'queued')
  const event: TimedEvent = { type: 'run.waiting', addresses, at: new Date().toISOString() }
  await recordBatch(db, lease, { entries: [], questions: [], events: [event], executions: [] })
  return letGo(db, lease, 'waiting')
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

async function isToBeCancelled(db: ScopedDb, runId: string): Promise<boolean> {
  const run = await db
    .selectFrom('workflow_runs')
    .select('cancel_requested_at')
    .where('id', '=', runId)
    .executeTakeFirst()
  return run?.cancel_requested_at != null
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
