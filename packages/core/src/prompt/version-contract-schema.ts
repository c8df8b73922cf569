import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, TokenUsage, VersionNumber, VersionParameter } from '../base/contract-schema.ts'
import { PromptContent, PromptMessage } from './document-schema.ts'
import type { versionEndpoints } from './endpoints.ts'
import { Bypass, CommitMessage, Id, Prompt, PromptVersion, RefName } from './version-schema.ts'

const Key = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'must start with a letter or digit and hold only letters, digits, ".", "_" and "-"',
  )

const CommitFields = { content: PromptContent, commitMessage: CommitMessage.optional() }

/** Picks a version: by number, by branch (default `main`) or by label. */
const Selection = {
  version: VersionNumber.optional(),
  branch: z.string().optional(),
  label: z.string().optional(),
}

const Rendered = z.strictObject({ versionNumber: z.int(), versionId: z.string(), messages: z.array(PromptMessage) })

export const versionContract = {
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
    body: z.strictObject({ ...CommitFields, branch: RefName.default('main'), bypass: Bypass.optional() }),
    responses: { 201: PromptVersion },
  },
  listPromptVersions: { params: Id, query: PageQuery, responses: { 200: page(PromptVersion) } },
  getPromptVersion: {
    params: Id.extend({ version: VersionParameter }),
    responses: { 200: PromptVersion },
  },
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
} as const satisfies Record<keyof typeof versionEndpoints, EndpointContract>
