import type { Author } from '../commit.ts'
import { encodeCommit, encodeContent } from '../commit.ts'
import type { PromptContent } from '../document-schema.ts'

/** A version as it is stored, with its hashes in lower-case hex. */
export interface StoredVersion {
  id: string
  content: PromptContent
  contentHash: string
  commitHash: string
  /** In the order in which they were merged; each stands earlier in the list. */
  parentIds: readonly string[]
  author: Author
  committedAt: Date
  message: string
}

/** The first version that is not what was committed, and which of its parts that shows in. */
export interface AlteredVersion {
  id: string
  /** `parents`: one is missing, or stands behind it. `commit`: author, time, message, parents or the hash itself. */
  part: 'content' | 'parents' | 'commit'
}

/**
 * Walks the chain of hashes of a history, parents before children, and answers the first version that was altered; null
 * when every one is as it was committed. Versions that come as they are asked for are forgotten once they were looked at,
 * but for their hashes. `sha256` gives lower-case hex of the text's UTF-8.
 */
export async function verifyHistory(
  versions: Iterable<StoredVersion> | AsyncIterable<StoredVersion>,
  sha256: (text: string) => string,
): Promise<AlteredVersion | null> {
  const hashes = new Map<string, string>()
  for await (const { id, content, contentHash, commitHash, parentIds, ...commit } of versions) {
    if (sha256(encodeContent(content)) !== contentHash) return { id, part: 'content' }
    const parents = parentIds.map((parentId) => hashes.get(parentId))
    if (!parents.every((parent) => parent !== undefined)) return { id, part: 'parents' }
    if (sha256(encodeCommit({ ...commit, contentHash, parents })) !== commitHash) return { id, part: 'commit' }
    hashes.set(id, commitHash)
  }
  return null
}
