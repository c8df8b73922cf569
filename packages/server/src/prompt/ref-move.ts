import { createHash } from 'node:crypto'
import type { Clock } from '@fairlead/core/base'
import { canonicalJson, FairleadError } from '@fairlead/core/base'
import type { Kysely } from 'kysely'
import type { ChangeFeed, Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import type { Protection, RefChange } from './protection.ts'
import { hex, toVersion } from './record.ts'
import * as refStore from './ref-store.ts'
import { assertNoCycle } from './reference-guard.ts'
import type * as store from './store.ts'

export interface RefMoverParts {
  protection: Protection
  clock: Clock
  changes: Pick<ChangeFeed, 'announce'>
}

/** A change of a ref: where from, where to, by whom, and why. */
export interface RefMoveRequest extends Omit<RefChange, 'prompt'> {
  by: Actor
  reason: string
  /** Why protection is passed over, by somebody who may. */
  bypass: string | undefined
  /** The first ref of a new prompt: there is nothing yet to protect. */
  isFirst?: boolean | undefined
  /** Back to where it stood before the control plane itself moved it: what was there brings nothing new in. */
  isRestored?: boolean | undefined
}

/**
 * The one way in which a ref is made, moved and removed: under the prompt's lock, as protection allows, by compare-and-swap,
 * with an entry of the log whose hash covers the entry before. Throws `prompt.protected`, `prompt.bypass_refused`,
 * `prompt.reference_cycle` for a label through which references would go round, and `prompt.head_moved` when the ref is not where it was expected.
 */
export class RefMover {
  readonly #parts: RefMoverParts

  constructor(parts: RefMoverParts) {
    this.#parts = parts
  }

  /** In the caller's transaction, which holds the prompt's lock. */
  async move(db: Kysely<Tables>, prompt: store.PromptRow, request: RefMoveRequest): Promise<void> {
    const { kind, name, from, to, by, bypass } = request
    const passedOver =
      request.isFirst || request.isRestored
        ? []
        : await this.#parts.protection.assertAllowed(db, { ...request, prompt }, bypass)
    const place = { organization_id: prompt.organization_id, prompt_id: prompt.id, kind, name }
    const moved = await refStore.swapRef(db, {
      ...place,
      expected: from?.id ?? null,
      next: to?.id ?? null,
      actor: by.userId,
    })
    if (!moved) throw headMoved(kind, name, (await refStore.findRef(db, prompt.id, kind, name))?.version)
    if (kind === 'label' && to) await assertNoCycle(db, prompt, to)
    const reason = passedOver.length > 0 ? `${request.reason} (bypass: ${bypass})` : request.reason
    const entry = {
      ...place,
      old_version_id: from?.id ?? null,
      new_version_id: to?.id ?? null,
      actor_kind: by.kind,
      actor: by.id,
      actor_name: by.author.name,
      reason,
      at: new Date(this.#parts.clock()),
    }
    const before = await refStore.lastLogHash(db, prompt.id)
    await refStore.insertLogEntry(db, { ...entry, prev_hash: before, hash: hashOf(entry, before) })
    this.#parts.changes.announce(prompt)
  }
}

/** Covers the entry and, through the hash before, all entries of the prompt that came earlier. */
function hashOf(entry: Omit<refStore.NewLogEntry, 'prev_hash' | 'hash'>, before: Buffer | null): Buffer {
  const { prompt_id, kind, name, old_version_id, new_version_id, actor_kind, actor, actor_name, reason, at } = entry
  const text = canonicalJson({
    before: before && hex(before),
    prompt: prompt_id,
    kind,
    name,
    old: old_version_id,
    new: new_version_id,
    actorKind: actor_kind,
    actor,
    actorName: actor_name,
    reason,
    at: at.toISOString(),
  })
  return createHash('sha256').update(text).digest()
}

/** The loser of a race is told the head that won, so that the change can be made again on top of it. */
export function headMoved(kind: refStore.RefKind, name: string, head: store.VersionRow | undefined): FairleadError {
  const current = head ? toVersion(head) : null
  const where = current ? ` to version ${current.versionNumber}` : ''
  const what =
    head || kind !== 'branch' ? `The ${kind} "${name}" has moved${where}.` : `There is no branch "${name}" any more.`
  return new FairleadError(
    'prompt.head_moved',
    `${what} Read it again, redo the change on top of it and send its ETag.`,
    {
      data: { current, ...(current ? { etag: current.commitHash } : {}) },
    },
  )
}
