import type { Workflow } from '../document-schema.ts'
import type { Patch } from './patch.ts'
import { applyPatch, invertPatch, squashPatches } from './patch.ts'

/** What an edit gives: the workflow after it, and the patch from the one before. */
export interface Edit {
  workflow: Workflow
  patch: Patch
}

/** A workflow being edited, with the patches that led to it and those that were undone. A plain value. */
export interface History {
  workflow: Workflow
  past: readonly Patch[]
  future: readonly Patch[]
  /** At most so many steps can be undone. */
  limit: number
  /** Merged edits have cancelled out, and with them their step: what is merged next begins it again. */
  isCancelled?: boolean
}

/** A history that begins with this workflow. */
export function startHistory(workflow: Workflow, { limit = 200 }: { limit?: number } = {}): History {
  return { workflow, past: [], future: [], limit }
}

/**
 * The history after one more edit; what was undone is forgotten. `merge` makes it one step with the edit before, as for
 * the moves of one drag. An edit that changes nothing adds no step, and edits that cancel each other out leave none.
 */
export function recordEdit(history: History, edit: Edit, { merge = false }: { merge?: boolean } = {}): History {
  if (edit.patch.length === 0) return history
  const { past, limit, isCancelled = false } = history
  const last = merge && !isCancelled ? past.at(-1) : undefined
  const step = last === undefined ? edit.patch : squashPatches(last, edit.patch)
  const before = last === undefined ? past : past.slice(0, -1)
  const next = { workflow: edit.workflow, future: [], limit }
  if (step.length === 0) return { ...next, past: before, isCancelled: true }
  return { ...next, past: lastOf([...before, step], limit) }
}

function lastOf(steps: readonly Patch[], limit: number): readonly Patch[] {
  return steps.slice(Math.max(0, steps.length - limit))
}

/** The history one step earlier; the same history when there is nothing to undo. */
export function undo(history: History): History {
  const patch = history.past.at(-1)
  if (patch === undefined) return history
  return {
    workflow: applyPatch(history.workflow, invertPatch(patch)),
    past: history.past.slice(0, -1),
    future: [patch, ...history.future],
    limit: history.limit,
  }
}

/** The history one undone step later; the same history when nothing was undone. */
export function redo(history: History): History {
  const [patch, ...future] = history.future
  if (patch === undefined) return history
  return {
    workflow: applyPatch(history.workflow, patch),
    past: lastOf([...history.past, patch], history.limit),
    future,
    limit: history.limit,
  }
}
