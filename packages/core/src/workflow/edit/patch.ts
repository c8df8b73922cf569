import { FairleadError } from '../../base/index.ts'
import type { Workflow, WorkflowEdge, WorkflowNode } from '../document-schema.ts'

type Section = Exclude<keyof Workflow, 'formatVersion'>
type Item = WorkflowNode | WorkflowEdge

/** One change: a whole section of the workflow, or one item of a list. Without `before` it adds, without `after` it removes. */
export type Change =
  | { kind: 'section'; key: Section; before?: unknown; after?: unknown }
  | { kind: 'item'; list: 'nodes' | 'edges'; at: number; before?: Item; after?: Item }

/** What turns one workflow into another: plain data that can be stored, sent and inverted. Changes apply in order. */
export type Patch = readonly Change[]

/** The workflow after the patch. Throws `workflow.patch_mismatch` when the patch was made for another workflow. */
export function applyPatch(workflow: Workflow, patch: Patch): Workflow {
  return patch.reduce(applyChange, workflow)
}

/** The patch that takes back what `patch` did. */
export function invertPatch(patch: Patch): Patch {
  return patch.toReversed().map(({ before, after, ...change }) => turned(change as Change, after, before))
}

/** One patch that does what the given ones do, one after the other; changes of the same thing become one change. */
export function squashPatches(...patches: readonly Patch[]): Patch {
  const squashed: Change[] = []
  for (const change of patches.flat()) {
    const index = squashed.findLastIndex((earlier) => sameThing(earlier, change) || movesItems(earlier, change))
    const earlier = squashed[index]
    if (earlier === undefined || !sameThing(earlier, change) || !replacesWhatWas(earlier, change)) squashed.push(change)
    else squashed[index] = turned(earlier, earlier.before, change.after)
  }
  return squashed.filter(changesSomething)
}

/** The patch from one workflow to another. Whatever both share by reference is taken as unchanged without a look inside. */
export function patchBetween(before: Workflow, after: Workflow): Patch {
  const patch: Change[] = []
  for (const key of ['name', 'description', 'inputs', 'variables', 'outputs'] as const) {
    if (before[key] !== after[key]) patch.push(turned({ kind: 'section', key }, before[key], after[key]))
  }
  patch.push(...listChanges('nodes', before.nodes, after.nodes))
  patch.push(...listChanges('edges', before.edges, after.edges))
  return patch
}

function applyChange(workflow: Workflow, change: Change): Workflow {
  if (change.kind === 'section') {
    if (change.after !== undefined) return ordered({ ...workflow, [change.key]: change.after })
    const { [change.key]: _, ...rest } = workflow
    return rest as Workflow
  }
  const items: readonly Item[] = workflow[change.list]
  const { at, before, after } = change
  if (at > items.length || (before !== undefined && items[at]?.id !== before.id)) {
    const message = `The patch changes item ${at} of "${change.list}", which is not there. Apply it to the workflow it was made for.`
    throw new FairleadError('workflow.patch_mismatch', message, { data: { list: change.list, at } })
  }
  const list = items.toSpliced(at, before === undefined ? 0 : 1, ...(after === undefined ? [] : [after]))
  return { ...workflow, [change.list]: list }
}

/** Only `description` may come and go; it stands behind `name`. */
function ordered({ formatVersion, name, description, ...rest }: Workflow): Workflow {
  return { formatVersion, name, ...(description !== undefined && { description }), ...rest }
}

function listChanges<Kind extends Item>(
  list: 'nodes' | 'edges',
  before: readonly Kind[],
  after: readonly Kind[],
): Change[] {
  if (before === after) return []
  const kept = new Set(after.map((item) => item.id))
  const known = new Set(before.map((item) => item.id))
  const stays = before.filter((item) => kept.has(item.id)).map((item) => item.id)
  const sameOrder = after.filter((item) => known.has(item.id)).every((item, index) => item.id === stays[index])
  if (!sameOrder || kept.size < after.length || known.size < before.length) {
    return [{ kind: 'section', key: list, before, after }]
  }
  const changes: Change[] = []
  for (let at = before.length - 1; at >= 0; at--) {
    if (!kept.has(before[at]!.id)) changes.push({ kind: 'item', list, at, before: before[at]! })
  }
  const earlier = new Map(before.map((item) => [item.id, item]))
  for (const [at, item] of after.entries()) {
    const was = earlier.get(item.id)
    if (was !== item) changes.push(turned({ kind: 'item', list, at }, was, item))
  }
  return changes
}

function turned(change: Change, before: unknown, after: unknown): Change {
  const { before: _, after: __, ...rest } = change
  return { ...rest, ...(before !== undefined && { before }), ...(after !== undefined && { after }) } as Change
}

/** By value: what is put back as it was is no longer the same object. */
function changesSomething({ before, after }: Change): boolean {
  return before !== after && JSON.stringify(before) !== JSON.stringify(after)
}

function sameThing(a: Change, b: Change): boolean {
  if (a.kind === 'section') return b.kind === 'section' && a.key === b.key
  return b.kind === 'item' && a.list === b.list && a.at === b.at
}

/** True when `earlier` adds, removes or exchanges items, so that positions before and after it mean different things. */
function movesItems(earlier: Change, later: Change): boolean {
  if (earlier.kind === 'section') return later.kind === 'item' && earlier.key === later.list
  const list = later.kind === 'item' ? later.list : later.key
  return (
    earlier.list === list && (later.kind === 'section' || earlier.before === undefined || earlier.after === undefined)
  )
}

/** True when `later` changes the very item that `earlier` left there, without moving others. */
function replacesWhatWas(earlier: Change, later: Change): boolean {
  return (
    earlier.kind === 'section' ||
    (earlier.after !== undefined && later.before !== undefined && later.after !== undefined)
  )
}
