import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, TokenUsage, VersionNumber, VersionParameter } from '../base/contract-schema.ts'
import { PromptContent, PromptMessage } from './document-schema.ts'
import type { versionEndpoints } from './endpoints.ts'
import {
  Bypass,
  CommitMessage,
  Id,
  onlyOneSelector,
  Prompt,
  PromptVersion,
  RefName,
  selectsOne,
} from './version-schema.ts'

const Key = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'must start with a letter or digit and hold only letters, digits, ".", "_" and "-"',
  )

const Name = z.string().min(1).max(255)
const Description = z.string().max(10_000)

const CommitFields = { content: PromptContent, commitMessage: CommitMessage.optional() }

/** Picks a version: by number, by branch (default `main`) or by label. */
const Selection = {
  version: VersionNumber.optional(),
  branch: z.string().optional(),
  label: z.string().optional(),
}

const PromptWithHead = Prompt.extend({ head: PromptVersion.nullable() })

const Rendered = z.strictObject({ versionNumber: z.int(), versionId: z.string(), messages: z.array(PromptMessage) })

export const versionContract = {
  createPrompt: {
    body: z.strictObject({
      key: Key,
      name: Name.optional(),
      description: Description.optional(),
      ...CommitFields,
    }),
    responses: { 201: Prompt.extend({ head: PromptVersion }) },
  },
  listPrompts: {
    query: PageQuery.extend({
      key: z.string().max(200).optional().meta({ description: 'The prompt with this very key, or none.' }),
      archived: z.enum(['exclude', 'include', 'only']).default('exclude'),
    }),
    responses: { 200: page(Prompt) },
  },
  getPrompt: { params: Id, responses: { 200: PromptWithHead } },
  updatePrompt: {
    params: Id,
    /** What is left out stays as it is. */
    body: z.strictObject({
      name: Name.optional(),
      description: Description.nullable().optional(),
      archived: z.boolean().optional(),
    }),
    responses: { 200: PromptWithHead },
  },
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
    body: z
      .strictObject({ ...Selection, variables: z.record(z.string(), z.unknown()).default({}) })
      .refine(selectsOne, onlyOneSelector),
    responses: { 200: Rendered },
  },
  tryPrompt: {
    params: Id,
    body: z
      .strictObject({
        ...Selection,
        variables: z.record(z.string(), z.unknown()).default({}),
        model: z.string().optional(),
      })
      .refine(selectsOne, onlyOneSelector),
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
