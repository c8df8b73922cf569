import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { VersionParameter } from '../base/contract-schema.ts'
import { PromptContent } from './document-schema.ts'
import type { deliveryEndpoints } from './endpoints.ts'
import { Id, onlyOneSelector, selectsOne } from './version-schema.ts'

/** A version that another one is composed of, directly or not. */
export const ComposedReference = z.strictObject({
  promptId: z.string(),
  key: z.string(),
  versionId: z.string(),
  versionNumber: z.int().positive(),
  /** The label that led to it, and may lead elsewhere later; null where the version is pinned. */
  label: z.string().nullable(),
})
export type ComposedReference = z.infer<typeof ComposedReference>

/** What a ref says now, as an application uses it: complete, with all that it refers to composed in. */
export const ResolvedPrompt = z.strictObject({
  promptId: z.string(),
  key: z.string(),
  versionId: z.string(),
  versionNumber: z.int().positive(),
  commitHash: z.string(),
  content: PromptContent,
  references: z.array(ComposedReference),
})
export type ResolvedPrompt = z.infer<typeof ResolvedPrompt>

/**
 * Refs of one prompt have moved; or, where no prompt is named, moves may have been missed: whatever is remembered must be
 * looked at again. A stream begins with the latter.
 */
export const PromptEvent = z.strictObject({
  type: z.enum(['prompt.changed', 'prompt.resync']),
  promptId: z.string().nullable(),
})
export type PromptEvent = z.infer<typeof PromptEvent>

export const deliveryContract = {
  resolvePrompt: {
    params: Id,
    query: z
      .strictObject({
        version: VersionParameter.optional(),
        branch: z.string().optional(),
        label: z.string().optional(),
      })
      .refine(selectsOne, onlyOneSelector),
    responses: { 200: ResolvedPrompt },
  },
  streamPromptEvents: {
    query: z.strictObject({
      /** `false` ends the stream after the event that it begins with. */
      follow: z.enum(['true', 'false']).optional(),
    }),
    responses: { 200: PromptEvent },
  },
} as const satisfies Record<keyof typeof deliveryEndpoints, EndpointContract>
