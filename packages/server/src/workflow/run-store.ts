import type { RunStatus } from '@fairlead/core/workflow'
import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, SlotOf, Tables } from '../database/index.ts'
import { PreparedQuery } from '../database/index.ts'
import { firstClaim } from './claim.ts'
import type { EventRow } from './event-row.ts'
import { deleteSnapshots } from './snapshot-store.ts'
import type { IdPage } from './workflow-store.ts'

export type RunRow = Selectable<Tables['workflow_runs']>
/** A run without what may be megabytes of it: its input, its outputs, and what it is pinned to. */
export type RunHeadRow = Omit<RunRow, 'input' | 'output' | 'pins' | 'attributes'>
export type InterruptRow = Selectable<Tables['run_interrupts']>

type NewRun = Insertable<Tables['workflow_runs']>
type FirstClaim = { workerId: string; leaseMs: number } | null

/** Stores a new run: queued, or with `claim` as if that worker had claimed it. */
export async function insertRun(db: ScopedDb, row: NewRun, claim: FirstClaim): Promise<RunRow> {
  const values = claim === null ? row : { ...row, ...firstClaim(claim) }
  return db.insertInto('workflow_runs').values(values).returningAll().executeTakeFirstOrThrow()
}

/** As `insertRun`, if its version is the latest of a workflow that is not archived; undefined, and nothing stored, otherwise. */
export async function insertRunOfLatest(db: ScopedDb, row: FreshRun, claim: FirstClaim): Promise<RunRow | undefined> {
  const values = { ...row, workerId: claim?.workerId, leaseMs: claim?.leaseMs }
  const [stored] = await (claim ? insertLatestClaimed : insertLatestQueued).run(db, values)
  return stored
}

const runColumns = [
  'organization_id',
  'id',
  'workflow_id',
  'workflow_version',
  'input',
  'pins',
  'unit',
  'attributes',
  'created_by_kind',
  'created_by_id',
] as const satisfies readonly (keyof NewRun)[]

/** A run as it is begun, before anything has come of it. */
type FreshRun = Required<Pick<NewRun, (typeof runColumns)[number]>>
type RunValue = keyof FreshRun | 'workerId' | 'leaseMs'

const insertLatestQueued = insertLatest(() => ({}))
const insertLatestClaimed = insertLatest((slot) => firstClaim({ workerId: slot('workerId'), leaseMs: slot('leaseMs') }))

function insertLatest(claim: (slot: SlotOf<RunValue>) => object) {
  return new PreparedQuery<RunRow, RunValue>((db, slot) => {
    const values = [...runColumns.map((column) => [column, slot(column)] as const), ...Object.entries(claim(slot))]
    return db
      .insertInto('workflow_runs')
      .columns(values.map(([column]) => column as keyof NewRun))
      .expression((from) =>
        from
          .selectFrom('workflows')
          .select(values.map(([column, value]) => sql`${value}`.as(column)))
          .where('id', '=', slot<string>('workflow_id'))
          .where('latest_version', '=', slot<number>('workflow_version'))
          .where('archived_at', 'is', null),
      )
      .returningAll()
      .compile()
  })
}

export async function findRun(db: ScopedDb, id: string): Promise<RunRow | undefined> {
  return db.selectFrom('workflow_runs').selectAll().where('id', '=', id).executeTakeFirst()
}

const headColumns = [
  'organization_id',
  'id',
  'workflow_id',
  'workflow_version',
  'status',
  'error',
  'unit',
  'forked_from_run_id',
  'lease_owner',
  'lease_expires_at',
  'attempt',
  'takeovers',
  'available_at',
  'cancel_requested_at',
  'cancel_requested_by',
  'event_seq',
  'step_count',
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
  'created_by_kind',
  'created_by_id',
  'created_at',
  'started_at',
  'finished_at',
  'updated_at',
] as const satisfies readonly (keyof RunHeadRow)[]

export async function findRunHead(db: ScopedDb, id: string): Promise<RunHeadRow | undefined> {
  return db.selectFrom('workflow_runs').select(headColumns).where('id', '=', id).executeTakeFirst()
}

/** The run, locked until the transaction ends: answers and cancellations of one run follow each other. */
export async function lockRun(db: ScopedDb, id: string): Promise<RunHeadRow | undefined> {
  return db.selectFrom('workflow_runs').select(headColumns).where('id', '=', id).forUpdate().executeTakeFirst()
}

/** Newest first; one row more than the page holds. */
export async function listRuns(
  db: ScopedDb,
  { workflowId, status }: { workflowId?: string | undefined; status?: RunStatus | undefined },
  { limit, after }: IdPage,
): Promise<RunHeadRow[]> {
  let query = db.selectFrom('workflow_runs').select(headColumns)
  if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId)
  if (status !== undefined) query = query.where('status', '=', status)
  if (after !== undefined) query = query.where('id', '<', after)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export async function listInterrupts(db: ScopedDb, runId: string): Promise<InterruptRow[]> {
  return db
    .selectFrom('run_interrupts')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('created_at')
    .orderBy('address')
    .execute()
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
  closing: { status: 'answered' | 'expired'; answer: string | null; answered_by: string },
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

/** Appends events to a locked run, also beside a worker that holds it: the numbers come from the run's row. */
export async function appendEvents(
  db: ScopedDb,
  { organizationId, runId }: { organizationId: string; runId: string },
  events: readonly EventRow[],
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
    .values(
      events.map((event, index) => ({
        ...event,
        organization_id: organizationId,
        run_id: runId,
        seq: base + index + 1,
      })),
    )
    .execute()
}

/** Stores what became of a human node outside of any claim, so that the run finds it when it is taken up. */
export async function insertAnswer(
  db: ScopedDb,
  row: Omit<Insertable<Tables['run_journal']>, 'usage' | 'attempts'>,
): Promise<void> {
  await db
    .insertInto('run_journal')
    .values({ ...row, attempts: 1 })
    .execute()
}

/** Makes a waiting run due. One that a worker still holds is left to it: it will find the answer at the end of its claim. */
export async function wakeRun(db: ScopedDb, id: string): Promise<void> {
  await db
    .updateTable('workflow_runs')
    .set({ status: 'queued', available_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'waiting')
    .execute()
}

/** Asks the worker that holds a run to cancel it. */
export async function requestCancel(db: ScopedDb, id: string, by: string): Promise<void> {
  await db
    .updateTable('workflow_runs')
    .set({ cancel_requested_at: sql<Date>`coalesce(cancel_requested_at, now())`, cancel_requested_by: by })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute()
}

/** Ends a run that no worker holds as cancelled; false when one does, or the run has ended. */
export async function cancelIdle(db: ScopedDb, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('workflow_runs')
    .set({ status: 'cancelled', finished_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'waiting'])
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** What follows from the end of a run outside of any claim: it asks nothing more, is never resumed, and is told of. */
export async function afterEnd(db: ScopedDb, run: RunHeadRow, status: 'cancelled'): Promise<void> {
  await db
    .updateTable('run_interrupts')
    .set({ status: 'cancelled' })
    .where('run_id', '=', run.id)
    .where('status', '=', 'pending')
    .execute()
  await deleteSnapshots(db, run.id)
  const payload = { runId: run.id, workflowId: run.workflow_id, workflowVersion: run.workflow_version, status }
  await db
    .insertInto('outbox')
    .values({
      organization_id: run.organization_id,
      topic: 'run.finished',
      key: run.id,
      payload: JSON.stringify(payload),
    })
    .execute()
}

/** Questions whose time is up and that say what happens then; read in the system scope. */
export async function listDueQuestions(db: ScopedDb, limit: number) {
  return db
    .selectFrom('run_interrupts')
    .select(['organization_id', 'run_id', 'address', 'on_due'])
    .where('status', '=', 'pending')
    .where('due_at', '<=', sql<Date>`now()`)
    .where('on_due', 'is not', null)
    .orderBy('due_at')
    .limit(limit)
    .execute()
}
