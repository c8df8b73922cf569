import type { PromptPin } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'

/** A run as its claim found it, across organizations. */
export interface ClaimedRow {
  organization_id: string
  id: string
  workflow_id: string
  workflow_version: number
  attempt: number
  input: Record<string, unknown>
  pins: Record<string, PromptPin>
  unit: string | null
  attributes: Record<string, unknown> | null
  cancel_requested: boolean
  takeovers: number
}

/**
 * Takes due runs in a system scope: queued ones, and running ones whose lease has run out. Organizations take turns, so
 * that one with ten thousand runs does not hold up another with one. Two claims at once never take the same run: each
 * skips the rows that the other has locked. Times are the database's.
 */
export async function claimDueRuns(
  db: ScopedDb,
  { workerId, limit, leaseMs }: { workerId: string; limit: number; leaseMs: number },
): Promise<ClaimedRow[]> {
  const { rows } = await sql<ClaimedRow>`
    with due as (
      select organization_id, id, available_at,
        row_number() over (partition by organization_id order by available_at, id) as turn
      from workflow_runs
      where status in ('queued', 'running') and available_at <= now()
    ), next as (
      select run.organization_id, run.id
      from workflow_runs run join due on due.organization_id = run.organization_id and due.id = run.id
      where run.status in ('queued', 'running') and run.available_at <= now()
      order by due.turn, due.available_at
      limit ${limit}
      for update of run skip locked
    )
    update workflow_runs run set
      status = 'running',
      attempt = run.attempt + 1,
      -- A run that is still "running" when it is due has lost its worker.
      takeovers = case when run.status = 'running' then run.takeovers + 1 else 0 end,
      lease_owner = ${workerId},
      lease_expires_at = now() + ${leaseMs}::double precision * interval '1 millisecond',
      available_at = now() + ${leaseMs}::double precision * interval '1 millisecond',
      started_at = coalesce(run.started_at, now()),
      updated_at = now()
    from next
    where run.organization_id = next.organization_id and run.id = next.id
    returning run.organization_id, run.id, run.workflow_id, run.workflow_version, run.attempt, run.input, run.pins,
      run.unit, run.attributes, run.cancel_requested_at is not null as cancel_requested,
      run.takeovers
  `.execute(db)
  return rows
}

/** What a first claim sets, for a run that is stored as claimed. */
export function firstClaim({ workerId, leaseMs }: { workerId: string; leaseMs: number }) {
  const leaseEnd = sql<Date>`now() + ${leaseMs}::double precision * interval '1 millisecond'`
  return {
    status: 'running',
    attempt: 1,
    lease_owner: workerId,
    lease_expires_at: leaseEnd,
    available_at: leaseEnd,
    started_at: sql<Date>`now()`,
  } as const
}

/** Undoes a claim of which nothing was executed. */
export async function undoClaim(db: ScopedDb, { id, attempt }: Pick<ClaimedRow, 'id' | 'attempt'>): Promise<void> {
  await db
    .updateTable('workflow_runs')
    .set({ status: 'queued', lease_owner: null, lease_expires_at: null, available_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('attempt', '=', attempt)
    .execute()
}

/** Extends the leases that are still the worker's and answers which those are, with the runs that shall be cancelled. */
export async function extendLeases(
  db: ScopedDb,
  { workerId, leases, leaseMs }: { workerId: string; leases: { runId: string; attempt: number }[]; leaseMs: number },
): Promise<{ id: string; cancelled: boolean }[]> {
  const { rows } = await sql<{ id: string; cancelled: boolean }>`
    update workflow_runs run set
      lease_expires_at = now() + ${leaseMs}::double precision * interval '1 millisecond',
      available_at = now() + ${leaseMs}::double precision * interval '1 millisecond'
    from json_to_recordset(${JSON.stringify(leases)}::json) as held("runId" uuid, attempt int)
    where run.id = held."runId" and run.attempt = held.attempt and run.lease_owner = ${workerId}
      and run.status = 'running'
    returning run.id, run.cancel_requested_at is not null as cancelled
  `.execute(db)
  return rows
}

/** Makes the runs of workers that are known to be dead due at once. */
export async function freeRunsOf(db: ScopedDb, isDead: { exceptWorker: string }): Promise<void> {
  await db
    .updateTable('workflow_runs')
    .set({ available_at: sql<Date>`now()` })
    .where('status', '=', 'running')
    .where('lease_owner', '<>', isDead.exceptWorker)
    .execute()
}
