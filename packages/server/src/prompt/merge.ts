import { FairleadError } from '@fairlead/core/base'
import type {
  MergePreview,
  PromptConflict,
  PromptContent,
  PromptMerge,
  Resolution,
  ResolvedMerge,
} from '@fairlead/core/prompt'
import { diffPrompt, mergeBaseOf, mergePrompt, mergeWords, messagesOf, resolveMerge } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { assertContent, assertMessages } from './content-guard.ts'
import { ContentReader } from './content-reader.ts'
import { isAncestor, loadContents, loadEdges, loadVersions } from './history-store.ts'
import { toVersion } from './record.ts'
import type { PromptRow, VersionRow } from './store.ts'
import { contentOf } from './store.ts'

/** How conflicts end: each by its resolution, or all by the whole content. */
export interface Resolved {
  resolutions?: Resolution[] | undefined
  content?: PromptContent | undefined
}

/** Three versions of a prompt's content, and what each side is called. */
export interface Sides {
  base: PromptContent
  ours: PromptContent
  theirs: PromptContent
  labels: { ours: string; theirs: string }
}

/** A merge as far as it goes by itself, with whatever a person needs to look at to end it. */
export async function previewMerge(
  db: Kysely<Tables>,
  prompt: PromptRow,
  { source, target }: { source: VersionRow; target: VersionRow },
): Promise<MergePreview> {
  const sides = await sidesOf(db, prompt, { source, target })
  const merge = merged(sides)
  const outcome = sides.relation ?? (merge.clean ? 'clean' : 'conflict')
  const content = sides.relation === 'up-to-date' ? sides.ours : merge.content
  return {
    outcome,
    source: toVersion(source),
    target: toVersion(target),
    bases: sides.bases.map(toVersion),
    content,
    conflicts: sides.relation === undefined ? merge.conflicts.map((conflict) => shown(conflict, sides)) : [],
    changes: diffPrompt(sides.ours, content),
  }
}

/** What stands to be merged, and how the versions stand to each other: behind, in line, or apart. */
export async function sidesOf(
  db: Kysely<Tables>,
  prompt: PromptRow,
  { source, target }: { source: VersionRow; target: VersionRow },
): Promise<Sides & { bases: VersionRow[]; relation: 'up-to-date' | 'fast-forward' | undefined }> {
  const edges = await loadEdges(db, prompt)
  const relation = isAncestor(edges, source.id, target.id)
    ? 'up-to-date'
    : isAncestor(edges, target.id, source.id)
      ? 'fast-forward'
      : undefined
  const reader = new ContentReader((ids) => loadContents(db, ids))
  const history = { parents: edges.parents, contentOf: (id: string) => reader.get(id) }
  const base = await mergeBaseOf(history, target.id, source.id)
  const versions = await loadVersions(db, base.bases)
  return {
    base: base.content ?? {},
    ours: contentOf(target),
    theirs: contentOf(source),
    labels: { ours: target.branch, theirs: source.branch },
    bases: base.bases.map((id) => versions.get(id)!),
    relation,
  }
}

function merged({ base, ours, theirs, labels }: Sides): PromptMerge {
  return mergePrompt(base, ours, theirs, { labels })
}

/**
 * The content that a merge ends with. Throws `prompt.merge_conflict` with every conflict that is left, each with what is
 * needed to draw and to resolve it, `prompt.invalid_resolution` for a resolution of none of them, and
 * `prompt.invalid_content` for one that makes no content.
 */
export function settle(sides: Sides, { resolutions = [], content }: Resolved): PromptContent {
  if (content !== undefined) return content
  const merge = merged(sides)
  const resolved = resolveMerge(merge, resolutions)
  if (resolved.unfit.length > 0) throw unfitResolutions(resolved.unfit)
  assertMessagesGiven(merge, resolutions)
  if (resolved.unresolved.length === 0) {
    if (resolutions.length > 0)
      assertContent(resolved.content, { pointerOf: (pointer) => pointerIn(resolutions, pointer) })
    return resolved.content
  }
  const count = resolved.unresolved.length
  const message = `The sides contradict each other in ${count} ${count === 1 ? 'conflict' : 'conflicts'}. Send a resolution for each path, or the whole content.`
  throw new FairleadError('prompt.merge_conflict', message, {
    data: {
      content: JSON.parse(JSON.stringify(merge.content)),
      conflicts: JSON.parse(JSON.stringify(resolved.unresolved.map((conflict) => shown(conflict, sides)))),
    },
  })
}

/** Messages go in among others, where nobody could tell any more which of them a resolution gave. */
function assertMessagesGiven({ conflicts }: PromptMerge, resolutions: readonly Resolution[]): void {
  const blocks = conflicts.filter(({ kind, path }) => kind === 'value' && path.startsWith('/messages/'))
  const paths = new Set(blocks.map(({ path }) => path))
  for (const [index, resolution] of resolutions.entries()) {
    if (!paths.has(resolution.path) || 'take' in resolution || 'hunks' in resolution) continue
    assertMessages(resolution.value, { pointerOf: (pointer) => `/resolutions/${index}/value${pointer}` })
  }
}

/** Throws `prompt.invalid_resolution` for what is sent to a merge that leaves nothing to resolve. */
export function assertNothingSent({ resolutions = [], content }: Resolved): void {
  const reason = 'Nothing is left to resolve: there is no conflict.'
  if (resolutions.length > 0) throw unfitResolutions(resolutions.map((_, index) => ({ index, reason })))
  if (content === undefined) return
  throw new FairleadError('prompt.invalid_resolution', `${reason} Commit the content by itself, or leave it out.`, {
    data: { errors: [{ pointer: '/content', message: reason }] },
  })
}

function unfitResolutions(unfit: ResolvedMerge['unfit']): FairleadError {
  const errors = unfit.map(({ index, reason }) => ({ pointer: `/resolutions/${index}`, message: reason }))
  const [first] = errors
  const message = `The resolutions do not fit the conflicts: ${first!.pointer}: ${first!.message} A preview of the merge lists them.`
  return new FairleadError('prompt.invalid_resolution', message, { data: { errors } })
}

/** Where a request says what a pointer in the content that its merge ends with leads to. */
function pointerIn(resolutions: readonly Resolution[], pointer: string): string {
  const index = resolutions.findIndex(
    (resolution) => 'value' in resolution && `${pointer}/`.startsWith(`${resolution.path}/`),
  )
  if (index < 0) return '/resolutions'
  return `/resolutions/${index}/value${pointer.slice(resolutions[index]!.path.length)}`
}

/** With a proposal where the words of a text fit together though its lines do not. */
function shown(conflict: PromptConflict, { base, ours, theirs }: Sides): MergePreview['conflicts'][number] {
  if (conflict.kind !== 'text') return conflict
  const at = /^\/messages\/(\d+)\/content$/.exec(conflict.path)
  const [one, two, three] = [base, ours, theirs].map((side) => messagesOf(side))
  const index = at ? Number(at[1]) : 0
  // Where messages were added or removed, the same place holds another one on each side: then nothing is proposed.
  const isAligned = one!.length === two!.length && two!.length === three!.length
  const texts = [one, two, three].map((messages) => messages![index]?.content ?? '')
  return { ...conflict, proposal: isAligned ? mergeWords(texts[0]!, texts[1]!, texts[2]!) : null }
}
