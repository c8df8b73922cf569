import { FairleadError } from '@fairlead/core/base'
import type { Prompt, PromptContent, PromptMessage, PromptVersion } from '@fairlead/core/prompt'
import { renderPrompt } from '@fairlead/core/prompt'
import type { PromptVersionContent } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { composeVersion } from './compose.ts'
import { assertContent } from './content-guard.ts'
import { isDescribedBy, tagOfPrompt } from './prompt-tag.ts'
import { hex, toPrompt, toVersion, toVersionContent } from './record.ts'
import { unknownRef } from './ref-service.ts'
import * as refStore from './ref-store.ts'
import type { Selection } from './select.ts'
import { archived, lockToChange, requirePrompt, selectVersion } from './select.ts'
import { staleCommit } from './stale-commit.ts'
import * as store from './store.ts'
import type { VersionWriter } from './version-writer.ts'

export interface PromptServiceParts {
  database: Database
  versions: VersionWriter
  createId: () => string
}

interface Draft {
  content: PromptContent
  commitMessage?: string | undefined
}

interface NewPrompt extends Draft {
  key: string
  name?: string | undefined
  description?: string | undefined
}

export interface RenderedPrompt {
  version: PromptVersion
  messages: PromptMessage[]
  content: PromptVersionContent
}

/** The rules of the prompt room. Every method works in one organization and in one transaction of its own. */
export class PromptService {
  readonly #parts: PromptServiceParts

  constructor(parts: PromptServiceParts) {
    this.#parts = parts
  }

  /** Creates a prompt with its first version as the head of `main`. */
  create(organizationId: string, by: Actor, input: NewPrompt): Promise<Prompt & { head: PromptVersion }> {
    return this.#within(organizationId, async (db) => {
      const prompt = await store.insertPrompt(db, {
        organization_id: organizationId,
        id: this.#parts.createId(),
        key: input.key,
        name: input.name ?? input.key,
        description: input.description ?? null,
        created_by: by.userId,
      })
      if (!prompt) throw keyTaken(input.key)
      const head = await this.#parts.versions.write(db, {
        ...{ prompt, branch: 'main', parent: null, by, content: input.content, commitMessage: input.commitMessage },
        ...{ kind: 'commit', reason: 'create the prompt', bypass: undefined, isFirst: true },
      })
      return { ...toPrompt(prompt), head: toVersion(head) }
    })
  }

  list(organizationId: string, filter: store.PromptFilter, page: store.Keyset<string>): Promise<Prompt[]> {
    return this.#within(organizationId, async (db) => (await store.listPrompts(db, filter, page)).map(toPrompt))
  }

  get(organizationId: string, idOrKey: string): Promise<Prompt & { head: PromptVersion | null }> {
    return this.#within(organizationId, async (db) => {
      return withHead(db, await requirePrompt(db, idOrKey))
    })
  }

  /**
   * Renames, describes, archives and restores. An archived prompt is hidden from lists and can't be changed; whoever uses
   * it goes on. Throws `prompt.changed` when it is not called and described as its tag says, and `prompt.archived`.
   */
  update(
    organizationId: string,
    idOrKey: string,
    tag: string,
    change: { name?: string | undefined; description?: string | null | undefined; archived?: boolean | undefined },
  ): Promise<Prompt & { head: PromptVersion | null }> {
    return this.#within(organizationId, async (db) => {
      const { id } = await requirePrompt(db, idOrKey)
      const before = await store.lockPrompt(db, id)
      const isArchived = before.archived_at !== null
      if (!isDescribedBy(toPrompt(before), tag)) throw promptChanged(tag, await withHead(db, before))
      if (isArchived && change.archived === undefined) throw archived(before.key)
      const { name = before.name, description = before.description } = change
      const row = { name, description, isArchived: change.archived ?? isArchived }
      return withHead(db, await store.updatePrompt(db, id, row))
    })
  }

  /**
   * Commits to a branch whose head must bear `expectedHash`; null begins a branch that is not there yet. Throws
   * `prompt.head_moved` with the head, and how the commit would merge with it, so that nothing written is lost.
   */
  commit(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    input: Draft & { branch: string; expectedHash: string | null; bypass?: string | undefined },
  ): Promise<PromptVersion> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      assertContent(input.content)
      // Who has lost already does not wait for those who may win, and keeps none of them waiting.
      await requireHead(db, prompt, input)
      await lockToChange(db, prompt)
      const parent = await requireHead(db, prompt, input)
      const { branch, content, commitMessage, bypass } = input
      const commit = { prompt, branch, parent, by, content, commitMessage, bypass }
      return toVersion(await this.#parts.versions.write(db, { ...commit, kind: 'commit', reason: 'commit' }))
    })
  }

  listVersions(organizationId: string, idOrKey: string, page: store.Keyset<number>): Promise<PromptVersion[]> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      return (await store.listVersions(db, prompt.id, page)).map(toVersion)
    })
  }

  getVersion(organizationId: string, idOrKey: string, version: number): Promise<PromptVersion> {
    return this.#within(organizationId, async (db) => toVersion((await selectVersion(db, idOrKey, { version })).row))
  }

  /** The version that a selection names, with the texts that it refers to in it and its templates filled. */
  render(
    organizationId: string,
    idOrKey: string,
    selection: Selection,
    variables: Record<string, unknown>,
  ): Promise<RenderedPrompt> {
    return this.#within(organizationId, async (db) => {
      const { prompt, row } = await selectVersion(db, idOrKey, selection)
      const version = toVersion(row)
      const composed = await composeVersion(db, prompt, row)
      const rendered = renderPrompt(composed.content, variables)
      const content = toVersionContent(prompt.key, row, composed.content)
      if (rendered.ok) return { version, messages: rendered.messages, content }
      throw new FairleadError(
        'prompt.invalid_variables',
        `The variables do not fit version ${version.versionNumber} of the prompt "${idOrKey}".`,
        {
          data: {
            errors: rendered.faults.map(({ pointer, message }) => ({ pointer: `/variables${pointer}`, message })),
          },
        },
      )
    })
  }

  #within<T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

async function withHead(db: Kysely<Tables>, prompt: store.PromptRow): Promise<Prompt & { head: PromptVersion | null }> {
  const head = await refStore.findRef(db, prompt.id, 'branch', 'main')
  return { ...toPrompt(prompt), head: head ? toVersion(head.version) : null }
}

/** The head to commit on, as it was expected; null where the branch is to begin. */
async function requireHead(
  db: Kysely<Tables>,
  prompt: store.PromptRow,
  { branch, expectedHash, content }: Draft & { branch: string; expectedHash: string | null },
): Promise<store.VersionRow | null> {
  const head = await refStore.findRef(db, prompt.id, 'branch', branch)
  if (!head) {
    if (expectedHash !== null) throw unknownRef(prompt.key, { kind: 'branch', name: branch })
    return null
  }
  if (hex(head.version.commit_hash) === expectedHash) return head.version
  throw await staleCommit(db, prompt, { branch, head: head.version, expectedHash, content })
}

function promptChanged(tag: string, current: Prompt & { head: PromptVersion | null }): FairleadError {
  const sent = `The ETag ${JSON.stringify(tag)} is not that of the prompt "${current.key}" as it is called and described now.`
  const message = `${sent} Read it again and send its ETag.`
  return new FairleadError('prompt.changed', message, { data: { current, etag: tagOfPrompt(current) } })
}

function keyTaken(key: string): FairleadError {
  const advice = 'Choose another key, or commit a version to that prompt.'
  return new FairleadError('prompt.key_taken', `A prompt with the key "${key}" exists already. ${advice}`, {
    data: { key },
  })
}
