import type { Kysely, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Keyset, VersionRow } from './store.ts'
import { findVersionsById } from './store.ts'

type Db = Kysely<Tables>
export type RefRow = Selectable<Tables['prompt_refs']>
export type RefKind = 'branch' | 'tag' | 'label'

/** A ref with the version it names. */
export async function findRef(
  db: Db,
  promptId: string,
  kind: RefKind,
  name: string,
): Promise<{ ref: RefRow; version: VersionRow } | undefined> {
  const ref = await db
    .selectFrom('prompt_refs')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!ref) return undefined
  const version = await db
    .selectFrom('prompt_versions')
    .selectAll()
    .where('id', '=', ref.version_id)
    .executeTakeFirstOrThrow()
  return { ref, version }
}

/** The ids of the versions that refs of a prompt name, by `refKey`; refs that are not there are left out. */
export async function findRefTargets(
  db: Db,
  promptId: string,
  refs: readonly { kind: RefKind; name: string }[],
): Promise<Map<string, string>> {
  if (refs.length === 0) return new Map()
  const [kinds, names] = [refs.map(({ kind }) => kind), refs.map(({ name }) => name)]
  const rows = await db
    .selectFrom('prompt_refs')
    .select(['kind', 'name', 'version_id'])
    .where('prompt_id', '=', promptId)
    .where(sql<boolean>`(kind, name) in (select * from unnest(${kinds}::text[], ${names}::text[]))`)
    .execute()
  return new Map(rows.map((row) => [refKey(row), row.version_id]))
}

/** The same of refs of any prompts, and of versions by their number, in their order; null for one that is not there. */
export async function findTargets(
  db: Db,
  refs: readonly { promptId: string; kind: RefKind | 'version'; name: string }[],
): Promise<(string | null)[]> {
  if (refs.length === 0) return []
  const { rows } = await sql<{ version_id: string | null }>`
    select coalesce(r.version_id, v.id) as version_id
    from unnest(${refs.map((ref) => ref.promptId)}::uuid[], ${refs.map((ref) => ref.kind)}::text[],
      ${refs.map((ref) => ref.name)}::text[]) with ordinality as named(prompt_id, kind, name, place)
    left join prompt_refs r on r.prompt_id = named.prompt_id and r.kind = named.kind and r.name = named.name
    left join prompt_versions v on v.prompt_id = named.prompt_id
      and v.version_number = case when named.kind = 'version' then named.name::int end
    order by place`.execute(db)
  return rows.map((row) => row.version_id)
}

/** A ref as a revision names it. */
export function refKey({ kind, name }: { kind: RefKind; name: string }): string {
  return `${kind}/${name}`
}

export interface RefSwap {
  organization_id: string
  prompt_id: string
  kind: RefKind
  name: string
  /** The version the ref must name now; null makes it. */
  expected: string | null
  /** The version that it is to name; null removes it. */
  next: string | null
  actor: string | null
}

/** Moves a ref by compare-and-swap. False, and nothing written, when the ref is not where it was expected. */
export async function swapRef(db: Db, swap: RefSwap): Promise<boolean> {
  const { organization_id, prompt_id, kind, name, expected, next, actor } = swap
  if (expected === null) {
    const made = await db
      .insertInto('prompt_refs')
      .values({ organization_id, prompt_id, kind, name, version_id: next!, updated_by: actor })
      .onConflict((conflict) => conflict.columns(['organization_id', 'prompt_id', 'kind', 'name']).doNothing())
      .returning('revision')
      .executeTakeFirst()
    return made !== undefined
  }
  if (next === null) {
    const { numDeletedRows } = await db
      .deleteFrom('prompt_refs')
      .where('prompt_id', '=', prompt_id)
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('version_id', '=', expected)
      .executeTakeFirst()
    return numDeletedRows === 1n
  }
  const moved = await db
    .updateTable('prompt_refs')
    .set((row) => ({
      version_id: next,
      revision: row('revision', '+', 1),
      updated_by: actor,
      updated_at: row.fn('now', []),
    }))
    .where('prompt_id', '=', prompt_id)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('version_id', '=', expected)
    .returning('revision')
    .executeTakeFirst()
  return moved !== undefined
}

/** The refs of a prompt by kind and name, with the versions they name. */
export async function listRefs(
  db: Db,
  promptId: string,
  kind: RefKind | undefined,
  { limit, after }: Keyset<[RefKind, string]>,
): Promise<{ ref: RefRow; version: VersionRow }[]> {
  let query = db.selectFrom('prompt_refs').selectAll().where('prompt_id', '=', promptId)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (after !== undefined) query = query.where(sql<boolean>`(kind, name) > (${after[0]}, ${after[1]})`)
  const refs = await query.orderBy('kind').orderBy('name').limit(limit).execute()
  const versions = await findVersionsById(db, [...new Set(refs.map(({ version_id }) => version_id))])
  const byId = new Map(versions.map(({ key: _key, ...version }) => [version.id, version]))
  return refs.map((ref) => ({ ref, version: byId.get(ref.version_id)! }))
}

export interface NewLogEntry {
  organization_id: string
  prompt_id: string
  kind: RefKind
  name: string
  old_version_id: string | null
  new_version_id: string | null
  actor_kind: string
  actor: string
  actor_name: string
  reason: string
  at: Date
  prev_hash: Buffer | null
  hash: Buffer
}

export async function insertLogEntry(db: Db, entry: NewLogEntry): Promise<void> {
  await db.insertInto('prompt_ref_log').values(entry).execute()
}

/** The hash of the prompt's last log entry; null before the first. */
export async function lastLogHash(db: Db, promptId: string): Promise<Buffer | null> {
  const last = await db
    .selectFrom('prompt_ref_log')
    .select('hash')
    .where('prompt_id', '=', promptId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.hash ?? null
}

export interface LogRow extends Selectable<Tables['prompt_ref_log']> {
  old_version_number: number | null
  new_version_number: number | null
}

export interface LogFilter {
  kind?: RefKind | undefined
  name?: string | undefined
  /** Only the moves up to this time, ISO 8601. */
  at?: string | undefined
}

/** Newest first. */
export async function listLog(
  db: Db,
  promptId: string,
  { kind, name, at }: LogFilter,
  { limit, after }: Keyset<string>,
): Promise<LogRow[]> {
  let query = db
    .selectFrom('prompt_ref_log')
    .selectAll()
    .select((log) => {
      const versions = log.selectFrom('prompt_versions').select('version_number')
      return [
        versions.whereRef('prompt_versions.id', '=', 'prompt_ref_log.old_version_id').as('old_version_number'),
        versions.whereRef('prompt_versions.id', '=', 'prompt_ref_log.new_version_id').as('new_version_number'),
      ]
    })
    .where('prompt_id', '=', promptId)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (name !== undefined) query = query.where('name', '=', name)
  if (at !== undefined) query = query.where('at', '<=', new Date(at))
  if (after !== undefined) query = query.where(sql<boolean>`id < ${after}::bigint`)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

/** The refs that name any of these versions. */
export async function listRefsAt(
  db: Db,
  promptId: string,
  versionIds: readonly string[],
): Promise<Pick<RefRow, 'version_id' | 'kind' | 'name'>[]> {
  return db
    .selectFrom('prompt_refs')
    .select(['version_id', 'kind', 'name'])
    .where('prompt_id', '=', promptId)
    .where(sql<boolean>`version_id = any(${versionIds}::uuid[])`)
    .orderBy('kind')
    .orderBy('name')
    .execute()
}
