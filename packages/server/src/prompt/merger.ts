import { FairleadError } from '@fairlead/core/base'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import type { Commit } from './commit.ts'
import type { Resolved } from './merge.ts'
import { assertNothingSent, settle, sidesOf } from './merge.ts'
import type { RefMover } from './ref-move.ts'
import type { PromptRow, VersionRow } from './store.ts'
import type { VersionWriter } from './version-writer.ts'

export type MergeMode = 'merge' | 'no-fast-forward' | 'fast-forward-only' | 'squash'

export interface MergeWork {
  db: Kysely<Tables>
  prompt: PromptRow
  refs: RefMover
  versions: VersionWriter
}

export interface MergeOrder extends Resolved {
  source: VersionRow
  target: { branch: string; head: VersionRow }
  by: Actor
  mode: MergeMode
  commitMessage?: string | undefined
  bypass?: string | undefined
  request?: Commit['request']
}

/**
 * Brings a version onto a branch, in the caller's transaction, which holds the prompt's lock: by moving the branch, or by
 * a version with two parents, or with one. What is there already changes nothing. Throws `prompt.merge_conflict` and
 * `prompt.not_fast_forward`.
 */
export async function mergeInto(
  { db, prompt, refs, versions }: MergeWork,
  order: MergeOrder,
): Promise<{ version: VersionRow; isNew: boolean }> {
  const { source, target, by, mode, bypass, request } = order
  const sides = await sidesOf(db, prompt, { source, target: target.head })
  if (sides.relation === 'up-to-date') {
    assertNothingSent(order)
    return { version: target.head, isNew: false }
  }
  const from = `version ${source.version_number}`
  const isForward = sides.relation === 'fast-forward'
  if (isForward && (mode === 'merge' || mode === 'fast-forward-only')) {
    const reason = `fast-forward to ${from}`
    const move = {
      kind: 'branch' as const,
      name: target.branch,
      from: target.head,
      to: source,
      by,
      reason,
      bypass,
      request,
    }
    await refs.move(db, prompt, move)
    assertNothingSent(order)
    return { version: source, isNew: false }
  }
  if (mode === 'fast-forward-only') {
    throw new FairleadError(
      'prompt.not_fast_forward',
      `The branch "${target.branch}" has versions that ${from} does not come from: it can't be moved there. Merge or squash.`,
    )
  }
  const isSquash = mode === 'squash'
  const version = await versions.write(db, {
    prompt,
    branch: target.branch,
    parent: target.head,
    ...(!isSquash && { mergeParent: source }),
    by,
    content: settle(sides, order),
    commitMessage: order.commitMessage ?? `${isSquash ? 'Squash' : 'Merge'} ${nameOf(source)} into ${target.branch}`,
    kind: isSquash ? 'commit' : 'merge',
    bypass,
    request,
    reason: `${isSquash ? 'squash of' : 'merge of'} ${from}`,
  })
  return { version, isNew: true }
}

function nameOf({ branch, version_number }: VersionRow): string {
  return `${branch} (version ${version_number})`
}
