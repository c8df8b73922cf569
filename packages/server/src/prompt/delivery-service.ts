import { createHash } from 'node:crypto'
import type { ResolvedPrompt } from '@fairlead/core/prompt'
import type { Database } from '../database/index.ts'
import { composeVersion } from './compose.ts'
import { hex } from './record.ts'
import type { Selection } from './select.ts'
import { selectVersion } from './select.ts'

/** Hands out what refs say, as applications use it. */
export class DeliveryService {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Throws `prompt.not_found` and `prompt.version_not_found`, and what `composeVersion` does. */
  resolve(organizationId: string, idOrKey: string, selection: Selection): Promise<ResolvedPrompt> {
    return this.#database.withOrganization(organizationId, async (db) => {
      const { prompt, row } = await selectVersion(db, idOrKey, selection)
      return {
        promptId: prompt.id,
        key: prompt.key,
        versionId: row.id,
        versionNumber: row.version_number,
        commitHash: hex(row.commit_hash),
        ...(await composeVersion(db, prompt, row)),
      }
    })
  }
}

/** Changes with the version and with every version that is composed in. */
export function tagOf({ commitHash, references }: ResolvedPrompt): string {
  if (references.length === 0) return commitHash
  const composed = [commitHash, ...references.map(({ versionId }) => versionId)]
  return createHash('sha256').update(composed.join(' ')).digest('hex')
}
