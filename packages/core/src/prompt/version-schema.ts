import * as z from 'zod'
import { Timestamp } from '../base/contract-schema.ts'
import { PromptContent } from './document-schema.ts'

export const RefKind = z.enum(['branch', 'tag', 'label'])

/** A prompt by its id or its key. */
export const Id = z.strictObject({ id: z.string() })

/** The name of a branch, tag or label, as git would take it, too. */
export const RefName = z
  .string()
  .max(100)
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.[A-Za-z0-9_-])*$/,
    'must start with a letter or digit, hold only letters, digits, ".", "_" and "-", and not end in "." or hold ".."',
  )
  .refine((name) => !name.endsWith('.lock'), 'must not end in ".lock", which git takes for its own')

/**
 * A version: its number, `branch/<name>`, `label/<name>`, `tag/<name>`, or its commit hash or at least 7 digits of it.
 */
export const Revision = z
  .string()
  .max(120)
  .regex(
    /^(?:[1-9]\d{0,8}|(?:branch|label|tag)\/[A-Za-z0-9._-]{1,100}|[0-9a-f]{7,64})$/,
    'must be a version number, "branch/<name>", "label/<name>", "tag/<name>" or a commit hash',
  )

export const CommitMessage = z.string().max(10_000)

/** Why a protection is passed over, by somebody who may; it is recorded. */
export const Bypass = z.string().min(1).max(1_000)

/** Whether at most one way is named to pick a version. */
export function selectsOne({
  version,
  branch,
  label,
}: {
  version?: unknown
  branch?: unknown
  label?: unknown
}): boolean {
  return [version, branch, label].filter((value) => value !== undefined).length <= 1
}
export const onlyOneSelector =
  'must have only one of "version", "branch" and "label"; of none, the label "production" is taken, else the head of "main"'

/** An immutable version. `versionNumber` is gapless per prompt, from 1; hashes are hex SHA-256. */
export const PromptVersion = z.strictObject({
  id: z.string(),
  promptId: z.string(),
  versionNumber: z.int().positive(),
  content: PromptContent,
  commitMessage: z.string().nullable(),
  parentVersionId: z.string().nullable(),
  mergeParentVersionId: z.string().nullable(),
  branch: z.string(),
  kind: z.enum(['commit', 'merge', 'revert', 'import']),
  contentHash: z.string(),
  commitHash: z.string(),
  author: z.strictObject({ name: z.string(), email: z.string() }),
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
})
export type PromptVersion = z.infer<typeof PromptVersion>

/** A named pointer to a version, moved by compare-and-swap. */
export const PromptReference = z.strictObject({
  kind: RefKind,
  name: z.string(),
  version: PromptVersion,
  revision: z.int().positive(),
  updatedAt: Timestamp,
})
export type PromptReference = z.infer<typeof PromptReference>

export const Prompt = z.strictObject({
  id: z.string(),
  key: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** Since when it is hidden from lists and can't be changed; null while it is in use. */
  archivedAt: Timestamp.nullable(),
})
export type Prompt = z.infer<typeof Prompt>
