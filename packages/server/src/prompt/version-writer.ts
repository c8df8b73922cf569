import type { PromptContent } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import type { Commit } from './commit.ts'
import { commitVersion } from './commit.ts'
import { assertContent } from './content-guard.ts'
import type { RefMover } from './ref-move.ts'
import { assertComposable } from './reference-guard.ts'
import type { VersionRow } from './store.ts'

export interface VersionWriterParts {
  refs: RefMover
  clock: () => number
  createId: () => string
}

/** What a commit says of itself; the rest is the same for all of them. */
export interface NewVersion extends Omit<Commit, 'id' | 'committedAt' | 'by' | 'content'> {
  by: Actor
  content: PromptContent
}

/** Makes versions that can be composed, with ids and times. Throws what `assertContent`, `assertComposable` and `commitVersion` do. */
export class VersionWriter {
  readonly #parts: VersionWriterParts

  constructor(parts: VersionWriterParts) {
    this.#parts = parts
  }

  async write(db: Kysely<Tables>, version: NewVersion): Promise<VersionRow> {
    assertContent(version.content)
    await assertComposable(db, version.prompt, version.content)
    const { refs, clock, createId } = this.#parts
    const committedAt = new Date(Math.floor(clock() / 1000) * 1000)
    return commitVersion(db, refs, { ...version, id: createId(), committedAt })
  }
}
