import type { JsonSchema } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import { variablesOf } from '@fairlead/core/prompt'
import { pinKey } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { composeWith } from './compose.ts'
import { loadContents } from './history-store.ts'
import type { ReferenceGraph } from './reference-graph.ts'
import { composedLevels, loadReferenceGraph, mostReferences } from './reference-graph.ts'
import type { CurrentVersion } from './store.ts'

type Variables = Record<string, JsonSchema>

/**
 * The variables of versions that refer to others. What labels name is looked up each time; contents are read only when a
 * version is composed of others than before.
 */
export class ComposedVariables {
  readonly #remembered = new Map<string, Variables>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** By version id; those that refer to nothing, and those that can't be composed, are left out. */
  async list(db: Kysely<Tables>, rows: readonly CurrentVersion[]): Promise<Map<string, Variables>> {
    const referring = rows.filter(({ references }) => references !== null && Object.keys(references ?? {}).length > 0)
    const found = new Map<string, Variables>()
    if (referring.length === 0) return found
    const starts = referring.map(({ references }) => references!)
    const graph = await loadReferenceGraph(db, starts, { most: Number.POSITIVE_INFINITY, levels: composedLevels })
    for (const row of referring) {
      const variables = await this.#of(db, graph, row)
      if (variables) found.set(row.id, variables)
    }
    return found
  }

  async #of(db: Kysely<Tables>, graph: ReferenceGraph, row: CurrentVersion): Promise<Variables | undefined> {
    const references = graph.reach(row.references!)
    if (references.length > mostReferences) return undefined
    const name = pinKey({ versionId: row.id, references })
    const known = this.#remembered.get(name)
    if (known) return known
    const content = (await loadContents(db, [row.id])).get(row.id)!
    try {
      const variables = variablesOf((await composeWith(db, graph, { id: row.id, key: row.key, content })).content)
      this.#remembered.set(name, variables)
      if (this.#remembered.size > this.#most) this.#remembered.delete(this.#remembered.keys().next().value!)
      return variables
    } catch (error) {
      if (error instanceof FairleadError) return undefined
      throw error
    }
  }
}
