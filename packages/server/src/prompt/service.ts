import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/core/base'
import {
  type Author,
  encodeCommit,
  encodeContent,
  messagesOf,
  type Prompt,
  type PromptContent,
  type PromptReference,
  type PromptVersion,
  renderPrompt,
  variablesOf,
} from '@fairlead/core/prompt'
import type { PromptVersionContent } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { PromptReferenceRequest, ResolvedPrompt, VersionResolver } from './ports.ts'
import * as store from './store.ts'

/** Who commits: the author that goes into the hash, and the user behind it if there is one. */
export interface Committer {
  author: Author
  userId: string | null
}

export interface Commit {
  content: PromptContent
  commitMessage?: string | undefined
}

export interface Selection {
  version?: number | undefined
  branch?: string | undefined
  label?: string | undefined
}

export type PromptWithHead = Prompt & { head: PromptVersion }
export type PromptService = ReturnType<typeof createPromptService>

/** The rules of the prompt room. Every method works in one organization and one transaction of its own. */
export function createPromptService({ database, clock, createId }: PromptServiceParts) {
  const within = <T>(organizationId: string, work: (db: Kysely<Tables>) => Promise<T>) =>
    database.withOrganization(organizationId, work)

  return {
    /** Creates a prompt with its first version as the head of `main`. */
    create: (organizationId: string, by: Committer, input: Commit & { key: string; name?: string; description?: string }) =>
      within(organizationId, async (db): Promise<PromptWithHead> => {
        const row = await store.insertPrompt(db, {
          organization_id: organizationId,
          id: createId(),
          key: input.key,
          name: input.name ?? input.key,
          description: input.description ?? null,
          created_by: by.userId,
        })
        if (!row) {
          throw new FairleadError('prompt.key_taken', `A prompt with the key "${input.key}" exists already. Choose another key, or commit a version to that prompt.`, {
            data: { key: input.key },
          })
        }
        const head = await commitTo(db, { prompt: row, branch: 'main', parent: null, by, ...input })
        return { ...toPrompt(row), head: toVersion(head) }
      }),

    list: (organizationId: string, page: store.Keyset<string>) =>
      within(organizationId, async (db) => (await store.listPrompts(db, page)).map(toPrompt)),

    get: (organizationId: string, idOrKey: string) =>
      within(organizationId, async (db): Promise<Prompt & { head: PromptVersion | null }> => {
        const row = await requirePrompt(db, idOrKey)
        const head = await store.findRef(db, row.id, 'branch', 'main')
        return { ...toPrompt(row), head: head ? toVersion(head.version) : null }
      }),

    /** Commits to a branch whose head must be `expectedHash`; the loser of a race is told the head that won. */
    commit: (organizationId: string, idOrKey: string, by: Committer, input: Commit & { branch: string; expectedHash: string }) =>
      within(organizationId, async (db): Promise<PromptVersion> => {
        const prompt = await requirePrompt(db, idOrKey)
        const head = await store.findRef(db, prompt.id, 'branch', input.branch)
        if (!head) throw unknownRef(idOrKey, { branch: input.branch })
        if (toVersion(head.version).commitHash !== input.expectedHash) throw headMoved(input, head.version)
        return toVersion(await commitTo(db, { prompt, parent: head.version, by, ...input }))
      }),

    listVersions: (organizationId: string, idOrKey: string, page: store.Keyset<number>) =>
      within(organizationId, async (db) => {
        const prompt = await requirePrompt(db, idOrKey)
        return (await store.listVersions(db, prompt.id, page)).map(toVersion)
      }),

    getVersion: (organizationId: string, idOrKey: string, version: number) =>
      within(organizationId, async (db) => toVersion(await selectVersion(db, idOrKey, { version }))),

    getBranch: (organizationId: string, idOrKey: string, name: string) =>
      within(organizationId, async (db): Promise<PromptReference> => {
        const prompt = await requirePrompt(db, idOrKey)
        const found = await store.findRef(db, prompt.id, 'branch', name)
        if (!found) throw unknownRef(idOrKey, { branch: name })
        return toReference(found)
      }),

    /** The version that a selection names, with its templates filled. */
    render: (organizationId: string, idOrKey: string, selection: Selection, variables: Record<string, unknown>) =>
      within(organizationId, async (db) => {
        const version = toVersion(await selectVersion(db, idOrKey, selection))
        const rendered = renderPrompt(version.content, variables)
        if (!rendered.ok) {
          throw new FairleadError('prompt.invalid_variables', `The variables do not fit version ${version.versionNumber} of the prompt "${idOrKey}".`, {
            data: { errors: rendered.faults.map(({ pointer, message }) => ({ pointer: `/variables${pointer}`, message })) },
          })
        }
        return { version, messages: rendered.messages }
      }),
  }

  async function commitTo(
    db: Kysely<Tables>,
    { prompt, branch, parent, by, content, commitMessage }: Commit & { prompt: store.PromptRow; branch: string; parent: store.VersionRow | null; by: Committer },
  ): Promise<store.VersionRow> {
    assertOneBody(content)
    // First the number, which locks the prompt: writers of one prompt queue here and nowhere else.
    const versionNumber = await store.takeVersionNumber(db, prompt.id)
    const committedAt = new Date(Math.floor(clock() / 1000) * 1000)
    const contentHash = sha256(encodeContent(content))
    const commitHash = sha256(
      encodeCommit({
        contentHash: contentHash.toString('hex'),
        parents: parent ? [hex(parent.commit_hash)] : [],
        author: by.author,
        committedAt,
        message: commitMessage ?? '',
      }),
    )
    const version = await store.insertVersion(db, {
      organization_id: prompt.organization_id,
      id: createId(),
      prompt_id: prompt.id,
      version_number: versionNumber,
      content,
      commit_message: commitMessage ?? null,
      parent_version_id: parent?.id ?? null,
      branch,
      kind: 'commit',
      generation: (parent?.generation ?? 0) + 1,
      content_hash: contentHash,
      commit_hash: commitHash,
      author_name: by.author.name,
      author_email: by.author.email,
      committed_at: committedAt,
      created_by: by.userId,
    })
    const moved = await store.moveRef(db, {
      organization_id: prompt.organization_id,
      prompt_id: prompt.id,
      kind: 'branch',
      name: branch,
      expected: parent?.id ?? null,
      next: version.id,
      actor: by.userId,
      reason: 'commit',
    })
    if (moved) return version
    const head = await store.findRef(db, prompt.id, 'branch', branch)
    throw headMoved({ branch }, head?.version)
  }
}

/** The prompt room as a resolver of references: a version, a branch or a label; else `production`, else the head of `main`. */
export const refResolver: VersionResolver = {
  async resolve(db, request): Promise<ResolvedPrompt | null> {
    const prompt = await findByIdOrKey(db, request.prompt)
    if (!prompt) return null
    const row = await findSelected(db, prompt.id, request)
    if (!row) return null
    return {
      pin: { promptId: prompt.id, versionId: row.id, versionNumber: row.version_number, variantId: null },
      content: toVersionContent(prompt.key, row),
    }
  },
  async load(db, versionIds) {
    const rows = await store.findVersionsById(db, versionIds)
    return new Map(rows.map((row) => [row.id, toVersionContent(row.key, row)]))
  },
}

interface PromptServiceParts {
  database: Database
  clock: () => number
  createId: () => string
}

async function requirePrompt(db: Kysely<Tables>, idOrKey: string): Promise<store.PromptRow> {
  const row = await findByIdOrKey(db, idOrKey)
  if (!row) throw new FairleadError('prompt.not_found', `There is no prompt "${idOrKey}".`)
  return row
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

async function findByIdOrKey(db: Kysely<Tables>, idOrKey: string): Promise<store.PromptRow | undefined> {
  return (uuid.test(idOrKey) ? await store.findPrompt(db, { id: idOrKey }) : undefined) ?? store.findPrompt(db, { key: idOrKey })
}

async function selectVersion(db: Kysely<Tables>, idOrKey: string, selection: Selection): Promise<store.VersionRow> {
  const prompt = await requirePrompt(db, idOrKey)
  const row = await findSelected(db, prompt.id, selection)
  if (!row) throw unknownRef(idOrKey, selection)
  return row
}

async function findSelected(
  db: Kysely<Tables>,
  promptId: string,
  { version, branch, label }: Pick<PromptReferenceRequest, 'version' | 'branch' | 'label'>,
): Promise<store.VersionRow | undefined> {
  if (version !== undefined) return store.findVersion(db, promptId, version)
  if (branch !== undefined) return (await store.findRef(db, promptId, 'branch', branch))?.version
  if (label !== undefined) return (await store.findRef(db, promptId, 'label', label))?.version
  const found = (await store.findRef(db, promptId, 'label', 'production')) ?? (await store.findRef(db, promptId, 'branch', 'main'))
  return found?.version
}

function assertOneBody(content: PromptContent): void {
  if ((content.text === undefined) !== (content.messages === undefined)) return
  throw new FairleadError('prompt.invalid_content', 'A version has either a text or messages: give exactly one of them.', {
    data: { errors: [{ pointer: '/content', message: 'must have exactly one of "text" and "messages"' }] },
  })
}

function unknownRef(prompt: string, selection: Selection): FairleadError {
  const [kind, name] = Object.entries(selection).find(([, value]) => value !== undefined) ?? ['branch', 'main']
  return new FairleadError('prompt.version_not_found', `The prompt "${prompt}" has no ${kind} "${name}".`)
}

function headMoved({ branch }: { branch: string }, head: store.VersionRow | undefined): FairleadError {
  const current = head ? toVersion(head) : null
  return new FairleadError(
    'prompt.head_moved',
    `The branch "${branch}" has moved${current ? ` to version ${current.versionNumber}` : ''}. Read it again, redo the change on top of it and commit with its ETag.`,
    { data: { current, ...(current ? { etag: current.commitHash } : {}) } },
  )
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function toPrompt(row: store.PromptRow): Prompt {
  return {
    id: row.id,
    key: row.key,
    name: row.name,
    description: row.description,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

function toVersion(row: store.VersionRow): PromptVersion {
  return {
    id: row.id,
    promptId: row.prompt_id,
    versionNumber: row.version_number,
    content: store.contentOf(row),
    commitMessage: row.commit_message,
    parentVersionId: row.parent_version_id,
    mergeParentVersionId: row.merge_parent_version_id,
    branch: row.branch,
    kind: row.kind as PromptVersion['kind'],
    contentHash: hex(row.content_hash),
    commitHash: hex(row.commit_hash),
    author: { name: row.author_name, email: row.author_email },
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  }
}

function toReference({ ref, version }: { ref: store.RefRow; version: store.VersionRow }): PromptReference {
  return {
    kind: ref.kind as PromptReference['kind'],
    name: ref.name,
    version: toVersion(version),
    revision: ref.revision,
    updatedAt: ref.updated_at.toISOString(),
  }
}

function toVersionContent(key: string, row: store.VersionRow): PromptVersionContent {
  const content = store.contentOf(row)
  return {
    promptId: row.prompt_id,
    key,
    versionId: row.id,
    versionNumber: row.version_number,
    messages: messagesOf(content),
    variables: variablesOf(content),
    model: content.model,
    outputSchema: content.outputSchema,
  }
}
