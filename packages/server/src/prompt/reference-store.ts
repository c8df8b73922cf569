import type { ReferenceTarget } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { PromptRow, References, VersionRow } from './store.ts'
import { declaredReferences, isUuid } from './store.ts'

type Db = Kysely<Tables>

/** A version with what it refers to, and without its content. */
export interface ReferringVersion {
  promptId: string
  key: string
  versionId: string
  versionNumber: number
  references: References
  /** Bytes of all that it says. */
  size: number
}

/**
 * Waits until no other transaction of the organization holds this, and holds it until the end. Whoever takes it holds the
 * lock of one prompt already and takes none of another after, so that nobody waits in a circle.
 */
export async function lockReferences(db: Db, organizationId: string): Promise<void> {
  const name = `fairlead prompt references ${organizationId}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db)
}

/** What each target leads to now, by its place in the list; undefined where there is no such prompt, version or label. */
export async function findTargets(
  db: Db,
  targets: readonly ReferenceTarget[],
): Promise<(ReferringVersion | undefined)[]> {
  const promptOf = await findPrompts(db, [...new Set(targets.map(({ prompt }) => prompt))])
  const placed = targets.map((target) => ({ ...target, prompt: promptOf(target.prompt) }))
  // What was imported may name numbers that no version can have.
  const numbered = placed.flatMap(({ prompt, version }) =>
    prompt && version !== undefined && version <= greatestNumber ? [{ prompt, version }] : [],
  )
  const labelled = placed.flatMap(({ prompt, label }) => (prompt && label !== undefined ? [{ prompt, label }] : []))
  const rows = new Map([...(await listNumbered(db, numbered)), ...(await listLabelled(db, labelled))])
  return placed.map(({ prompt, version, label }) => {
    const row = prompt && rows.get(version === undefined ? `${prompt.id} label ${label}` : `${prompt.id} ${version}`)
    return row && toReferring(prompt.key, row)
  })
}

type NamedPrompt = Pick<PromptRow, 'id' | 'key'>

/** Prompts by their ids or keys. */
async function findPrompts(db: Db, names: readonly string[]): Promise<(name: string) => NamedPrompt | undefined> {
  const ids = names.filter(isUuid)
  const rows = await db
    .selectFrom('prompts')
    .select(['id', 'key'])
    .where(sql<boolean>`(key = any(${names}::text[]) or id = any(${ids}::uuid[]))`)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  const byKey = new Map(rows.map((row) => [row.key, row]))
  return (name) => (isUuid(name) ? byId.get(name.toLowerCase()) : undefined) ?? byKey.get(name)
}

type ReferringRow = Pick<VersionRow, 'id' | 'prompt_id' | 'version_number'> & {
  references: References | null
  size: number
}

const greatestNumber = 2_147_483_647

const size = sql<number>`octet_length(prompt_versions.content) + octet_length(prompt_versions.config::text)
  + octet_length(prompt_versions.variables::text)`.as('size')

async function listNumbered(
  db: Db,
  targets: readonly { prompt: NamedPrompt; version: number }[],
): Promise<[string, ReferringRow][]> {
  if (targets.length === 0) return []
  const ids = targets.map(({ prompt }) => prompt.id)
  const numbers = targets.map(({ version }) => version)
  const rows = await db
    .selectFrom('prompt_versions')
    .select(['id', 'prompt_id', 'version_number', declaredReferences, size])
    .where(sql<boolean>`(prompt_id, version_number) in (select * from unnest(${ids}::uuid[], ${numbers}::int[]))`)
    .execute()
  return rows.map((row) => [`${row.prompt_id} ${row.version_number}`, row])
}

async function listLabelled(
  db: Db,
  targets: readonly { prompt: NamedPrompt; label: string }[],
): Promise<[string, ReferringRow][]> {
  if (targets.length === 0) return []
  const ids = targets.map(({ prompt }) => prompt.id)
  const labels = targets.map(({ label }) => label)
  const rows = await db
    .selectFrom('prompt_refs')
    .innerJoin('prompt_versions', (join) =>
      join
        .onRef('prompt_versions.organization_id', '=', 'prompt_refs.organization_id')
        .onRef('prompt_versions.prompt_id', '=', 'prompt_refs.prompt_id')
        .onRef('prompt_versions.id', '=', 'prompt_refs.version_id'),
    )
    .select(['prompt_refs.name', 'prompt_versions.id', 'prompt_versions.prompt_id', 'prompt_versions.version_number'])
    .select([declaredReferences, size])
    .where('prompt_refs.kind', '=', 'label')
    .where(
      sql<boolean>`(prompt_refs.prompt_id, prompt_refs.name) in (select * from unnest(${ids}::uuid[], ${labels}::text[]))`,
    )
    .execute()
  return rows.map((row) => [`${row.prompt_id} label ${row.name}`, row])
}

function toReferring(key: string, row: ReferringRow): ReferringVersion {
  const { id, prompt_id, version_number, references, size } = row
  return { promptId: prompt_id, key, versionId: id, versionNumber: version_number, references: references ?? {}, size }
}
