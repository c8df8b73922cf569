import { FairleadError } from '@fairlead/core/base'
import type { HistoryCommit, HistoryRef, PromptContent } from '@fairlead/core/prompt'
import { RefName } from '@fairlead/core/prompt/schema'
import type { Actor } from './actor.ts'
import type { PromptServices } from './services.ts'

export interface PromptOperatorParts extends Pick<PromptServices, 'prompts' | 'refs' | 'transfers'> {
  /** The id of an organization by its slug. Throws `tenant.not_found`. */
  organizationOf(slug: string): Promise<string>
}

/** A history with parents named by commit hashes, oldest first. */
export interface WholeHistory {
  commits: HistoryCommit[]
  refs: HistoryRef[]
}

const pieceSize = 500

/** What whoever runs the server does with prompts: whole histories out and in, and what stands in a ref now. */
export function createPromptOperator({ prompts, refs, transfers, organizationOf }: PromptOperatorParts) {
  return {
    async exportPrompt(slug: string, key: string): Promise<WholeHistory> {
      const id = await organizationOf(slug)
      const commits: HistoryCommit[] = []
      for (let after: number | undefined; ; ) {
        const piece = await transfers.export(id, key, { limit: pieceSize, after })
        commits.push(
          ...piece.map(({ commitHash, committedAt, ...commit }) => ({
            ...commit,
            id: commitHash,
            committedAt: new Date(committedAt),
          })),
        )
        after = piece.at(-1)?.versionNumber
        if (piece.length < pieceSize) break
      }
      const named = await refs.list(id, key, undefined, { limit: 100_000, after: undefined })
      return { commits, refs: named.map(({ kind, name, version }) => ({ kind, name, commit: version.commitHash })) }
    },

    /** Ids and parents are any names that are unique in the history. Answers how many versions are new. */
    async importPrompt(slug: string, key: string, { commits, refs: named }: WholeHistory): Promise<number> {
      const organizationId = await organizationOf(slug)
      for (const { kind, name } of named) assertName(kind, name)
      const places = new Map(commits.map(({ id }, index) => [id, index]))
      const { imported } = await transfers.import(organizationId, operator, {
        key,
        commits: commits.map(({ id: _id, committedAt, ...commit }) => ({
          ...commit,
          committedAt: committedAt.toISOString(),
        })),
        refs: named,
        places,
      })
      return imported
    },

    /** What every prompt says at a label, or at the head of `main`; prompts without that label are left out. */
    async readPrompts(slug: string, label: string | undefined): Promise<Map<string, PromptContent>> {
      const id = await organizationOf(slug)
      const found = new Map<string, PromptContent>()
      const ref =
        label === undefined ? { kind: 'branch' as const, name: 'main' } : { kind: 'label' as const, name: label }
      for (const { key } of await prompts.list(id, { archived: 'include' }, { limit: 1_000_000, after: undefined })) {
        const content = await refs.get(id, key, ref).then(({ version }) => version.content, absent)
        if (content) found.set(key, content)
      }
      return found
    },
  }
}

/** Throws `prompt.invalid_ref_name` for a name that no request could call the ref by, such as `feature/x`. */
function assertName(kind: string, name: string): void {
  const { error } = RefName.safeParse(name)
  if (!error) return
  const reason = error.issues.map(({ message }) => message).join(', ')
  throw new FairleadError(
    'prompt.invalid_ref_name',
    `The ${kind} "${name}" can't be imported: its name ${reason}. Rename it in the repository, or import from a clone without it.`,
  )
}

export type PromptOperator = ReturnType<typeof createPromptOperator>

const operator: Actor = {
  author: { name: 'Operator', email: 'operator@fairlead.invalid' },
  userId: null,
  responsibleUserId: null,
  kind: 'system',
  id: 'operator',
  role: null,
}

function absent(error: unknown): undefined {
  if (error instanceof FairleadError && error.code === 'prompt.ref_not_found') return undefined
  throw error
}
