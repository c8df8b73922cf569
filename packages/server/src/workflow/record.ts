import { FairleadError } from '@fairlead/core/base'
import type { JournalEntry, ModelCall, PromptPin, RunBatch, RunLease, TimedEvent } from '@fairlead/core/workflow'
import { endedInside } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { CallPrice, NewExecution } from '../analytics/service.ts'
import { callColumns, insertExecutions } from '../analytics/service.ts'
import type { ScopedDb, SlotOf } from '../database/index.ts'
import { committing, PreparedQuery } from '../database/index.ts'
import { toEventRow } from './event-row.ts'

/** Who has closed a question, by the id in `answered_by`, where a container failed around it; the name is its address. */
export const failureCloser = 'failure'

const nothing = { entries: [], questions: [], events: [], executions: [] }

/** A batch whose model calls have their costs. */
export interface PricedBatch extends RunBatch {
  executions: NewExecution[]
}

/** How a run ends. */
export interface Ending {
  status: 'completed' | 'failed' | 'cancelled'
  /** JSON. */
  output?: string | undefined
  /** JSON. */
  error?: string | undefined
}

/**
 * Stores a batch in the caller's transaction and commits it, if that is all of it: nothing else may follow. In one
 * statement the update of the run checks the lease and gives out the events' numbers, and entries, questions and events
 * are inserted from its result, so that nothing is stored when the lease is gone. Throws `run.lease_lost` then.
 * Where an event tells that a container failed, the open questions inside it are cancelled along with it.
 * With an `ending` the run ends with it: it asks nothing more, is never resumed, and is told of.
 */
export async function recordLastBatch(
  db: ScopedDb,
  lease: RunLease,
  batch: PricedBatch,
  ending?: Ending,
): Promise<void> {
  if (batch.questions.length > 0 && (ending || failedIn(batch.events).length > 0)) {
    await recordQuestions(db, lease, batch)
    return recordLastBatch(db, lease, { ...batch, questions: [] }, ending)
  }
  const { executions } = batch
  // What is thrown after a commit undoes nothing; but a lost lease has written nothing either.
  if (executions.length === 0) return committing(() => recordRows(db, lease, batch, ending))
  await recordRows(db, lease, batch, ending)
  await committing(() => insertExecutions(db, executions))
}

/** As `recordLastBatch`, with more to follow in the transaction. */
export async function recordBatch(db: ScopedDb, lease: RunLease, batch: PricedBatch): Promise<void> {
  const isClosing = batch.questions.length > 0 && failedIn(batch.events).length > 0
  if (isClosing) await recordQuestions(db, lease, batch)
  await recordRows(db, lease, isClosing ? { ...batch, questions: [] } : batch)
  await insertExecutions(db, batch.executions)
}

/** In a statement of their own: one that closes questions would not see those that it asks itself. */
function recordQuestions(db: ScopedDb, lease: RunLease, { questions }: PricedBatch): Promise<void> {
  return recordRows(db, lease, { ...nothing, questions })
}

type Value =
  | 'entryCount'
  | 'eventCount'
  | keyof ModelCall['usage']
  | 'costNanoUsd'
  | keyof RunLease
  | 'entries'
  | 'questions'
  | 'events'
  | 'failed'
  | 'status'
  | 'output'
  | 'error'

/** What a batch brings: the statement has no parts for the rest. */
interface Shape {
  entries: boolean
  questions: boolean
  events: boolean
  /** Containers that failed. */
  failed: boolean
  ending: boolean
}

const statements = new Map<string, PreparedQuery<{ base: number }, Value>>()

async function recordRows(db: ScopedDb, lease: RunLease, batch: PricedBatch, ending?: Ending): Promise<void> {
  const { entries, questions, events } = batch
  const failed = failedIn(events)
  const calls = events.flatMap(callsOf)
  const total = (of: (call: ModelCall) => number) => calls.reduce((sum, call) => sum + of(call), 0)
  const rows = await statementFor({
    entries: entries.length > 0,
    questions: questions.length > 0,
    events: events.length > 0,
    failed: failed.length > 0,
    ending: ending !== undefined,
  }).run(db, {
    ...lease,
    entryCount: entries.length,
    eventCount: events.length,
    inputTokens: total(({ usage }) => usage.inputTokens),
    cachedTokens: total(({ usage }) => usage.cachedTokens),
    cacheWriteTokens: total(({ usage }) => usage.cacheWriteTokens),
    outputTokens: total(({ usage }) => usage.outputTokens),
    reasoningTokens: total(({ usage }) => usage.reasoningTokens),
    costNanoUsd: total(({ costNanoUsd }) => costNanoUsd ?? 0),
    entries: JSON.stringify(entries),
    questions: JSON.stringify(questions),
    events: JSON.stringify(events.map(toEventRow)),
    failed: JSON.stringify(failed),
    status: ending?.status,
    output: ending?.output,
    error: ending?.error,
  })
  if (rows.length === 0) throw leaseLost(lease)
}

function statementFor(shape: Shape): PreparedQuery<{ base: number }, Value> {
  const key = JSON.stringify(shape)
  const known = statements.get(key)
  if (known) return known
  const fresh = new PreparedQuery<{ base: number }, Value>((db, slot) => statement(shape, slot).compile(db))
  statements.set(key, fresh)
  return fresh
}

function statement(shape: Shape, slot: SlotOf<Value>) {
  const lease: RunLease = {
    organizationId: slot('organizationId'),
    runId: slot('runId'),
    attempt: slot('attempt'),
    workerId: slot('workerId'),
  }
  return sql<{ base: number }>`
    with lease as (
      update workflow_runs set
        event_seq = event_seq + ${slot('eventCount')}::int,
        step_count = step_count + ${slot('entryCount')}::int,
        takeovers = case when ${slot('entryCount')}::int > 0 then 0 else takeovers end,
        input_tokens = input_tokens + ${slot('inputTokens')}::bigint,
        cached_tokens = cached_tokens + ${slot('cachedTokens')}::bigint,
        cache_write_tokens = cache_write_tokens + ${slot('cacheWriteTokens')}::bigint,
        output_tokens = output_tokens + ${slot('outputTokens')}::bigint,
        reasoning_tokens = reasoning_tokens + ${slot('reasoningTokens')}::bigint,
        cost_nano_usd = cost_nano_usd + ${slot('costNanoUsd')}::bigint,
        updated_at = now()${shape.ending ? endingColumns(slot) : sql``}
      where ${holds(lease)}
      returning organization_id, id, workflow_id, workflow_version, attempt,
        event_seq - ${slot('eventCount')}::int as base
    )${insertsOf(shape, slot)}${shape.ending || shape.failed ? closing(shape, slot) : sql``}${shape.ending ? afterEnding(slot) : sql``}
    select base from lease
  `
}

/** The inserts beside the update of the run. */
function insertsOf(shape: Shape, slot: SlotOf<Value>) {
  const journal = sql`, journal as (
      insert into run_journal (organization_id, run_id, address, node_id, status, output, error, usage, attempts,
        started_at, finished_at, recorded_by_attempt)
      select lease.organization_id, lease.id, e.address, e."nodeId", e.status, e.output, e.error, e.calls, e.attempts,
        e."startedAt", e."finishedAt", lease.attempt
      from lease, json_to_recordset(${slot('entries')}::json) as e(address text, "nodeId" text, status text,
        output json, error json, calls json, attempts int, "startedAt" timestamptz, "finishedAt" timestamptz)
    )`
  const asked = sql`, questions as (
      insert into run_interrupts (organization_id, run_id, address, node_id, request, due_at, on_due)
      select lease.organization_id, lease.id, q.address, q."nodeId", q.request,
        now() + make_interval(secs => q."dueInSeconds"), q."onDue"
      from lease, json_to_recordset(${slot('questions')}::json) as q(address text, "nodeId" text, request json,
        "dueInSeconds" double precision, "onDue" json)
      on conflict do nothing
    )`
  const told = sql`, events as (
      insert into run_events (organization_id, run_id, seq, type, address, payload, at)
      select lease.organization_id, lease.id, lease.base + e.position, e.event ->> 'type', e.event ->> 'address',
        (e.event ->> 'payload')::json, (e.event ->> 'at')::timestamptz
      from lease, json_array_elements(${slot('events')}::json) with ordinality as e(event, position)
    )`
  const parts = [shape.entries && journal, shape.questions && asked, shape.events && told]
  return sql.join(
    parts.filter((part) => part !== false),
    sql``,
  )
}

function endingColumns(slot: SlotOf<Value>) {
  return sql`, status = ${slot('status')}, output = ${slot('output')}::json, error = ${slot('error')}::json,
    lease_owner = null, lease_expires_at = null, finished_at = now()`
}

/** A container that failed, and what every address inside it begins with. */
interface FailedContainer {
  address: string
  inside: string
}

function failedIn(events: readonly TimedEvent[]): FailedContainer[] {
  return events.flatMap((event) => {
    const inside = event.type === 'node.failed' ? endedInside(event) : null
    return event.type === 'node.failed' && inside !== null ? [{ address: event.address, inside }] : []
  })
}

/** Cancels the open questions inside the containers that failed, naming the one that failed first, or all with an ending. */
function closing(shape: Shape, slot: SlotOf<Value>) {
  const around = sql`from json_to_recordset(${slot('failed')}::json) as f(address text, inside text)
          where starts_with(question.address, f.inside)`
  return sql`, closed as (
      update run_interrupts question set status = 'cancelled',
        answered_by = (select json_build_object('kind', 'system', 'id', ${failureCloser}::text, 'name', f.address) ${around} limit 1)
      from lease
      where question.organization_id = lease.organization_id and question.run_id = lease.id
        and question.status = 'pending'${shape.ending ? sql`` : sql` and exists (select ${around})`}
    )`
}

function afterEnding(slot: SlotOf<Value>) {
  return sql`, snapshots as (
      delete from run_snapshots snapshot using lease
      where snapshot.organization_id = lease.organization_id and snapshot.run_id = lease.id
    ), writes as (
      delete from run_snapshot_writes pending using lease
      where pending.organization_id = lease.organization_id and pending.run_id = lease.id
    ), told as (
      insert into outbox (organization_id, topic, key, payload)
      select organization_id, 'run.finished', id::text, json_build_object('runId', id, 'workflowId', workflow_id,
        'workflowVersion', workflow_version, 'status', ${slot('status')}::text)
      from lease
    )`
}

/** True for the run while the lease is the one that holds it. */
export function holds(lease: RunLease) {
  return sql<boolean>`organization_id = ${lease.organizationId} and id = ${lease.runId} and status = 'running'
    and attempt = ${lease.attempt} and lease_owner = ${lease.workerId}`
}

export function leaseLost({ runId, attempt }: RunLease): FairleadError {
  return new FairleadError(
    'run.lease_lost',
    `The run ${runId} is no longer held under attempt ${attempt}: it was taken over, answered to its end, or cancelled. Nothing was written.`,
    { data: { runId, attempt } },
  )
}

const unpriced: CallPrice = { costNanoUsd: null, priceId: null }

/** Whom a run is for, and which variants it was assigned. */
export interface RunSubject {
  unit: string | null
  pins: Readonly<Record<string, PromptPin>>
}

/** Puts prices on a batch's model calls, in its entries and its events alike. */
export async function priceBatch(
  lease: RunLease,
  batch: RunBatch,
  priceCalls: (calls: ModelCall[]) => Promise<CallPrice[]>,
  subject: RunSubject,
): Promise<PricedBatch> {
  const calls = [...batch.entries.flatMap((entry) => entry.calls ?? []), ...batch.events.flatMap(callsOf)]
  if (calls.length === 0) return { ...batch, executions: [] }
  const prices = new Map<string, CallPrice>()
  for (const [index, price] of (await priceCalls(calls)).entries()) prices.set(calls[index]!.id, price)
  const priced = (call: ModelCall): ModelCall => ({ ...call, costNanoUsd: prices.get(call.id)?.costNanoUsd ?? null })
  return {
    questions: batch.questions,
    entries: batch.entries.map((entry) => (entry.calls ? { ...entry, calls: entry.calls.map(priced) } : entry)),
    events: batch.events.map((event) =>
      'calls' in event && event.calls ? { ...event, calls: event.calls.map(priced) } : event,
    ) as TimedEvent[],
    executions: batch.events.flatMap((event) =>
      callsOf(event).map((call) => {
        const { nodeId, address } = event as NodeEvent
        return toExecution(lease, { nodeId, address }, call, prices.get(call.id) ?? unpriced, subject)
      }),
    ),
  }
}

type NodeEvent = Extract<TimedEvent, { address: string }>

/** Each call is told of once, with the end of its attempt: an entry repeats those of the attempts before. */
function callsOf(event: TimedEvent): ModelCall[] {
  return ('calls' in event ? event.calls : undefined) ?? []
}

function toExecution(
  { organizationId, runId }: RunLease,
  { nodeId, address }: Pick<JournalEntry, 'nodeId' | 'address'>,
  call: ModelCall,
  price: CallPrice,
  { unit, pins }: RunSubject,
): NewExecution {
  return {
    organization_id: organizationId,
    id: call.id,
    run_id: runId,
    node_id: nodeId,
    address,
    kind: 'prompt',
    prompt_id: call.promptId,
    prompt_version_id: call.promptVersionId,
    variant_id: pins[nodeId]?.variantId ?? null,
    unit,
    ...callColumns(call, price),
  }
}
