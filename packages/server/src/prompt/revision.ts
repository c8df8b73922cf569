import { FairleadError } from '@fairlead/core/base'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import * as refStore from './ref-store.ts'
import * as store from './store.ts'

/** The version that a revision names (`Revision` of the contract). Throws `prompt.version_not_found` and `prompt.ambiguous_hash`. */
export async function requireRevision(
  db: Kysely<Tables>,
  prompt: store.PromptRow,
  revision: string,
): Promise<store.VersionRow> {
  const found = await findRevision(db, prompt.id, revision)
  if (found) return found
  const what = /^\d+$/.test(revision) && revision.length < 10 ? `version ${revision}` : `"${revision}"`
  throw new FairleadError('prompt.version_not_found', `The prompt "${prompt.key}" has no ${what}.`)
}

async function findRevision(
  db: Kysely<Tables>,
  promptId: string,
  revision: string,
): Promise<store.VersionRow | undefined> {
  const [, kind, name] = /^(branch|label|tag)\/(.+)$/.exec(revision) ?? []
  if (kind !== undefined) return (await refStore.findRef(db, promptId, kind as refStore.RefKind, name!))?.version
  // A number, unless it is too long for one: then it can only be digits of a hash.
  if (/^\d{1,9}$/.test(revision)) {
    const numbered = await store.findVersion(db, promptId, Number(revision))
    if (numbered || revision.length < 7) return numbered
  }
  const [found, another] = await store.findVersionsByHashPrefix(db, promptId, revision)
  if (another) {
    throw new FairleadError('prompt.ambiguous_hash', `Several versions have a hash that begins with ${revision}.`)
  }
  return found
}
