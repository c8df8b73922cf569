import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/core/base'
import type { MergePreview, PromptChange, PromptReference, PromptVersion } from '@fairlead/core/prompt'
import { diffPrompt, layOutHistory, verifyHistory, waitingBelow } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { blameVersion } from './blame-version.ts'
import type { Edges } from './history-store.ts'
import { loadContents, loadEdges, newestFirst } from './history-store.ts'
import type { Resolved, Sides } from './merge.ts'
import { previewMerge, settle } from './merge.ts'
import type { MergeMode } from './merger.ts'
import { mergeInto } from './merger.ts'
import { toReference, toVersion, toVersionHead } from './record.ts'
import type { RefMover } from './ref-move.ts'
import { headMoved } from './ref-move.ts'
import { unknownRef } from './ref-service.ts'
import * as refStore from './ref-store.ts'
import { requireRevision } from './revision.ts'
import { lockToChange, requirePrompt } from './select.ts'
import * as store from './store.ts'
import { storedVersions } from './stored-versions.ts'
import type { VersionWriter } from './version-writer.ts'

export interface HistoryServiceParts {
  database: Database
  refs: RefMover
  versions: VersionWriter
}

interface Place {
  branch: string
  commitMessage?: string | undefined
  bypass?: string | undefined
  /** The commit hash that the branch's head must bear. */
  expectedHash: string
}

export interface Committed {
  version: PromptVersion
  reference: PromptReference
  /** False where the branch moved to a version that was there already, or stayed. */
  isNew: boolean
}

interface Work {
  db: Kysely<Tables>
  prompt: store.PromptRow
  head: store.VersionRow
}

/** What is done along a prompt's history: comparing, merging, going back, and looking who wrote what. */
export class HistoryService {
  readonly #parts: HistoryServiceParts

  constructor(parts: HistoryServiceParts) {
    this.#parts = parts
  }

  diff(organizationId: string, idOrKey: string, { from, to }: { from: string; to: string }) {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const [one, other] = [await requireRevision(db, prompt, from), await requireRevision(db, prompt, to)]
      const changes: PromptChange[] = diffPrompt(store.contentOf(one), store.contentOf(other))
      return { from: toVersion(one), to: toVersion(other), changes }
    })
  }

  preview(
    organizationId: string,
    idOrKey: string,
    { source, branch }: { source: string; branch: string },
  ): Promise<MergePreview> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const target = await refStore.findRef(db, prompt.id, 'branch', branch)
      if (!target) throw unknownRef(idOrKey, { kind: 'branch', name: branch })
      return previewMerge(db, prompt, { source: await requireRevision(db, prompt, source), target: target.version })
    })
  }

  /** Merges a version into a branch. Throws `prompt.merge_conflict`, with all that is needed to resolve it. */
  merge(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    { source, mode, ...rest }: Place & Resolved & { source: string; mode: MergeMode },
  ): Promise<Committed> {
    return this.#onBranch(organizationId, idOrKey, rest, async ({ db, prompt, head }) => {
      const version = await requireRevision(db, prompt, source)
      const { refs, versions } = this.#parts
      const target = { branch: rest.branch, head }
      return mergeInto({ db, prompt, refs, versions }, { source: version, target, by, mode, ...rest })
    })
  }

  /** A new version with the content of an earlier one. */
  rollBack(organizationId: string, idOrKey: string, by: Actor, { to, ...place }: Place & { to: string }) {
    return this.#onBranch(organizationId, idOrKey, place, async ({ db, prompt, head }) => {
      const version = await requireRevision(db, prompt, to)
      if (version.content_hash.equals(head.content_hash)) throw nothingToCommit(place.branch, version)
      const message = `Roll back to version ${version.version_number}`
      return this.#commit({ db, prompt, head }, by, place, {
        content: store.contentOf(version),
        message,
        kind: 'revert',
      })
    })
  }

  /** Takes out of the head what one version brought: a merge from the version before to the head, from that version. */
  revert(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    { version, ...place }: Place & Resolved & { version: string },
  ): Promise<Committed> {
    return this.#onBranch(organizationId, idOrKey, place, async ({ db, prompt, head }) => {
      const reverted = await requireRevision(db, prompt, version)
      const sides = await this.#between(db, reverted, head, 'revert')
      const message = `Revert version ${reverted.version_number}`
      const content = settle(sides, place)
      return this.#commit({ db, prompt, head }, by, place, { content, message, kind: 'revert', reverts: reverted })
    })
  }

  /** Brings to the head what one version brought to where it stands. */
  cherryPick(
    organizationId: string,
    idOrKey: string,
    by: Actor,
    { version, ...place }: Place & Resolved & { version: string },
  ): Promise<Committed> {
    return this.#onBranch(organizationId, idOrKey, place, async ({ db, prompt, head }) => {
      const picked = await requireRevision(db, prompt, version)
      const sides = await this.#between(db, picked, head, 'pick')
      const message = picked.commit_message ?? `Pick version ${picked.version_number}`
      return this.#commit({ db, prompt, head }, by, place, { content: settle(sides, place), message, kind: 'commit' })
    })
  }

  /** Newest first, laid out for drawing. All pages are laid out from the version that was the newest for the first. */
  history(
    organizationId: string,
    idOrKey: string,
    { limit, after, newest }: store.Keyset<number> & { newest: number | undefined },
  ) {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const found = await store.listVersionHeads(db, prompt.id, { limit: limit + 1, after })
      const versions = found.slice(0, limit)
      const top = newest ?? versions[0]?.version_number ?? 0
      const ids = versions.map(({ id }) => id)
      const refs = Map.groupBy(await refStore.listRefsAt(db, prompt.id, ids), ({ version_id }) => version_id)
      const places = layOut(await loadEdges(db, prompt), { top, from: versions[0], to: versions.at(-1) })
      const rows = versions.map((row) => ({
        version: toVersionHead(row),
        ...places.get(row.id)!,
        refs: (refs.get(row.id) ?? []).map(({ kind, name }) => ({ kind, name })),
      }))
      const last = versions.at(-1)
      const next = found.length > limit && last ? ([last.version_number, top] as const) : null
      return { rows, next }
    })
  }

  /** For each text of a version who wrote which line. */
  blame(organizationId: string, idOrKey: string, at: string) {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const version = await requireRevision(db, prompt, at)
      return { version: toVersion(version), texts: await blameVersion(db, prompt, version) }
    })
  }

  /** Walks the chain of hashes of all versions. */
  verify(organizationId: string, idOrKey: string) {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const altered = await verifyHistory(storedVersions(db, prompt.id), (text) =>
        createHash('sha256').update(text).digest('hex'),
      )
      return { intact: altered === null, versions: await store.countVersions(db, prompt.id), altered }
    })
  }

  async #between(
    db: Kysely<Tables>,
    version: store.VersionRow,
    head: store.VersionRow,
    way: 'revert' | 'pick',
  ): Promise<Sides> {
    if (version.parent_version_id === null) {
      throw new FairleadError(
        'prompt.no_parent',
        `Version ${version.version_number} is a first one: there is nothing before it to compare it with.`,
      )
    }
    const before = (await loadContents(db, [version.parent_version_id])).get(version.parent_version_id)!
    const [base, theirs] = way === 'revert' ? [store.contentOf(version), before] : [before, store.contentOf(version)]
    const label = way === 'revert' ? `before version ${version.version_number}` : `version ${version.version_number}`
    return { base, ours: store.contentOf(head), theirs, labels: { ours: head.branch, theirs: label } }
  }

  async #commit(
    { db, prompt, head }: Work,
    by: Actor,
    { branch, commitMessage, bypass }: Place,
    made: { content: PromptVersion['content']; message: string; kind: 'commit' | 'revert'; reverts?: store.VersionRow },
  ): Promise<{ version: store.VersionRow; isNew: boolean }> {
    const { content, message, kind, reverts } = made
    const version = await this.#parts.versions.write(db, {
      ...{ prompt, branch, parent: head, by, content, kind, bypass },
      ...(reverts && { reverts }),
      commitMessage: commitMessage ?? message,
      reason: message.toLowerCase(),
    })
    return { version, isNew: true }
  }

  #onBranch(
    organizationId: string,
    idOrKey: string,
    { branch, expectedHash }: Place,
    work: (work: Work) => Promise<{ version: store.VersionRow; isNew: boolean }>,
  ): Promise<Committed> {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      await lockToChange(db, prompt)
      const head = await refStore.findRef(db, prompt.id, 'branch', branch)
      if (!head) throw unknownRef(idOrKey, { kind: 'branch', name: branch })
      if (head.version.commit_hash.toString('hex') !== expectedHash) throw headMoved('branch', branch, head.version)
      const { version, isNew } = await work({ db, prompt, head: head.version })
      const reference = toReference((await refStore.findRef(db, prompt.id, 'branch', branch))!)
      return { version: toVersion(version), reference, isNew }
    })
  }

  #within<T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

interface GraphPlace {
  lane: number
  lines: { from: number; to: number; parentId: string }[]
  hiddenLines: number
}

/** Where the versions of a page stand in the graph of all up to the newest. */
function layOut(
  edges: Edges,
  { top, from, to }: { top: number; from: store.VersionHead | undefined; to: store.VersionHead | undefined },
) {
  const places = new Map<string, GraphPlace>()
  if (!from || !to) return places
  const waiting = waitingBelow(newestFirst(edges, top, from.version_number + 1))
  const { rows } = layOutHistory(newestFirst(edges, from.version_number, to.version_number), waiting)
  for (const { id, lines, ...place } of rows)
    places.set(id, { ...place, lines: lines.map(({ parent, ...line }) => ({ ...line, parentId: parent })) })
  return places
}

function nothingToCommit(branch: string, version: store.VersionRow): FairleadError {
  return new FairleadError(
    'prompt.nothing_to_commit',
    `The head of "${branch}" says what version ${version.version_number} says already.`,
  )
}
