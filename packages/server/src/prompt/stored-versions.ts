import type { StoredVersion } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { hex } from './record.ts'
import { contentOf, listVersionsFrom } from './store.ts'

const pieceSize = 100

/** All versions of a prompt in the order in which they were made, of which one piece at a time is in memory. */
export async function* storedVersions(db: Kysely<Tables>, promptId: string): AsyncGenerator<StoredVersion> {
  for (let after: number | undefined; ; ) {
    const rows = await listVersionsFrom(db, promptId, { limit: pieceSize, after })
    for (const row of rows) {
      yield {
        id: row.id,
        content: contentOf(row),
        contentHash: hex(row.content_hash),
        commitHash: hex(row.commit_hash),
        parentIds: [row.parent_version_id, row.merge_parent_version_id].filter((id) => id !== null),
        author: { name: row.author_name, email: row.author_email },
        committedAt: row.committed_at,
        message: row.commit_message ?? '',
      }
    }
    after = rows.at(-1)?.version_number
    if (rows.length < pieceSize) return
  }
}
