import { FairleadError, StepBudget } from '@fairlead/core/base'
import type { Author, HistoryRef, Prompt, PromptContent } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { hashesOf } from './commit.ts'
import { assertContent } from './content-guard.ts'
import { isAncestor, loadEdges } from './history-store.ts'
import { hex, toPrompt } from './record.ts'
import type { RefMover } from './ref-move.ts'
import * as refStore from './ref-store.ts'
import { lockToChange, requirePrompt } from './select.ts'
import * as store from './store.ts'

export interface TransferServiceParts {
  database: Database
  refs: RefMover
  createId: () => string
}

/** A version as it travels; parents are commit hashes. */
export interface Travelling {
  parents: readonly string[]
  content: PromptContent
  author: Author
  committedAt: string
  message: string
}

export interface ImportRequest {
  key: string
  name?: string | undefined
  commits: readonly Travelling[]
  /** `commit` is a commit hash. */
  refs: readonly HistoryRef[]
  /** Where parents and refs name commits otherwise than by their hashes: the place of each name in `commits`. */
  places?: ReadonlyMap<string, number>
}

/** For the JSON Schemas of all versions together: five times as many as for one. */
const stepsForAll = 10_000_000

/** Whole histories, as they come from and go to git or another server. Hashes vouch that nothing was lost on the way. */
export class TransferService {
  readonly #parts: TransferServiceParts

  constructor(parts: TransferServiceParts) {
    this.#parts = parts
  }

  /** In the order in which the versions were made, so that parents come first. */
  export(organizationId: string, idOrKey: string, { limit, after }: store.Keyset<number>) {
    return this.#within(organizationId, async (db) => {
      const prompt = await requirePrompt(db, idOrKey)
      const rows = await store.listVersionsFrom(db, prompt.id, { limit, after })
      const parents = rows.flatMap((row) =>
        [row.parent_version_id, row.merge_parent_version_id].filter((id) => id !== null),
      )
      const hashes = await store.hashesOfVersions(db, [...new Set(parents)])
      return rows.map((row) => ({
        commitHash: hex(row.commit_hash),
        versionNumber: row.version_number,
        parents: [row.parent_version_id, row.merge_parent_version_id].flatMap((id) =>
          id === null ? [] : [hex(hashes.get(id)!)],
        ),
        content: store.contentOf(row),
        author: { name: row.author_name, email: row.author_email },
        committedAt: row.committed_at.toISOString(),
        message: row.commit_message ?? '',
      }))
    })
  }

  /**
   * Adds the versions that are not there yet, and moves the refs, all or nothing and as protection allows: branches
   * forward, tags not at all. Throws `prompt.nothing_to_commit`, `prompt.invalid_content`, `prompt.unknown_parent`,
   * `prompt.not_fast_forward`, `prompt.tag_exists`, `prompt.protected` and `prompt.archived`.
   */
  import(
    organizationId: string,
    by: Actor,
    { key, name, commits, refs, places }: ImportRequest,
  ): Promise<{ prompt: Prompt; imported: number; commitHashes: string[] }> {
    return this.#within(organizationId, async (db) => {
      const known = await store.findPrompt(db, { key })
      if (!known && commits.length === 0) throw nothingToImport(key)
      const prompt = known ?? (await this.#create(db, organizationId, by, key, name))
      await lockToChange(db, prompt)
      const commitHashes: string[] = []
      const budget = new StepBudget(stepsForAll)
      let imported = 0
      const hashOf = (commit: string) => commitHashes[places?.get(commit) ?? -1] ?? commit
      for (const [index, { parents, ...commit }] of commits.entries()) {
        assertContent(commit.content, { pointerOf: (pointer) => `/commits/${index}/content${pointer}`, budget })
        const { row, isNew } = await this.#add(db, prompt, by, { ...commit, parents: parents.map(hashOf) }, index)
        commitHashes.push(hex(row.commit_hash))
        if (isNew) imported++
      }
      for (const ref of refs) {
        // As when a prompt is made: there is nothing on its `main` yet to protect.
        const isFirst = known === undefined && ref.kind === 'branch' && ref.name === 'main'
        await this.#place(db, prompt, by, { ...ref, commit: hashOf(ref.commit) }, isFirst)
      }
      return { prompt: toPrompt(prompt), imported, commitHashes }
    })
  }

  async #create(db: Kysely<Tables>, organizationId: string, by: Actor, key: string, name: string | undefined) {
    const row = { organization_id: organizationId, id: this.#parts.createId(), key, name: name ?? key }
    const made = await store.insertPrompt(db, { ...row, description: null, created_by: by.userId })
    // Somebody was faster.
    if (!made)
      throw new FairleadError('prompt.key_taken', `A prompt with the key "${key}" exists already.`, { data: { key } })
    return made
  }

  async #add(db: Kysely<Tables>, prompt: store.PromptRow, by: Actor, commit: Travelling, index: number) {
    const parents: store.VersionRow[] = []
    for (const hash of commit.parents) {
      const parent = await store.findVersionByHash(db, prompt.id, Buffer.from(hash, 'hex'))
      if (!parent) throw unknownParent(hash, index)
      parents.push(parent)
    }
    const [parent, mergeParent] = parents
    const committedAt = new Date(Math.floor(Date.parse(commit.committedAt) / 1000) * 1000)
    const { content, author, message } = commit
    const hashed = hashesOf({ content, parents, author, committedAt, message })
    const found = await store.findVersionByHash(db, prompt.id, hashed.commit_hash)
    if (found) return { row: found, isNew: false }
    const row = await store.insertVersion(db, {
      organization_id: prompt.organization_id,
      id: this.#parts.createId(),
      prompt_id: prompt.id,
      version_number: await store.takeVersionNumber(db, prompt.id),
      content,
      commit_message: message,
      parent_version_id: parent?.id ?? null,
      merge_parent_version_id: mergeParent?.id ?? null,
      reverts_version_id: null,
      branch: 'main',
      kind: 'import',
      generation: 1 + Math.max(0, ...parents.map(({ generation }) => generation)),
      ...hashed,
      author_name: author.name,
      author_email: author.email,
      committed_at: committedAt,
      created_by: by.userId,
      responsible_user_id: by.responsibleUserId,
    })
    return { row, isNew: true }
  }

  async #place(
    db: Kysely<Tables>,
    prompt: store.PromptRow,
    by: Actor,
    ref: HistoryRef,
    isFirst: boolean,
  ): Promise<void> {
    const to = await store.findVersionByHash(db, prompt.id, Buffer.from(ref.commit, 'hex'))
    if (!to)
      throw new FairleadError(
        'prompt.version_not_found',
        `The ${ref.kind} "${ref.name}" points at ${ref.commit}, which is not in the history.`,
      )
    const from = (await refStore.findRef(db, prompt.id, ref.kind, ref.name))?.version ?? null
    if (from?.id === to.id) return
    const { kind, name } = ref
    if (from && kind === 'tag')
      throw new FairleadError(
        'prompt.tag_exists',
        `The tag "${name}" names version ${from.version_number} here, and ${ref.commit} in what was sent. A tag never moves.`,
      )
    if (from && kind === 'branch' && !isAncestor(await loadEdges(db, prompt), from.id, to.id))
      throw new FairleadError(
        'prompt.not_fast_forward',
        `The branch "${name}" has versions here that ${ref.commit} does not come from. Import it under another name, and merge.`,
      )
    await this.#parts.refs.move(db, prompt, { kind, name, from, to, by, reason: 'import', bypass: undefined, isFirst })
  }

  #within<T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

/** A prompt without a version would be of no use, and nobody could remove it. */
function nothingToImport(key: string): FairleadError {
  const errors = [{ pointer: '/commits', message: 'must not be empty where the prompt is to be made' }]
  const message = `There is no prompt "${key}", and no commit to make it of.`
  return new FairleadError('prompt.nothing_to_commit', message, { data: { errors } })
}

function unknownParent(hash: string, index: number): FairleadError {
  const pointer = `/commits/${index}/parents`
  return new FairleadError(
    'prompt.unknown_parent',
    `The commit ${index} has the parent ${hash}, which is neither here nor before it.`,
    {
      data: { errors: [{ pointer, message: 'must be the hash of a version that is here, or of a commit before' }] },
    },
  )
}
