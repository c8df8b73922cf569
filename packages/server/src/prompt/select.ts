import { FairleadError } from '@fairlead/core/base'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { PromptReferenceRequest } from './ports.ts'
import * as refStore from './ref-store.ts'
import * as store from './store.ts'

/** Picks a version; without any of these, the label `production`, else the head of `main`. */
export interface Selection {
  version?: number | undefined
  branch?: string | undefined
  label?: string | undefined
}

export async function requirePrompt(db: Kysely<Tables>, idOrKey: string): Promise<store.PromptRow> {
  const row = await findByIdOrKey(db, idOrKey)
  if (!row) throw new FairleadError('prompt.not_found', `There is no prompt "${idOrKey}".`)
  return row
}

/** Holds the prompt, which is about to be changed, until the transaction ends. Throws `prompt.archived`. */
export async function lockToChange(db: Kysely<Tables>, { id, key }: store.PromptRow): Promise<void> {
  if ((await store.lockPrompt(db, id)).archived_at !== null) throw archived(key)
}

export function archived(key: string): FairleadError {
  const message = `The prompt "${key}" is archived: it can be used, and not be changed. Restore it with {"archived": false} first.`
  return new FairleadError('prompt.archived', message, { data: { key } })
}

export async function findByIdOrKey(db: Kysely<Tables>, idOrKey: string): Promise<store.PromptRow | undefined> {
  return (
    (store.isUuid(idOrKey) ? await store.findPrompt(db, { id: idOrKey }) : undefined) ??
    store.findPrompt(db, { key: idOrKey })
  )
}

/** The version that a selection names; throws `prompt.not_found` or `prompt.version_not_found`. */
export async function selectVersion(
  db: Kysely<Tables>,
  idOrKey: string,
  selection: Selection,
): Promise<{ prompt: store.PromptRow; row: store.VersionRow }> {
  const prompt = await requirePrompt(db, idOrKey)
  const row = await findSelected(db, prompt.id, selection)
  if (!row) throw unknownRef(idOrKey, selection)
  return { prompt, row }
}

export async function findSelected(
  db: Kysely<Tables>,
  promptId: string,
  { version, branch, label }: Pick<PromptReferenceRequest, 'version' | 'branch' | 'label'>,
): Promise<store.VersionRow | undefined> {
  if (version !== undefined) return store.findVersion(db, promptId, version)
  if (branch !== undefined) return (await refStore.findRef(db, promptId, 'branch', branch))?.version
  if (label !== undefined) return (await refStore.findRef(db, promptId, 'label', label))?.version
  const found =
    (await refStore.findRef(db, promptId, 'label', 'production')) ??
    (await refStore.findRef(db, promptId, 'branch', 'main'))
  return found?.version
}

function unknownRef(prompt: string, selection: Selection): FairleadError {
  const [kind, name] = Object.entries(selection).find(([, value]) => value !== undefined) ?? ['branch', 'main']
  return new FairleadError('prompt.version_not_found', `The prompt "${prompt}" has no ${kind} "${name}".`)
}
