import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp, TokenUsage, VersionNumber, VersionParameter } from '../base/contract-schema.ts'
import { PromptContent, PromptMessage } from './document-schema.ts'
import type { promptEndpoints } from './endpoints.ts'

const Id = z.strictObject({ id: z.string() })

const Key = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'must start with a letter or digit and hold only letters, digits, ".", "_" and "-"',
  )

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
  kind: z.enum(['branch', 'tag', 'label']),
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
})
export type Prompt = z.infer<typeof Prompt>

const CommitFields = {
  content: PromptContent,
  commitMessage: z.string().max(10_000).optional(),
}

/** Picks a version: by number, by branch (default `main`) or by label. */
const Selection = {
  version: VersionNumber.optional(),
  branch: z.string().optional(),
  label: z.string().optional(),
}

const Rendered = z.strictObject({ versionNumber: z.int(), versionId: z.string(), messages: z.array(PromptMessage) })

export const promptContract = {
  createPrompt: {
    body: z.strictObject({
      key: Key,
      name: z.string().min(1).max(255).optional(),
      description: z.string().max(10_000).optional(),
      ...CommitFields,
    }),
    responses: { 201: Prompt.extend({ head: PromptVersion }) },
  },
  listPrompts: { query: PageQuery, responses: { 200: page(Prompt) } },
  getPrompt: { params: Id, responses: { 200: Prompt.extend({ head: PromptVersion.nullable() }) } },
  createPromptVersion: {
    params: Id,
    body: z.strictObject({ ...CommitFields, branch: z.literal('main').default('main') }),
    responses: { 201: PromptVersion },
  },
  listPromptVersions: { params: Id, query: PageQuery, responses: { 200: page(PromptVersion) } },
  getPromptVersion: {
    params: Id.extend({ version: VersionParameter }),
    responses: { 200: PromptVersion },
  },
  getPromptBranch: { params: Id.extend({ name: z.string() }), responses: { 200: PromptReference } },
  renderPrompt: {
    params: Id,
    body: z.strictObject({ ...Selection, variables: z.record(z.string(), z.unknown()).default({}) }),
    responses: { 200: Rendered },
  },
  tryPrompt: {
    params: Id,
    body: z.strictObject({
      ...Selection,
      variables: z.record(z.string(), z.unknown()).default({}),
      model: z.string().optional(),
    }),
    responses: {
      200: z.strictObject({
        executionId: z.string(),
        versionNumber: z.int(),
        model: z.string(),
        messages: z.array(PromptMessage),
        output: z.unknown(),
        latencyMs: z.number(),
        usage: TokenUsage,
        costNanoUsd: z.int().nullable(),
      }),
    },
  },
} as const satisfies Record<keyof typeof promptEndpoints, EndpointContract>
