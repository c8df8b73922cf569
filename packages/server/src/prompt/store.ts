import type { PromptContent } from '@fairlead/core/prompt'
import type { Kysely, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../database/index.ts'

type Db = Kysely<Tables>
export type PromptRow = Selectable<Tables['prompts']>
export type VersionRow = Selectable<Tables['prompt_versions']>

/** A page of rows newest first, or by key: `after` is the last row of the page before. */
export interface Keyset<After> {
  limit: number
  after: After | undefined
}

export type References = NonNullable<PromptContent['references']>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a name may be a prompt's id. */
export function isUuid(name: string): boolean {
  return uuid.test(name)
}

/** Finds a prompt by id or key. */
export async function findPrompt(db: Db, prompt: { id: string } | { key: string }): Promise<PromptRow | undefined> {
  const query = db.selectFrom('prompts').selectAll()
  return 'id' in prompt
    ? query.where('id', '=', prompt.id).executeTakeFirst()
    : query.where('key', '=', prompt.key).executeTakeFirst()
}

export async function findKeys(db: Db, ids: readonly string[]): Promise<Pick<PromptRow, 'id' | 'key'>[]> {
  if (ids.length === 0) return []
  return db.selectFrom('prompts').select(['id', 'key']).where('id', 'in', ids).execute()
}

export interface PromptFilter {
  key?: string | undefined
  archived: 'exclude' | 'include' | 'only'
}

export async function listPrompts(
  db: Db,
  { key, archived }: PromptFilter,
  { limit, after }: Keyset<string>,
): Promise<PromptRow[]> {
  let query = db.selectFrom('prompts').selectAll()
  if (archived !== 'include') query = query.where('archived_at', archived === 'only' ? 'is not' : 'is', null)
  if (key !== undefined) query = query.where('key', '=', key)
  if (after !== undefined) query = query.where('key', '>', after)
  return query.orderBy('key').limit(limit).execute()
}

/** Inserts the prompt, or nothing when its key is taken. */
export async function insertPrompt(
  db: Db,
  row: {
    organization_id: string
    id: string
    key: string
    name: string
    description: string | null
    created_by: string | null
  },
): Promise<PromptRow | undefined> {
  return db
    .insertInto('prompts')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doNothing())
    .returningAll()
    .executeTakeFirst()
}

/**
 * Takes the prompt's next version number. The update locks the prompt's row until the transaction ends, so numbers are
 * gapless however many writers there are: a writer that rolls back gives its number back.
 */
export async function takeVersionNumber(db: Db, promptId: string): Promise<number> {
  const { next_version } = await db
    .updateTable('prompts')
    .set((row) => ({ next_version: row('next_version', '+', 1), updated_at: row.fn('now', []) }))
    .where('id', '=', promptId)
    .returning('next_version')
    .executeTakeFirstOrThrow()
  return next_version - 1
}

/** Holds the prompt's row, as it is now, until the transaction ends: writers of one prompt queue here and nowhere else. */
export async function lockPrompt(db: Db, promptId: string): Promise<PromptRow> {
  return db.selectFrom('prompts').selectAll().where('id', '=', promptId).forUpdate().executeTakeFirstOrThrow()
}

export async function updatePrompt(
  db: Db,
  promptId: string,
  columns: { name: string; description: string | null; isArchived: boolean },
): Promise<PromptRow> {
  const { isArchived, ...said } = columns
  const archived_at = isArchived ? sql<Date>`coalesce(archived_at, now())` : null
  return db
    .updateTable('prompts')
    .set({ ...said, archived_at, updated_at: sql<Date>`now()` })
    .where('id', '=', promptId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function findVersionByHash(db: Db, promptId: string, commitHash: Buffer): Promise<VersionRow | undefined> {
  return db
    .selectFrom('prompt_versions')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('commit_hash', '=', commitHash)
    .executeTakeFirst()
}

export async function insertVersion(db: Db, row: NewVersion): Promise<VersionRow> {
  const { content, ...columns } = row
  return db
    .insertInto('prompt_versions')
    .values({ ...columns, ...encodeContentColumns(content) })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export interface NewVersion {
  organization_id: string
  id: string
  prompt_id: string
  version_number: number
  content: PromptContent
  commit_message: string | null
  parent_version_id: string | null
  merge_parent_version_id: string | null
  reverts_version_id: string | null
  branch: string
  kind: 'commit' | 'merge' | 'revert' | 'import'
  generation: number
  content_hash: Buffer
  commit_hash: Buffer
  author_name: string
  author_email: string
  committed_at: Date
  created_by: string | null
  responsible_user_id: string | null
}

/**
 * A text stands in `content` as it is, byte for byte; messages stand there as indented JSON, so that a line diff of the
 * column means something. Everything else a version says is in `config` and `variables`.
 */
function encodeContentColumns({ text, messages, variables, ...config }: PromptContent) {
  const format = messages ? 'messages' : 'text'
  return {
    content: messages ? JSON.stringify(messages, null, 2) : (text ?? ''),
    config: JSON.stringify({ format, ...config }),
    variables: JSON.stringify(variables ?? null),
  }
}

/** A version without what it says, which may be long. */
export type VersionHead = Omit<VersionRow, 'content' | 'config' | 'variables'>

const headColumns = [
  'organization_id',
  'id',
  'prompt_id',
  'version_number',
  'commit_message',
  'parent_version_id',
  'merge_parent_version_id',
  'branch',
  'tag',
  'generation',
  'kind',
  'reverts_version_id',
  'content_hash',
  'commit_hash',
  'author_name',
  'author_email',
  'committed_at',
  'created_by',
  'responsible_user_id',
  'created_at',
] as const satisfies (keyof VersionHead)[]

type ContentRow = Pick<VersionRow, 'content' | 'config'>

/** The content of a version, as it was committed. */
export function contentOf(row: ContentRow & Partial<Pick<VersionRow, 'variables'>>): PromptContent {
  const { format, ...config } = row.config as { format: 'messages' | 'text' } & PromptContent
  const body = format === 'messages' ? { messages: JSON.parse(row.content) } : { text: row.content }
  return { ...body, ...(row.variables ? { variables: row.variables as PromptContent['variables'] } : {}), ...config }
}

/** Of a version's columns what it refers to; null when it refers to nothing. */
export const declaredReferences = sql<References | null>`prompt_versions.config -> 'references'`.as('references')

export async function findVersion(db: Db, promptId: string, versionNumber: number): Promise<VersionRow | undefined> {
  return db
    .selectFrom('prompt_versions')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('version_number', '=', versionNumber)
    .executeTakeFirst()
}

export async function findVersionsById(db: Db, ids: readonly string[]): Promise<(VersionRow & { key: string })[]> {
  if (ids.length === 0) return []
  return db
    .selectFrom('prompt_versions')
    .innerJoin('prompts', (join) =>
      join
        .onRef('prompts.organization_id', '=', 'prompt_versions.organization_id')
        .onRef('prompts.id', '=', 'prompt_versions.prompt_id'),
    )
    .selectAll('prompt_versions')
    .select('prompts.key')
    .where(sql<boolean>`prompt_versions.id = any(${ids}::uuid[])`)
    .execute()
}

export async function listVersions(db: Db, promptId: string, { limit, after }: Keyset<number>): Promise<VersionRow[]> {
  let query = db.selectFrom('prompt_versions').selectAll().where('prompt_id', '=', promptId)
  if (after !== undefined) query = query.where('version_number', '<', after)
  return query.orderBy('version_number', 'desc').limit(limit).execute()
}

/** As `listVersions`, without what the versions say. */
export async function listVersionHeads(
  db: Db,
  promptId: string,
  { limit, after }: Keyset<number>,
): Promise<VersionHead[]> {
  let query = db.selectFrom('prompt_versions').select(headColumns).where('prompt_id', '=', promptId)
  if (after !== undefined) query = query.where('version_number', '<', after)
  return query.orderBy('version_number', 'desc').limit(limit).execute()
}

/** What versions say, without the variables that they declare. */
export async function listContents(db: Db, ids: readonly string[]): Promise<(ContentRow & { id: string })[]> {
  return db.selectFrom('prompt_versions').select(['id', 'content', 'config']).where('id', 'in', ids).execute()
}

export type CurrentVersion = Pick<VersionRow, 'id' | 'prompt_id' | 'variables'> & {
  key: string
  references: References | null
}

/**
 * The version of each prompt that counts when no ref is named: label `production`, else the head of `main`; with the
 * variables and references that it declares, and without its content. `names` (ids or keys) leaves out all other prompts.
 */
export async function listCurrentVersions(db: Db, names?: readonly string[]): Promise<CurrentVersion[]> {
  if (names?.length === 0) return []
  let query = db
    .selectFrom('prompts')
    .innerJoin('prompt_refs', (join) =>
      join
        .onRef('prompt_refs.organization_id', '=', 'prompts.organization_id')
        .onRef('prompt_refs.prompt_id', '=', 'prompts.id'),
    )
    .innerJoin('prompt_versions', (join) =>
      join
        .onRef('prompt_versions.organization_id', '=', 'prompt_refs.organization_id')
        .onRef('prompt_versions.prompt_id', '=', 'prompt_refs.prompt_id')
        .onRef('prompt_versions.id', '=', 'prompt_refs.version_id'),
    )
    .select(['prompts.key', 'prompt_versions.id', 'prompt_versions.prompt_id', 'prompt_versions.variables'])
    .select(declaredReferences)
    .distinctOn('prompts.key')
    .where(({ or, eb }) =>
      or([
        eb.and([eb('prompt_refs.kind', '=', 'label'), eb('prompt_refs.name', '=', 'production')]),
        eb.and([eb('prompt_refs.kind', '=', 'branch'), eb('prompt_refs.name', '=', 'main')]),
      ]),
    )
  if (names) {
    const named = sql<boolean>`(prompts.key = any(${names}::text[]) or prompts.id::text = any(${names}::text[]))`
    query = query.where(named)
  }
  // Of the two kinds, "label" sorts last.
  return query.orderBy('prompts.key').orderBy('prompt_refs.kind', 'desc').execute()
}

/**
 * Two at most: enough to know whether there is one. By a range in the order of the unique index, which then answers it:
 * `like` would look at every version.
 */
export async function findVersionsByHashPrefix(db: Db, promptId: string, prefix: string): Promise<VersionRow[]> {
  return db
    .selectFrom('prompt_versions')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('commit_hash', '>=', Buffer.from(prefix.padEnd(64, '0'), 'hex'))
    .where('commit_hash', '<=', Buffer.from(prefix.padEnd(64, 'f'), 'hex'))
    .orderBy('commit_hash')
    .limit(2)
    .execute()
}

/** The numbers of versions by their ids. */
export async function numbersOf(db: Db, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('prompt_versions')
    .select(['id', 'version_number'])
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .execute()
  return new Map(rows.map(({ id, version_number }) => [id, version_number]))
}

export async function countVersions(db: Db, promptId: string): Promise<number> {
  const { count } = await db
    .selectFrom('prompt_versions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('prompt_id', '=', promptId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** In the order in which they were made, behind a version number. */
export async function listVersionsFrom(
  db: Db,
  promptId: string,
  { limit, after }: Keyset<number>,
): Promise<VersionRow[]> {
  return db
    .selectFrom('prompt_versions')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('version_number', '>', after ?? 0)
    .orderBy('version_number')
    .limit(limit)
    .execute()
}

/** Commit hashes by version id. */
export async function hashesOfVersions(db: Db, ids: readonly string[]): Promise<Map<string, Buffer>> {
  const rows = await db
    .selectFrom('prompt_versions')
    .select(['id', 'commit_hash'])
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .execute()
  return new Map(rows.map(({ id, commit_hash }) => [id, commit_hash]))
}
