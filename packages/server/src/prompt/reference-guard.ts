import type { ErrorData } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import type { PromptContent } from '@fairlead/core/prompt'
import { findReferenceCycle, referenceCycle, referenceFaults } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { composeWith } from './compose.ts'
import type { ReferenceGraph } from './reference-graph.ts'
import { loadReferenceGraph } from './reference-graph.ts'
import { lockReferences } from './reference-store.ts'
import type { PromptRow, References, VersionRow } from './store.ts'
import { contentOf } from './store.ts'

/**
 * That a version which is about to be made can be composed of what its references lead to now, and that they do not lead
 * back to its own prompt. Throws `prompt.invalid_content`, `prompt.unknown_reference`, `prompt.reference_cycle` and
 * what composing throws, each with a pointer.
 */
export async function assertComposable(db: Kysely<Tables>, prompt: PromptRow, content: PromptContent): Promise<void> {
  const [first, ...others] = referenceFaults(content).map(({ pointer, message }) => fault(pointer, message))
  if (first) {
    const message = `The templates and the references of the version do not fit: ${first.pointer} ${first.message}.`
    throw new FairleadError('prompt.invalid_content', message, { data: { errors: [first, ...others] } })
  }
  const { references = {} } = content
  if (Object.keys(references).length === 0) return
  const graph = await loadReferenceGraph(db, [references]).catch(rethrowWithPointer)
  for (const [name, target] of Object.entries(references)) {
    const cycle = findWayBack(graph, prompt, { [name]: target })
    if (cycle) rethrowWithPointer(referenceCycle(cycle, { reference: name }))
  }
  assertKnown(graph, references)
  await composeWith(db, graph, { id: prompt.id, key: prompt.key, content }).catch(rethrowWithPointer)
}

/**
 * That a label may name the version that it has been moved to: its references must not lead back to the prompt, also not
 * where they lead through this very label. Takes its place in the queue of the organization first. A circle is closed by a
 * label that comes to name a version with references, and by nothing else (a new version has nobody that refers to it), so
 * these moves alone have to see each other.
 */
export async function assertNoCycle(db: Kysely<Tables>, prompt: PromptRow, version: VersionRow): Promise<void> {
  const { references = {} } = contentOf(version)
  if (Object.keys(references).length === 0) return
  await lockReferences(db, prompt.organization_id)
  const cycle = findWayBack(await loadReferenceGraph(db, [references]), prompt, references)
  if (cycle) throw referenceCycle(cycle)
}

/** A way on which references go round. All versions of the prompt count as one: whatever leads back to it is such a way. */
function findWayBack(graph: ReferenceGraph, prompt: PromptRow, references: References): string[] | null {
  const idOf = (version: { promptId: string; versionId: string }) =>
    version.promptId === prompt.id ? prompt.id : version.versionId
  return findReferenceCycle({ id: prompt.id, key: prompt.key, references }, (node) =>
    Object.values(node.references).flatMap((target) => {
      const found = graph.find(target)
      return found ? [{ id: idOf(found), key: found.key, references: found.references }] : []
    }),
  )
}

function assertKnown(graph: ReferenceGraph, references: References): void {
  const errors = Object.entries(references)
    .filter(([, target]) => !graph.find(target))
    .map(([name, { prompt, version, label }]) => {
      const what = version === undefined ? `the label "${label}"` : `the version ${version}`
      return fault(`/references/${name}`, `must name a version that is there: ${what} of the prompt "${prompt}" is not`)
    })
  const [first] = errors
  if (!first) return
  const message = `The version refers to what is not there: ${first.pointer} ${first.message}.`
  throw new FairleadError('prompt.unknown_reference', message, { data: { errors } })
}

/** Says of an error by which reference of the version it came about. */
function rethrowWithPointer(error: unknown): never {
  if (!(error instanceof FairleadError)) throw error
  const { reference } = (error.data ?? {}) as { reference?: string }
  const pointer = reference === undefined ? '/references' : `/references/${reference}`
  const data: ErrorData = { ...error.data, errors: [fault(pointer, error.message)] }
  throw new FairleadError(error.code, error.message, { data, cause: error })
}

function fault(pointer: string, message: string): { pointer: string; message: string } {
  return { pointer: `/content${pointer}`, message }
}
