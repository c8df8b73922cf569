import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp } from '../base/contract-schema.ts'
import { PromptContent } from './document-schema.ts'
import type { transferEndpoints } from './endpoints.ts'
import { CommitMessage, Id, Prompt, RefKind, RefName } from './version-schema.ts'

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a commit hash: 64 hex digits')

/** A version as it travels: with nothing that only this server knows. */
const Travelling = {
  /** Commit hashes; one for an ordinary version, two for a merge. */
  parents: z.array(Hash).max(2),
  content: PromptContent,
  author: z.strictObject({ name: z.string().max(255), email: z.string().max(320) }),
  /** Whole seconds count. */
  committedAt: Timestamp,
  message: CommitMessage,
}

const Ref = z.strictObject({ kind: RefKind, name: RefName, commit: Hash })

export const transferContract = {
  exportPrompt: {
    params: Id,
    query: PageQuery,
    responses: { 200: page(z.strictObject({ commitHash: Hash, versionNumber: z.int(), ...Travelling })) },
  },
  importPrompt: {
    body: z.strictObject({
      /** The prompt that the history is for; it is made where there is none. */
      key: z
        .string()
        .max(200)
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
          'must start with a letter or digit and hold only letters, digits, ".", "_" and "-"',
        ),
      name: z.string().min(1).max(255).optional(),
      /** Parents before what was made from them, here or in an earlier import. What is there already is left as it is. */
      commits: z.array(z.strictObject(Travelling)).max(10_000),
      /** Made, or moved to where the history they come from has them. */
      refs: z.array(Ref).max(1_000).default([]),
    }),
    responses: {
      200: z.strictObject({
        prompt: Prompt,
        /** How many versions are new. */
        imported: z.int(),
        /** By the place of each commit in the request. */
        commitHashes: z.array(Hash),
      }),
    },
  },
} as const satisfies Record<keyof typeof transferEndpoints, EndpointContract>
