import { canonicalJson } from '../base/index.ts'
import type { PromptContent } from './document-schema.ts'

/** Who a version is by, as git records it. */
export interface Author {
  name: string
  email: string
}

/**
 * The bytes whose SHA-256 is a version's content hash: RFC 8785 JSON of what the version says. Two versions with equal
 * hashes render alike, whoever wrote them and when.
 */
export function encodeContent(content: PromptContent): string {
  return canonicalJson(content)
}

/**
 * The bytes whose SHA-256 is a version's commit hash. They hold the parents' commit hashes, so a hash vouches for the
 * whole history behind it. Times count whole seconds, as git's do: a history survives the way to git and back.
 */
export function encodeCommit(commit: {
  contentHash: string
  parents: readonly string[]
  author: Author
  committedAt: Date
  message: string
}): string {
  return canonicalJson({
    content: commit.contentHash,
    parents: commit.parents,
    author: { name: commit.author.name, email: commit.author.email },
    time: Math.floor(commit.committedAt.getTime() / 1000),
    message: commit.message,
  })
}
