import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp } from '../base/contract-schema.ts'
import type { refEndpoints } from './endpoints.ts'
import { Bypass, Id, PromptReference, RefKind, RefName, Revision } from './version-schema.ts'

const Named = Id.extend({ name: RefName })
const Removal = z.strictObject({ bypass: Bypass.optional() })

const MoveRef = z.strictObject({
  /** Where the ref is to point. */
  to: Revision,
  force: z.boolean().optional().meta({
    description:
      'Lets a branch leave versions behind, as when it goes back to an earlier one; protection may refuse it all the same. A label goes anywhere without it.',
  }),
  reason: z.string().max(1_000).optional(),
  bypass: Bypass.optional(),
})

/** One move of a ref; the log is append-only and each entry's hash covers the one before. */
export const RefLogEntry = z.strictObject({
  id: z.string(),
  kind: RefKind,
  name: z.string(),
  /** Null where the ref was made. */
  oldVersionId: z.string().nullable(),
  /** Null where it was removed. */
  newVersionId: z.string().nullable(),
  /** The numbers of the two versions. */
  oldVersionNumber: z.int().positive().nullable(),
  newVersionNumber: z.int().positive().nullable(),
  actorKind: z.string(),
  /** The user's id, the key's id, or the subject that a browser token was made for. */
  actor: z.string().nullable(),
  /** The name of the user or the key, or the subject, as it was then. */
  actorName: z.string().nullable(),
  reason: z.string().nullable(),
  at: Timestamp,
})
export type RefLogEntry = z.infer<typeof RefLogEntry>

const move = { params: Named, body: MoveRef, responses: { 200: PromptReference, 201: PromptReference } }
const read = { params: Named, responses: { 200: PromptReference } }
const remove = { params: Named, query: Removal, responses: { 204: null } }

export const refContract = {
  listPromptRefs: {
    params: Id,
    query: PageQuery.extend({ kind: RefKind.optional() }),
    responses: { 200: page(PromptReference) },
  },
  getPromptBranch: read,
  movePromptBranch: move,
  removePromptBranch: remove,
  getPromptLabel: read,
  movePromptLabel: move,
  removePromptLabel: remove,
  getPromptTag: read,
  createPromptTag: {
    params: Id,
    body: z.strictObject({ name: RefName, to: Revision, bypass: Bypass.optional() }),
    responses: { 201: PromptReference },
  },
  removePromptTag: remove,
  listPromptRefLog: {
    params: Id,
    query: PageQuery.extend({
      kind: RefKind.optional(),
      name: z.string().max(100).optional(),
      at: Timestamp.optional().meta({
        description:
          'The log as it was at this time: with `kind`, `name` and `limit=1`, the move after which a ref named what it named then.',
      }),
    }),
    responses: { 200: page(RefLogEntry) },
  },
} as const satisfies Record<keyof typeof refEndpoints, EndpointContract>
