import { FairleadError } from '@fairlead/core/base'
import type { ComposedReference, PromptContent, ReferencedPrompt, ReferenceTarget } from '@fairlead/core/prompt'
import { composePrompt, maxRenderedLength } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { loadContents } from './history-store.ts'
import type { ReferenceGraph } from './reference-graph.ts'
import { composedLevels, loadReferenceGraph } from './reference-graph.ts'
import type { PromptRow, VersionRow } from './store.ts'
import { contentOf } from './store.ts'

/** In UTF-8 the longest text has fewer; what says more is refused before it is read. */
const mostBytes = 4 * maxRenderedLength

/** A version with the texts of other prompts in the place of its references, and every version that went in. */
export interface ComposedVersion {
  content: PromptContent
  references: ComposedReference[]
}

/**
 * Composes a version of what its references lead to now. Throws what `composePrompt` does, and
 * `prompt.too_many_references`.
 */
export async function composeVersion(
  db: Kysely<Tables>,
  prompt: Pick<PromptRow, 'key'>,
  row: VersionRow,
): Promise<ComposedVersion> {
  const content = contentOf(row)
  if (content.references === undefined) return { content, references: [] }
  const graph = await loadReferenceGraph(db, [content.references], { levels: composedLevels })
  return composeWith(db, graph, { id: row.id, key: prompt.key, content })
}

/** The same with references that have been followed already. */
export async function composeWith(
  db: Kysely<Tables>,
  graph: ReferenceGraph,
  { id, key, content }: ReferencedPrompt,
): Promise<ComposedVersion> {
  const references = graph.reach(content.references ?? {})
  if (graph.sizeOf(references) > mostBytes) throw tooLong(key)
  const contents = await loadContents(db, [...new Set(references.map(({ versionId }) => versionId))])
  const find = (target: ReferenceTarget) => {
    const found = graph.find(target)
    return found && { id: found.versionId, key: found.key, content: contents.get(found.versionId)! }
  }
  return { content: composePrompt(content, find, { id, key }), references }
}

function tooLong(key: string): FairleadError {
  const most = mostBytes.toLocaleString('en')
  const message = `What "${key}" refers to has more than ${most} bytes. Refer to less, or to shorter prompts.`
  return new FairleadError('prompt.too_long', message, { data: { most: mostBytes } })
}
