import type { LaneVersion, PromptContent } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { PromptRow, VersionRow } from './store.ts'
import { contentOf, findVersionsById } from './store.ts'

/** Who was made from whom, for all versions of a prompt. */
export interface Edges {
  readonly parents: ReadonlyMap<string, readonly string[]>
  /** By their numbers, which rise by one; nobody comes from a version with a higher number. */
  readonly ids: readonly string[]
  readonly numbers: ReadonlyMap<string, number>
}

interface KnownEdges {
  parents: Map<string, readonly string[]>
  ids: string[]
  numbers: Map<string, number>
}

/** Histories by organization and prompt, the one used last at the end. */
const known = new Map<string, KnownEdges>()
const mostPrompts = 200

/**
 * The history of a prompt as this transaction sees it. Versions never change and their numbers have no gaps, so what was
 * read once only has to be gone on with, if its last version is still there: a transaction that was rolled back may have
 * taken it along.
 */
export async function loadEdges(db: Kysely<Tables>, prompt: Pick<PromptRow, 'organization_id' | 'id'>): Promise<Edges> {
  const key = `${prompt.organization_id} ${prompt.id}`
  const edges = known.get(key) ?? { parents: new Map(), ids: [], numbers: new Map() }
  const last = edges.ids.at(-1)
  const rows = await readEdges(db, prompt.id, edges.ids.length)
  if (last !== undefined && rows[0]?.id !== last) {
    known.delete(key)
    return loadEdges(db, prompt)
  }
  for (const { id, version_number, parent_version_id, merge_parent_version_id } of rows) {
    edges.parents.set(
      id,
      [parent_version_id, merge_parent_version_id].filter((parent) => parent !== null),
    )
    edges.ids[version_number - 1] = id
    edges.numbers.set(id, version_number)
  }
  // Somebody else has gone on with them meanwhile, in a transaction that was rolled back: numbers have no gaps.
  if (last !== undefined && edges.parents.size !== edges.ids.length) {
    known.delete(key)
    return loadEdges(db, prompt)
  }
  known.delete(key)
  known.set(key, edges)
  if (known.size > mostPrompts) known.delete(known.keys().next().value!)
  return edges
}

async function readEdges(db: Kysely<Tables>, promptId: string, from: number) {
  return db
    .selectFrom('prompt_versions')
    .select(['id', 'version_number', 'parent_version_id', 'merge_parent_version_id'])
    .where('prompt_id', '=', promptId)
    .where('version_number', '>=', from)
    .orderBy('version_number')
    .execute()
}

/** The versions from one number down to another, as the core lays them out. */
export function* newestFirst({ ids, parents }: Edges, from: number, to: number): Generator<LaneVersion<string>> {
  for (let number = Math.min(from, ids.length); number >= to; number--) {
    const id = ids[number - 1]!
    yield { id, parents: parents.get(id)! }
  }
}

/** The versions and all that they come from, without `known` ones and what lies behind those. */
export function ancestorsOf(
  { parents }: Edges,
  versions: readonly string[],
  without: ReadonlySet<string> = new Set(),
): Set<string> {
  const found = new Set<string>()
  const open = [...versions]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id) || without.has(id)) continue
    found.add(id)
    open.push(...(parents.get(id) ?? []))
  }
  return found
}

/** Whether a version comes from another, or is it. */
export function isAncestor({ parents, numbers }: Edges, ancestor: string, version: string): boolean {
  const lowest = numbers.get(ancestor)!
  const seen = new Set<string>()
  const open = [version]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === ancestor) return true
    // Whoever is older than the ancestor does not come from it.
    if (seen.has(id) || numbers.get(id)! <= lowest) continue
    seen.add(id)
    open.push(...(parents.get(id) ?? []))
  }
  return false
}

/** Versions by their ids; all of them exist. */
export async function loadVersions(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, VersionRow>> {
  const rows = await findVersionsById(db, ids)
  return new Map(rows.map(({ key: _key, ...row }) => [row.id, row]))
}

export async function loadContents(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, PromptContent>> {
  return new Map([...(await loadVersions(db, ids))].map(([id, row]) => [id, contentOf(row)]))
}
