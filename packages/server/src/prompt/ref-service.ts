import { FairleadError } from '@fairlead/core/base'
import type { PromptReference, RefLogEntry } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { isAncestor, loadEdges } from './history-store.ts'
import { toLogEntry, toReference } from './record.ts'
import type { RefMover } from './ref-move.ts'
import { headMoved } from './ref-move.ts'
import * as refStore from './ref-store.ts'
import { requireRevision } from './revision.ts'
import { lockToChange, requirePrompt } from './select.ts'
import type * as store from './store.ts'

export interface RefServiceParts {
  database: Database
  refs: RefMover
}

interface RefName {
  kind: refStore.RefKind
  name: string
}

interface Move {
  to: string
  force?: boolean | undefined
  reason?: string | undefined
  bypass?: string | undefined
  isRestored?: boolean | undefined
}

/** The branches, labels and tags of prompts. Tags never move; branches and labels move by compare-and-swap. */
export class RefService {
  readonly #parts: RefServiceParts

  constructor(parts: RefServiceParts) {
    this.#parts = parts
  }

  list(
    organizationId: string,
    idOrKey: string,
    kind: refStore.RefKind | undefined,
    page: store.Keyset<[refStore.RefKind, string]>,
  ): Promise<PromptReference[]> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      return (await refStore.listRefs(db, prompt.id, kind, page)).map(toReference)
    })
  }

  /** Throws `prompt.ref_not_found`. */
  get(organizationId: string, idOrKey: string, ref: RefName): Promise<PromptReference> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const found = await refStore.findRef(db, prompt.id, ref.kind, ref.name)
      if (!found) throw unknownRef(idOrKey, ref)
      return toReference(found)
    })
  }

  /**
   * Makes a ref (`expectedHash` null) or moves it from the version that bears `expectedHash`. A branch that is to leave
   * versions behind has to be forced. Throws `prompt.ref_exists`, `prompt.head_moved`, `prompt.not_fast_forward`, and
   * what protection says.
   */
  move(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    ref: RefName,
    { expectedHash, ...move }: Move & { expectedHash: string | null },
  ): Promise<PromptReference> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      const known = await refStore.findRef(db, prompt.id, ref.kind, ref.name)
      if (expectedHash === null && known) throw exists(ref, known.version)
      if (expectedHash !== null && !known) throw unknownRef(idOrKey, ref)
      const from = known?.version ?? null
      if (from && from.commit_hash.toString('hex') !== expectedHash) throw headMoved(ref.kind, ref.name, from)
      const to = await requireRevision(db, prompt, move.to)
      if (ref.kind === 'branch' && from && !move.force) await this.#assertForward(db, prompt, ref.name, from, to)
      const reason = move.reason ?? (from ? `move the ${ref.kind}` : `make the ${ref.kind}`)
      await this.#parts.refs.move(db, prompt, {
        ...ref,
        from,
        to,
        by,
        reason,
        bypass: move.bypass,
        isRestored: move.isRestored,
      })
      return toReference((await refStore.findRef(db, prompt.id, ref.kind, ref.name))!)
    })
  }

  createTag(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    { name, to, bypass }: { name: string; to: string; bypass?: string | undefined },
  ): Promise<PromptReference> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      const known = await refStore.findRef(db, prompt.id, 'tag', name)
      if (known) {
        const message = `The tag "${name}" exists already, at version ${known.version.version_number}. Tags do not move: remove it first, or choose another name.`
        throw new FairleadError('prompt.tag_exists', message, { data: { versionNumber: known.version.version_number } })
      }
      const version = await requireRevision(db, prompt, to)
      const request = { kind: 'tag' as const, name, from: null, to: version, by, reason: 'tag', bypass }
      await this.#parts.refs.move(db, prompt, request)
      return toReference((await refStore.findRef(db, prompt.id, 'tag', name))!)
    })
  }

  /** Throws `prompt.main_is_kept` for the branch that every prompt has. */
  remove(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    ref: RefName,
    { expectedHash, bypass }: { expectedHash: string; bypass?: string | undefined },
  ): Promise<void> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      const known = await refStore.findRef(db, prompt.id, ref.kind, ref.name)
      if (!known) throw unknownRef(idOrKey, ref)
      if (known.version.commit_hash.toString('hex') !== expectedHash) throw headMoved(ref.kind, ref.name, known.version)
      if (ref.kind === 'branch' && ref.name === 'main')
        throw new FairleadError('prompt.main_is_kept', 'The branch "main" can be moved, and not removed.')
      const request = { ...ref, from: known.version, to: null, by, reason: `remove the ${ref.kind}`, bypass }
      await this.#parts.refs.move(db, prompt, request)
    })
  }

  /** Newest first. */
  log(
    organizationId: string,
    idOrKey: string,
    filter: refStore.LogFilter,
    page: store.Keyset<string>,
  ): Promise<RefLogEntry[]> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      return (await refStore.listLog(db, prompt.id, filter, page)).map(toLogEntry)
    })
  }

  async #assertForward(
    db: Kysely<Tables>,
    prompt: store.PromptRow,
    name: string,
    from: store.VersionRow,
    to: store.VersionRow,
  ): Promise<void> {
    if (isAncestor(await loadEdges(db, prompt), from.id, to.id)) return
    throw new FairleadError(
      'prompt.not_fast_forward',
      `Version ${to.version_number} does not come from version ${from.version_number}, the head of "${name}": it would be left behind. Merge, roll back, or send force.`,
    )
  }

  #within<T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

export function unknownRef(idOrKey: string, { kind, name }: RefName): FairleadError {
  return new FairleadError('prompt.ref_not_found', `The prompt "${idOrKey}" has no ${kind} "${name}".`)
}

function exists({ kind, name }: RefName, version: store.VersionRow): FairleadError {
  const etag = version.commit_hash.toString('hex')
  return new FairleadError(
    'prompt.ref_exists',
    `The ${kind} "${name}" exists already, at version ${version.version_number}. Send its ETag as If-Match to move it.`,
    { data: { versionNumber: version.version_number, etag } },
  )
}
