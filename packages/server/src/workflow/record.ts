import { FairleadError } from '@fairlead/core/base'
import type { JournalEntry, ModelCall, RunBatch, RunLease, TimedEvent } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { CallPrice, NewExecution } from '../analytics/service.ts'
import { callColumns, insertExecutions } from '../analytics/service.ts'
import type { ScopedDb } from '../database/index.ts'
import { toEventRow } from './event-row.ts'

/** A batch whose model calls have their costs. */
export interface PricedBatch extends RunBatch {
  executions: NewExecution[]
}

/**
 * Stores a batch in the caller's transaction, in one statement: the update of the run checks the lease and gives out the
 * events' numbers, and entries, questions and events are inserted from its result, so that nothing is stored when the
 * lease is gone. Throws `run.lease_lost` then.
 */
export async function recordBatch(db: ScopedDb, lease: RunLease, batch: PricedBatch): Promise<void> {
  const { entries, questions, events } = batch
  const calls = entries.flatMap((entry) => entry.calls ?? [])
  const total = (of: (call: ModelCall) => number) => calls.reduce((sum, call) => sum + of(call), 0)
  const { rows } = await sql`
    with lease as (
      update workflow_runs set
        event_seq = event_seq + ${events.length}::int,
        step_count = step_count + ${entries.length}::int,
        takeovers = case when ${entries.length}::int > 0 then 0 else takeovers end,
        input_tokens = input_tokens + ${total(({ usage }) => usage.inputTokens)}::bigint,
        cached_tokens = cached_tokens + ${total(({ usage }) => usage.cachedTokens)}::bigint,
        cache_write_tokens = cache_write_tokens + ${total(({ usage }) => usage.cacheWriteTokens)}::bigint,
        output_tokens = output_tokens + ${total(({ usage }) => usage.outputTokens)}::bigint,
        reasoning_tokens = reasoning_tokens + ${total(({ usage }) => usage.reasoningTokens)}::bigint,
        cost_nano_usd = cost_nano_usd + ${total(({ costNanoUsd }) => costNanoUsd ?? 0)}::bigint,
        updated_at = now()
      where ${holds(lease)}
      returning organization_id, id, attempt, event_seq - ${events.length}::int as base
    ), journal as (
      insert into run_journal (organization_id, run_id, address, node_id, status, output, error, usage, attempts,
        started_at, finished_at, recorded_by_attempt)
      select lease.organization_id, lease.id, e.address, e."nodeId", e.status, e.output, e.error, e.calls, e.attempts,
        e."startedAt", e."finishedAt", lease.attempt
      from lease, json_to_recordset(${JSON.stringify(entries)}::json) as e(address text, "nodeId" text, status text,
        output json, error json, calls json, attempts int, "startedAt" timestamptz, "finishedAt" timestamptz)
    ), questions as (
      insert into run_interrupts (organization_id, run_id, address, node_id, request, due_at, on_due)
      select lease.organization_id, lease.id, q.address, q."nodeId", q.request,
        now() + make_interval(secs => q."dueInSeconds"), q."onDue"
      from lease, json_to_recordset(${JSON.stringify(questions)}::json) as q(address text, "nodeId" text, request json,
        "dueInSeconds" double precision, "onDue" json)
      on conflict do nothing
    ), events as (
      insert into run_events (organization_id, run_id, seq, type, address, payload, at)
      select lease.organization_id, lease.id, lease.base + e.position, e.event ->> 'type', e.event ->> 'address',
        (e.event ->> 'payload')::json, (e.event ->> 'at')::timestamptz
      from lease, json_array_elements(${JSON.stringify(events.map(toEventRow))}::json) with ordinality as e(event, position)
    )
    select base from lease
  `.execute(db)
  if (rows.length === 0) throw leaseLost(lease)
  await insertExecutions(db, batch.executions)
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

/** Puts prices on a batch's model calls, in its entries and its events alike. */
export async function priceBatch(
  lease: RunLease,
  batch: RunBatch,
  priceCalls: (calls: ModelCall[]) => Promise<CallPrice[]>,
  unit: string | null,
): Promise<PricedBatch> {
  const calls = batch.entries.flatMap((entry) => entry.calls ?? [])
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
    executions: batch.entries.flatMap((entry) =>
      (entry.calls ?? []).map((call) => toExecution(lease, entry, call, prices.get(call.id) ?? unpriced, unit)),
    ),
  }
}

function toExecution(
  { organizationId, runId }: RunLease,
  { nodeId, address }: JournalEntry,
  call: ModelCall,
  price: CallPrice,
  unit: string | null,
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
    unit,
    ...callColumns(call, price),
  }
}
