import { FairleadError } from '@fairlead/core/base'
import type { PromptContent } from '@fairlead/core/prompt'
import { diffPrompt, mergePrompt } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { hex, toVersion } from './record.ts'
import type { PromptRow, VersionRow } from './store.ts'
import { contentOf, findVersionByHash } from './store.ts'

/**
 * For whoever commits on a head that is not one any more: the present head, the version that they started from, and what
 * a merge of both would give, ready to be committed or resolved.
 */
export async function staleCommit(
  db: Kysely<Tables>,
  prompt: PromptRow,
  {
    branch,
    head,
    expectedHash,
    content,
  }: { branch: string; head: VersionRow; expectedHash: string | null; content: PromptContent },
): Promise<FairleadError> {
  const isHash = expectedHash !== null && /^[0-9a-f]{64}$/.test(expectedHash)
  const base = isHash ? await findVersionByHash(db, prompt.id, Buffer.from(expectedHash, 'hex')) : undefined
  const current = contentOf(head)
  const merge = mergePrompt(base ? contentOf(base) : {}, current, content, {
    labels: { ours: branch, theirs: 'yours' },
  })
  const data = {
    etag: hex(head.commit_hash),
    current: toVersion(head),
    base: base ? toVersion(base) : null,
    merge: { ...merge, changes: diffPrompt(current, merge.content) },
  }
  const where =
    expectedHash === null
      ? `The branch "${branch}" exists already, at version ${head.version_number}.`
      : `The branch "${branch}" has moved to version ${head.version_number}.`
  const advice = merge.clean
    ? 'Both fit together: look at the merge and commit it with the new ETag.'
    : 'Resolve the conflicts of the merge and commit with the new ETag.'
  return new FairleadError('prompt.head_moved', `${where} ${advice}`, { data: JSON.parse(JSON.stringify(data)) })
}
