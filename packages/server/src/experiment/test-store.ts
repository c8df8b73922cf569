import type { Insertable, Kysely, Selectable, Updateable } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../database/index.ts'

type Db = Kysely<Tables>

export type TestRow = Selectable<Tables['ab_tests']>
export type VariantRow = Selectable<Tables['ab_variants']>
export type EpochRow = Selectable<Tables['ab_epochs']>
export type HistoryRow = Selectable<Tables['ab_history']>

export interface Keyset<After> {
  limit: number
  after: After | undefined
}

const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
const uuid = new RegExp(uuidPattern, 'i')

/** By id or key. */
export async function findTest(db: Db, idOrKey: string): Promise<TestRow | undefined> {
  const query = db.selectFrom('ab_tests').selectAll()
  const byId = uuid.test(idOrKey) ? await query.where('id', '=', idOrKey).executeTakeFirst() : undefined
  return byId ?? query.where('key', '=', idOrKey).executeTakeFirst()
}

/** The ids of tests by the names, ids or keys, that they are called by. */
export async function findTestIds(db: Db, names: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; id: string }>`
    select distinct on (n.name) n.name, t.id
    from unnest(${names}::text[]) as n(name)
    join lateral (
      select id, 1 as rank from ab_tests where id = case when n.name ~* ${uuidPattern} then n.name::uuid end
      union all
      select id, 2 from ab_tests where key = n.name
    ) t on true
    order by n.name, t.rank`.execute(db)
  return new Map(rows.map(({ name, id }) => [name, id]))
}

/** Holds a test, as it is now, until the transaction ends: what changes it, or its evidence, queues here and nowhere else. */
export async function lockTest(db: Db, id: string): Promise<TestRow> {
  return db.selectFrom('ab_tests').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

export interface TestFilter {
  status?: TestRow['status'] | undefined
  promptId?: string | undefined
  archived: 'exclude' | 'include' | 'only'
}

/** Newest first. */
export async function listTests(
  db: Db,
  { status, promptId, archived }: TestFilter,
  { limit, after }: Keyset<string>,
): Promise<TestRow[]> {
  let query = db.selectFrom('ab_tests').selectAll()
  if (archived !== 'include') query = query.where('archived_at', archived === 'only' ? 'is not' : 'is', null)
  if (status !== undefined) query = query.where('status', '=', status)
  if (promptId !== undefined) query = query.where('prompt_id', '=', promptId)
  if (after !== undefined) query = query.where('id', '<', after)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

/** Undefined when the key is taken. */
export async function insertTest(db: Db, row: Insertable<Tables['ab_tests']>): Promise<TestRow | undefined> {
  return db
    .insertInto('ab_tests')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doNothing())
    .returningAll()
    .executeTakeFirst()
}

/** Every change makes a revision. */
export async function updateTest(db: Db, id: string, columns: Updateable<Tables['ab_tests']>): Promise<TestRow> {
  return db
    .updateTable('ab_tests')
    .set({ ...columns, revision: sql<number>`revision + 1`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** In their order, the control first. */
export async function listVariants(db: Db, testIds: readonly string[]): Promise<VariantRow[]> {
  if (testIds.length === 0) return []
  return db
    .selectFrom('ab_variants')
    .selectAll()
    .where('test_id', 'in', testIds)
    .orderBy('test_id')
    .orderBy('position')
    .execute()
}

export async function insertVariants(db: Db, rows: readonly Insertable<Tables['ab_variants']>[]): Promise<void> {
  await db.insertInto('ab_variants').values(rows).execute()
}

/** Of a draft, whose variants nobody has seen. */
export async function deleteVariants(db: Db, testId: string): Promise<void> {
  await db.deleteFrom('ab_variants').where('test_id', '=', testId).execute()
}

export async function updateVariant(db: Db, id: string, columns: Updateable<Tables['ab_variants']>): Promise<void> {
  await db.updateTable('ab_variants').set(columns).where('id', '=', id).execute()
}

export async function insertEpoch(db: Db, row: Insertable<Tables['ab_epochs']>): Promise<void> {
  await db.insertInto('ab_epochs').values(row).execute()
}

/** The tables of weights of several tests that are in force. */
export async function currentEpochs(db: Db, testIds: readonly string[]): Promise<EpochRow[]> {
  if (testIds.length === 0) return []
  return db
    .selectFrom('ab_epochs')
    .innerJoin('ab_tests', (join) =>
      join
        .onRef('ab_tests.organization_id', '=', 'ab_epochs.organization_id')
        .onRef('ab_tests.id', '=', 'ab_epochs.test_id')
        .onRef('ab_tests.epoch', '=', 'ab_epochs.epoch'),
    )
    .selectAll('ab_epochs')
    .where('ab_tests.id', 'in', testIds)
    .execute()
}

export interface OpenTestFilter {
  id?: string | undefined
  /** Those that run on a prompt where one of its labels is asked for. */
  promptLabel?: { promptId: string; label: string } | undefined
}

/** The running and paused tests, the first that started first. */
export async function listOpenTests(db: Db, { id, promptLabel }: OpenTestFilter = {}): Promise<TestRow[]> {
  let query = db.selectFrom('ab_tests').selectAll().where('status', 'in', ['running', 'paused'])
  if (id !== undefined) query = query.where('id', '=', id)
  if (promptLabel !== undefined)
    query = query.where('prompt_id', '=', promptLabel.promptId).where('label', '=', promptLabel.label)
  return query.orderBy('started_at').orderBy('id').execute()
}

/** Appends to a test's history. The caller holds the test, so numbers have no gaps. */
export async function insertHistory(
  db: Db,
  row: Omit<Insertable<Tables['ab_history']>, 'seq' | 'data'> & { data: object },
): Promise<void> {
  const last = db
    .selectFrom('ab_history')
    .select(({ fn, lit }) => fn.coalesce(fn.max('seq'), lit(0)).as('seq'))
    .where('test_id', '=', row.test_id)
  await db
    .insertInto('ab_history')
    .values({ ...row, data: JSON.stringify(row.data), seq: sql<number>`(${last}) + 1` })
    .execute()
}

/** Newest first. */
export async function listHistory(db: Db, testId: string, { limit, after }: Keyset<number>): Promise<HistoryRow[]> {
  let query = db.selectFrom('ab_history').selectAll().where('test_id', '=', testId)
  if (after !== undefined) query = query.where('seq', '<', after)
  return query.orderBy('seq', 'desc').limit(limit).execute()
}

/** By the ids of layers. What of a layer is a test's stands with the test. */
export async function findLayerSeeds(db: Db, layerIds: readonly string[]): Promise<Map<string, number>> {
  if (layerIds.length === 0) return new Map()
  const rows = await db.selectFrom('ab_layers').select(['id', 'seed']).where('id', 'in', layerIds).execute()
  return new Map(rows.map(({ id, seed }) => [id, seed]))
}

/** What was recorded of one kind, in its order. */
export async function listHistoryOf(db: Db, testId: string, action: string): Promise<HistoryRow[]> {
  return db
    .selectFrom('ab_history')
    .selectAll()
    .where('test_id', '=', testId)
    .where('action', '=', action)
    .orderBy('seq')
    .execute()
}

/** Parts of layers that are taken by tests that have started and not ended. */
export async function takenRanges(db: Db, layerId: string): Promise<[from: number, to: number][]> {
  const rows = await db
    .selectFrom('ab_tests')
    .select('layer_ranges')
    .where('layer_id', '=', layerId)
    .where('status', 'in', ['running', 'paused'])
    .execute()
  return rows.flatMap(({ layer_ranges }) => (layer_ranges ?? []) as [number, number][])
}
