import { createHash } from 'node:crypto'
import type { Author, PromptContent } from '@fairlead/core/prompt'
import { encodeCommit, encodeContent } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import type { MergedRequest } from './protection.ts'
import { hex } from './record.ts'
import type { RefMover } from './ref-move.ts'
import * as store from './store.ts'

export interface Commit {
  prompt: store.PromptRow
  branch: string
  /** The head that the branch must have now; null makes the branch. */
  parent: store.VersionRow | null
  mergeParent?: store.VersionRow | undefined
  by: Actor
  content: PromptContent
  commitMessage: string | undefined
  kind: 'commit' | 'merge' | 'revert'
  reverts?: store.VersionRow | undefined
  id: string
  /** Cut to whole seconds, as git's times are. */
  committedAt: Date
  bypass: string | undefined
  request?: MergedRequest | undefined
  reason: string
  /** The first version of a new prompt: there is nothing yet to protect. */
  isFirst?: boolean | undefined
}

/**
 * Adds a version and moves its branch to it, in the caller's transaction, which holds the prompt's lock or has just made
 * the prompt; throws `prompt.head_moved` when the head is not `parent`. A commit that is in the history already, down to
 * its second, is the same commit: the branch moves to that one.
 */
export async function commitVersion(db: Kysely<Tables>, refs: RefMover, commit: Commit): Promise<store.VersionRow> {
  const { prompt, branch, parent, mergeParent, by, content } = commit
  const hashed = hashes(commit)
  const version =
    (await store.findVersionByHash(db, prompt.id, hashed.commit_hash)) ??
    (await store.insertVersion(db, {
      organization_id: prompt.organization_id,
      id: commit.id,
      prompt_id: prompt.id,
      version_number: await store.takeVersionNumber(db, prompt.id),
      content,
      commit_message: commit.commitMessage ?? null,
      parent_version_id: parent?.id ?? null,
      merge_parent_version_id: mergeParent?.id ?? null,
      reverts_version_id: commit.reverts?.id ?? null,
      branch,
      kind: commit.kind,
      generation: 1 + Math.max(parent?.generation ?? 0, mergeParent?.generation ?? 0),
      ...hashed,
      author_name: by.author.name,
      author_email: by.author.email,
      committed_at: commit.committedAt,
      created_by: by.userId,
      responsible_user_id: by.responsibleUserId,
    }))
  const { bypass, request, reason } = commit
  const move = { kind: 'branch' as const, name: branch, from: parent, to: version, by, reason, bypass, request }
  await refs.move(db, prompt, { ...move, isFirst: commit.isFirst })
  return version
}

function hashes({ content, parent, mergeParent, by, committedAt, commitMessage }: Commit) {
  const parents = [parent, mergeParent].filter((each) => each != null)
  return hashesOf({ content, parents, author: by.author, committedAt, message: commitMessage ?? '' })
}

/** What vouches for a version, and for the history behind it. */
export function hashesOf(version: {
  content: PromptContent
  parents: readonly Pick<store.VersionRow, 'commit_hash'>[]
  author: Author
  committedAt: Date
  message: string
}) {
  const { content, parents, ...said } = version
  const contentHash = sha256(encodeContent(content))
  const parentHashes = parents.map(({ commit_hash }) => hex(commit_hash))
  const commitHash = sha256(encodeCommit({ contentHash: hex(contentHash), parents: parentHashes, ...said }))
  return { content_hash: contentHash, commit_hash: commitHash }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
