import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/core/base'
import type { Author, PromptContent } from '@fairlead/core/prompt'
import { encodeCommit, encodeContent } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { hex, toVersion } from './record.ts'
import * as store from './store.ts'

/** Who commits: the author that goes into the hash, and the user behind it if there is one. */
export interface Committer {
  author: Author
  userId: string | null
}

export interface Commit {
  prompt: store.PromptRow
  branch: string
  parent: store.VersionRow | null
  by: Committer
  content: PromptContent
  commitMessage: string | undefined
  id: string
  /** Cut to whole seconds, as git's times are. */
  committedAt: Date
}

/**
 * Adds a version and moves its branch to it, in the caller's transaction; throws `prompt.head_moved` when another was
 * faster. A commit that is in the history already, down to its second, is the same commit: the branch moves to that one.
 */
export async function commitVersion(db: Kysely<Tables>, commit: Commit): Promise<store.VersionRow> {
  const { prompt, branch, parent, by, content } = commit
  assertOneBody(content)
  // Writers of one prompt queue here and nowhere else.
  await store.lockPrompt(db, prompt.id)
  const head = await store.findRef(db, prompt.id, 'branch', branch)
  if (head?.version.id !== parent?.id) throw headMoved(branch, head?.version)
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
      branch,
      kind: 'commit',
      generation: (parent?.generation ?? 0) + 1,
      ...hashed,
      author_name: by.author.name,
      author_email: by.author.email,
      committed_at: commit.committedAt,
      created_by: by.userId,
    }))
  const moved = await store.moveRef(db, {
    organization_id: prompt.organization_id,
    prompt_id: prompt.id,
    kind: 'branch',
    name: branch,
    expected: parent?.id ?? null,
    next: version.id,
    actor: by.userId,
    reason: 'commit',
  })
  if (moved) return version
  throw headMoved(branch, (await store.findRef(db, prompt.id, 'branch', branch))?.version)
}

/** The loser of a race is told the head that won, so that the change can be made again on top of it. */
export function headMoved(branch: string, head: store.VersionRow | undefined): FairleadError {
  const current = head ? toVersion(head) : null
  const where = current ? ` to version ${current.versionNumber}` : ''
  return new FairleadError(
    'prompt.head_moved',
    `The branch "${branch}" has moved${where}. Read it again, redo the change on top of it and commit with its ETag.`,
    { data: { current, ...(current ? { etag: current.commitHash } : {}) } },
  )
}

function hashes({ content, parent, by, committedAt, commitMessage }: Commit) {
  const contentHash = sha256(encodeContent(content))
  const commitHash = sha256(
    encodeCommit({
      contentHash: hex(contentHash),
      parents: parent ? [hex(parent.commit_hash)] : [],
      author: by.author,
      committedAt,
      message: commitMessage ?? '',
    }),
  )
  return { content_hash: contentHash, commit_hash: commitHash }
}

function assertOneBody(content: PromptContent): void {
  if ((content.text === undefined) !== (content.messages === undefined)) return
  throw new FairleadError(
    'prompt.invalid_content',
    'A version has either a text or messages: give exactly one of them.',
    {
      data: { errors: [{ pointer: '/content', message: 'must have exactly one of "text" and "messages"' }] },
    },
  )
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
