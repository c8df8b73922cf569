import { FairleadError } from '@fairlead/core/base'
import type { Prompt, PromptContent, PromptMessage, PromptReference, PromptVersion } from '@fairlead/core/prompt'
import { renderPrompt } from '@fairlead/core/prompt'
import type { PromptVersionContent } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { Commit, Committer } from './commit.ts'
import { commitVersion, headMoved } from './commit.ts'
import { toPrompt, toReference, toVersion, toVersionContent } from './record.ts'
import type { Selection } from './select.ts'
import { requirePrompt, selectVersion, unknownRef } from './select.ts'
import * as store from './store.ts'

export interface PromptServiceParts {
  database: Database
  clock: () => number
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
  create(organizationId: string, by: Committer, input: NewPrompt): Promise<Prompt & { head: PromptVersion }> {
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
      const head = await commitVersion(db, this.#commit({ prompt, branch: 'main', parent: null, by }, input))
      return { ...toPrompt(prompt), head: toVersion(head) }
    })
  }

  list(organizationId: string, page: store.Keyset<string>): Promise<Prompt[]> {
    return this.#within(organizationId, async (db) => (await store.listPrompts(db, page)).map(toPrompt))
  }

  get(organizationId: string, idOrKey: string): Promise<Prompt & { head: PromptVersion | null }> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const head = await store.findRef(db, prompt.id, 'branch', 'main')
      return { ...toPrompt(prompt), head: head ? toVersion(head.version) : null }
    })
  }

  /** Commits to a branch whose head must bear `expectedHash`. */
  commit(
    organizationId: string,
    idOrKey: string,
    by: Committer,
    input: Draft & { branch: string; expectedHash: string },
  ): Promise<PromptVersion> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const head = await store.findRef(db, prompt.id, 'branch', input.branch)
      if (!head) throw unknownRef(idOrKey, { branch: input.branch })
      const parent = head.version
      if (toVersion(parent).commitHash !== input.expectedHash) throw headMoved(input.branch, parent)
      return toVersion(await commitVersion(db, this.#commit({ prompt, branch: input.branch, parent, by }, input)))
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

  getBranch(organizationId: string, idOrKey: string, name: string): Promise<PromptReference> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const found = await store.findRef(db, prompt.id, 'branch', name)
      if (!found) throw unknownRef(idOrKey, { branch: name })
      return toReference(found)
    })
  }

  /** The version that a selection names, with its templates filled. */
  render(
    organizationId: string,
    idOrKey: string,
    selection: Selection,
    variables: Record<string, unknown>,
  ): Promise<RenderedPrompt> {
    return this.#within(organizationId, async (db) => {
      const { prompt, row } = await selectVersion(db, idOrKey, selection)
      const version = toVersion(row)
      const rendered = renderPrompt(version.content, variables)
      if (rendered.ok) return { version, messages: rendered.messages, content: toVersionContent(prompt.key, row) }
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

  #commit(place: Pick<Commit, 'prompt' | 'branch' | 'parent' | 'by'>, { content, commitMessage }: Draft): Commit {
    const { clock, createId } = this.#parts
    const committedAt = new Date(Math.floor(clock() / 1000) * 1000)
    return { ...place, content, commitMessage, id: createId(), committedAt }
  }

  #within<T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

function keyTaken(key: string): FairleadError {
  const advice = 'Choose another key, or commit a version to that prompt.'
  return new FairleadError('prompt.key_taken', `A prompt with the key "${key}" exists already. ${advice}`, {
    data: { key },
  })
}
