import { FairleadError } from '@fairlead/core/base'
import type { Check, MergePreview, MergeRequest } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { describeRequests } from './describe-requests.ts'
import type { Resolved } from './merge.ts'
import { assertNothingSent, previewMerge } from './merge.ts'
import type { MergeMode } from './merger.ts'
import { mergeInto } from './merger.ts'
import type { Protection } from './protection.ts'
import { toReference, toVersion } from './record.ts'
import type { RefMover } from './ref-move.ts'
import { unknownRef } from './ref-service.ts'
import * as refStore from './ref-store.ts'
import * as reviews from './review-store.ts'
import { requireRevision } from './revision.ts'
import { lockToChange, requirePrompt } from './select.ts'
import type * as store from './store.ts'
import type { VersionWriter } from './version-writer.ts'

export interface ReviewServiceParts {
  database: Database
  protection: Protection
  refs: RefMover
  versions: VersionWriter
  clock: () => number
  createId: () => string
}

interface NewRequest {
  source: string
  target: { kind: 'branch' | 'label'; name: string }
  title?: string | undefined
  description?: string | undefined
}

/** An open merge request with what it stands for now. */
interface Open {
  prompt: store.PromptRow
  row: reviews.MergeRequestRow
  source: store.VersionRow
  target: store.VersionRow | null
}

/**
 * Merge requests: open → merged or closed, once. A request is about the heads of its source and its target as they are
 * when it is merged; approvals are for the head that was seen. A request to a label moves the label to the source's head.
 */
export class ReviewService {
  readonly #parts: ReviewServiceParts

  constructor(parts: ReviewServiceParts) {
    this.#parts = parts
  }

  open(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    { source, target, ...said }: NewRequest,
  ): Promise<MergeRequest> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      if (target.kind === 'branch' && target.name === source)
        throw new FairleadError('prompt.same_ref', `The branch "${source}" can't be merged into itself.`)
      const from = await refStore.findRef(db, prompt.id, 'branch', source)
      if (!from) throw unknownRef(idOrKey, { kind: 'branch', name: source })
      const to = await refStore.findRef(db, prompt.id, target.kind, target.name)
      if (!to && target.kind === 'branch') throw unknownRef(idOrKey, target)
      const known = await reviews.findOpenMergeRequest(db, prompt.id, { source, target })
      if (known) {
        const message = `There is an open merge request from "${source}" to the ${target.kind} "${target.name}" already.`
        throw new FairleadError('prompt.merge_request_exists', message, { data: { mergeRequestId: known.id } })
      }
      const row = await reviews.insertMergeRequest(db, {
        organization_id: organizationId,
        id: this.#parts.createId(),
        prompt_id: prompt.id,
        source_ref: source,
        target_kind: target.kind,
        target_ref: target.name,
        source_head: from.version.id,
        target_head: to?.version.id ?? null,
        title: said.title ?? null,
        description: said.description ?? null,
        opened_by: by.userId,
        responsible_user_id: by.responsibleUserId,
      })
      return this.#describe(db, prompt, row, by)
    })
  }

  get(organizationId: string, idOrKey: string, by: Actor, id: string): Promise<MergeRequest> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      return this.#describe(db, prompt, await requireRequest(db, prompt, id), by)
    })
  }

  /** Newest first. */
  list(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    status: MergeRequest['status'] | undefined,
    page: store.Keyset<string>,
  ): Promise<MergeRequest[]> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const { protection } = this.#parts
      const rows = await reviews.listMergeRequests(db, prompt.id, status, page)
      return describeRequests(db, { prompt, protection, by }, rows)
    })
  }

  close(organizationId: string, idOrKey: string, by: Actor, id: string): Promise<MergeRequest> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      const row = await requireRequest(db, prompt, id)
      const source = await refStore.findRef(db, prompt.id, 'branch', row.source_ref)
      const target = await refStore.findRef(db, prompt.id, row.target_kind, row.target_ref)
      const heads = { source_head: source?.version.id ?? row.source_head, target_head: target?.version.id ?? null }
      const closed = await reviews.endMergeRequest(db, id, { status: 'closed', ...heads })
      if (!closed) throw ended(row)
      return this.#describe(db, prompt, closed, by)
    })
  }

  preview(organizationId: string, idOrKey: string, id: string): Promise<MergePreview> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const { source, target } = await this.#openRequest(db, prompt, id)
      return previewMerge(db, prompt, { source, target: target ?? source })
    })
  }

  /** A person's verdict about the head that they saw. Throws `prompt.head_not_seen` when the source has moved on since. */
  review(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    id: string,
    {
      versionId,
      verdict,
      comment,
    }: { versionId: string; verdict: 'approved' | 'changes_requested'; comment?: string | undefined },
  ): Promise<MergeRequest> {
    const { userId } = by
    return this.#within(organizationId, async (db) => {
      const { prompt, row, source } = await this.#current(db, idOrKey, id)
      if (userId === null) throw new FairleadError('auth.user_required', 'A verdict is a person’s: sign in as one.')
      if (source.id !== versionId) {
        const message = `The source has moved on to version ${source.version_number}: look at that one.`
        throw new FairleadError('prompt.head_not_seen', message, { data: { versionId: source.id } })
      }
      await reviews.putApproval(db, {
        organization_id: organizationId,
        merge_request_id: id,
        version_id: versionId,
        user_id: userId,
        verdict,
        comment: comment ?? null,
        at: new Date(this.#parts.clock()),
      })
      return this.#describe(db, prompt, row, by)
    })
  }

  /** Merges the head of the source as it is now. Throws what protection misses, and `prompt.merge_conflict`. */
  merge(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    id: string,
    how: Resolved & { mode: MergeMode; commitMessage?: string | undefined; bypass?: string | undefined },
  ) {
    const { refs, versions } = this.#parts
    return this.#within(organizationId, async (db) => {
      const { prompt, row, source, target } = await this.#current(db, idOrKey, id)
      const isRewritten = how.content !== undefined || (how.resolutions ?? []).length > 0
      const request = { id, responsibleUserId: row.responsible_user_id, sourceHead: source, isRewritten }
      const ref = { kind: row.target_kind, name: row.target_ref }
      let version = source
      if (ref.kind === 'label') {
        const reason = `merge request ${id}`
        await refs.move(db, prompt, { ...ref, from: target, to: source, by, reason, bypass: how.bypass, request })
        assertNothingSent(how)
      } else {
        const onto = { branch: ref.name, head: target! }
        const order = { ...how, source, target: onto, by, request }
        version = (await mergeInto({ db, prompt, refs, versions }, order)).version
      }
      const end = { status: 'merged' as const, merged_version_id: version.id, source_head: source.id }
      const merged = await reviews.endMergeRequest(db, id, { ...end, target_head: target?.id ?? null })
      if (!merged) throw ended(row)
      const reference = (await refStore.findRef(db, prompt.id, ref.kind, ref.name))!
      return {
        request: await this.#describe(db, prompt, merged, by),
        version: toVersion(version),
        reference: toReference(reference),
      }
    })
  }

  checks(organizationId: string, idOrKey: string, at: string): Promise<Check[]> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const version = await requireRevision(db, prompt, at)
      return (await reviews.listChecks(db, version.id)).map(toCheck)
    })
  }

  setCheck(
    organizationId: string,
    idOrKey: string,
    { name, at, state, evidence }: Pick<Check, 'name' | 'state' | 'evidence'> & { at: string },
  ): Promise<Check> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      const version = await requireRevision(db, prompt, at)
      return toCheck(
        await reviews.putCheck(db, {
          organization_id: organizationId,
          version_id: version.id,
          name,
          state,
          evidence: JSON.stringify(evidence),
          at: new Date(this.#parts.clock()),
        }),
      )
    })
  }

  /** An open request with its heads, under the prompt's lock: nothing moves until the transaction ends. */
  async #current(db: Kysely<Tables>, idOrKey: string, id: string): Promise<Open> {
    const prompt = await requirePrompt(db, idOrKey)
    await lockToChange(db, prompt)
    return this.#openRequest(db, prompt, id)
  }

  async #openRequest(db: Kysely<Tables>, prompt: store.PromptRow, id: string): Promise<Open> {
    const row = await requireRequest(db, prompt, id)
    if (row.status !== 'open') throw ended(row)
    const source = await refStore.findRef(db, prompt.id, 'branch', row.source_ref)
    if (!source) throw unknownRef(prompt.key, { kind: 'branch', name: row.source_ref })
    const target = await refStore.findRef(db, prompt.id, row.target_kind, row.target_ref)
    if (!target && row.target_kind === 'branch') throw unknownRef(prompt.key, { kind: 'branch', name: row.target_ref })
    return { prompt, row, source: source.version, target: target?.version ?? null }
  }

  async #describe(
    db: Kysely<Tables>,
    prompt: store.PromptRow,
    row: reviews.MergeRequestRow,
    by: Actor,
  ): Promise<MergeRequest> {
    const { protection } = this.#parts
    const [described] = await describeRequests(db, { prompt, protection, by }, [row])
    return described!
  }

  #within<T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

async function requireRequest(
  db: Kysely<Tables>,
  prompt: store.PromptRow,
  id: string,
): Promise<reviews.MergeRequestRow> {
  const row = await reviews.findMergeRequest(db, prompt.id, id)
  if (row) return row
  throw new FairleadError('prompt.merge_request_not_found', `The prompt has no merge request "${id}".`)
}

function ended({ id, status }: reviews.MergeRequestRow): FairleadError {
  const message = `The merge request ${id} is ${status === 'open' ? 'being ended by somebody else' : status}: nothing was changed.`
  return new FairleadError('prompt.merge_request_closed', message, { data: { status } })
}

function toCheck({ version_id, name, state, evidence, at }: reviews.CheckRow): Check {
  return { versionId: version_id, name, state, evidence: evidence as Check['evidence'], at: at.toISOString() }
}
