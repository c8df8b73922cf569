import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'

export type PriceRow = Selectable<Tables['model_prices']>
export type ExecutionRow = Selectable<Tables['executions']>

export async function listPrices(db: ScopedDb): Promise<PriceRow[]> {
  return db.selectFrom('model_prices').selectAll().execute()
}

export async function insertPrice(
  db: ScopedDb,
  row: Insertable<Tables['model_prices']>,
): Promise<PriceRow | undefined> {
  return db
    .insertInto('model_prices')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organization_id', 'model', 'provider', 'valid_from']).doNothing())
    .returningAll()
    .executeTakeFirst()
}

export async function deletePrice(db: ScopedDb, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('model_prices').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}

export interface ExecutionFilter {
  runId?: string | undefined
  promptId?: string | undefined
  model?: string | undefined
}

/** Newest first, one more than the page holds. */
export async function listExecutions(
  db: ScopedDb,
  { runId, promptId, model }: ExecutionFilter,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<ExecutionRow[]> {
  let query = db.selectFrom('executions').selectAll()
  if (runId !== undefined) query = query.where('run_id', '=', runId)
  if (promptId !== undefined) query = query.where('prompt_id', '=', promptId)
  if (model !== undefined) query = query.where('model', '=', model)
  if (after !== undefined) query = query.where('id', '<', after)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export type ScoreRow = Selectable<Tables['scores']>

/** Stores a score, and tells of it, in one transaction. */
export async function insertScore(db: ScopedDb, row: Insertable<Tables['scores']>): Promise<ScoreRow> {
  const { organization_id, id, run_id, execution_id, name, value } = row
  const payload = { scoreId: id, runId: run_id, executionId: execution_id, name, value }
  await db
    .insertInto('outbox')
    .values({ organization_id, topic: 'score.created', key: id, payload: JSON.stringify(payload) })
    .execute()
  return db.insertInto('scores').values(row).returningAll().executeTakeFirstOrThrow()
}

export interface ScoreFilter {
  runId?: string | undefined
  executionId?: string | undefined
  name?: string | undefined
}

/** Newest first. */
export async function listScores(
  db: ScopedDb,
  { runId, executionId, name }: ScoreFilter,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<ScoreRow[]> {
  let query = db.selectFrom('scores').selectAll()
  if (runId !== undefined) query = query.where('run_id', '=', runId)
  if (executionId !== undefined) query = query.where('execution_id', '=', executionId)
  if (name !== undefined) query = query.where('name', '=', name)
  if (after !== undefined) query = query.where('id', '<', after)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

export async function findExecution(db: ScopedDb, id: string): Promise<ExecutionRow | undefined> {
  return db.selectFrom('executions').selectAll().where('id', '=', id).executeTakeFirst()
}

/** What the calls of a run came to, for each variant of an A/B test that made them. */
export interface VariantUsage {
  variantId: string
  latencyMs: number
  tokens: number
  /** Null where a price is not known. */
  costUsd: number | null
}

export async function usageOfVariants(db: ScopedDb, runId: string): Promise<VariantUsage[]> {
  const { rows } = await sql<VariantUsage>`
    select variant_id as "variantId", sum(latency_ms)::float8 as "latencyMs",
      sum(input_tokens + cached_tokens + cache_write_tokens + output_tokens + reasoning_tokens)::float8 as tokens,
      case when bool_and(cost_nano_usd is not null) then (sum(cost_nano_usd) / 1e9)::float8 end as "costUsd"
    from executions
    where run_id = ${runId} and variant_id is not null
    group by variant_id`.execute(db)
  return rows
}

/** A model call as it is stored; the columns' names and meanings are those of the table `executions`. */
export type NewExecution = Insertable<Tables['executions']>

const columns = {
  organization_id: 'uuid',
  id: 'uuid',
  run_id: 'uuid',
  node_id: 'text',
  address: 'text',
  kind: 'text',
  model: 'text',
  provider: 'text',
  prompt_id: 'uuid',
  prompt_version_id: 'uuid',
  variant_id: 'uuid',
  unit: 'text',
  status: 'text',
  error_code: 'text',
  latency_ms: 'int',
  input_tokens: 'bigint',
  cached_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  output_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  cost_nano_usd: 'bigint',
  price_id: 'uuid',
  started_at: 'timestamptz',
  attributes: 'jsonb',
} as const satisfies Record<keyof Tables['executions'], string>

const names = Object.keys(columns) as (keyof typeof columns)[]
const counts = new Set<string>([
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
])

/**
 * Stores model calls in the caller's transaction, all in one statement whose text does not depend on their number. A
 * call that is stored already is left as it is, so that a repeated record counts once.
 */
export async function insertExecutions(db: ScopedDb, rows: readonly NewExecution[]): Promise<void> {
  if (rows.length === 0) return
  const arrays = names.map((name) => {
    const values = rows.map((row) => row[name] ?? (counts.has(name) ? 0 : null))
    return sql`${values}::${sql.raw(columns[name])}[]`
  })
  await sql`
    insert into executions (${sql.raw(names.join(', '))})
    select * from unnest(${sql.join(arrays)})
    on conflict (organization_id, id) do nothing
  `.execute(db)
}
