import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page } from '../base/contract-schema.ts'
import { PromptContent, PromptMessage } from './document-schema.ts'
import type { historyEndpoints } from './endpoints.ts'
import { Bypass, CommitMessage, Id, PromptReference, PromptVersion, RefName, Revision } from './version-schema.ts'

/** A place in a list, of lines for example: the first one is 0, as everywhere in this API. */
const Position = z.int().nonnegative()

const Hunk = z.strictObject({
  base: z.string(),
  ours: z.string(),
  theirs: z.string(),
  line: Position.meta({
    description:
      'The line of the merged text in `content`, counted from 0, that the first marker of the conflict (`<<<<<<<`) stands on.',
  }),
})

/**
 * Where two sides contradict each other; `path` is a JSON pointer into the merged content. A text says what a merge of
 * its words would give, where that is possible: for a person to look at.
 */
const Conflict = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    path: z.string(),
    hunks: z.array(Hunk),
    proposal: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('value'),
    path: z.string(),
    base: z.unknown().optional(),
    ours: z.unknown().optional(),
    theirs: z.unknown().optional(),
  }),
  z.strictObject({
    kind: z.literal('variable'),
    path: z.string(),
    variable: z.string(),
    givenUpBy: z.enum(['ours', 'theirs']),
  }),
])

const Side = z.enum(['ours', 'theirs'])
const HunkResolution = z.union([Side, z.literal('both'), z.strictObject({ text: z.string() })])

/** What becomes of the conflict at a path: a side, its hunks one by one, or another value. */
export const Resolution = z.union([
  z.strictObject({ path: z.string(), take: Side }),
  z.strictObject({ path: z.string(), hunks: z.array(HunkResolution) }),
  z.strictObject({ path: z.string(), value: z.unknown() }),
])

const Script = z.strictObject({
  edits: z
    .array(z.strictObject({ beforeStart: Position, beforeEnd: Position, afterStart: Position, afterEnd: Position }))
    .meta({
      description:
        'In order. The lines of `before` from `beforeStart` up to, and without, `beforeEnd` are replaced by those of `after` from `afterStart` up to `afterEnd`; the first line is 0.',
    }),
  inserted: z.int(),
  deleted: z.int(),
  exact: z.boolean(),
})

const AddedOrRemoved = z.enum(['added', 'removed'])

/** One thing that differs between two versions. */
const Change = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    change: z.literal('changed'),
    path: z.string(),
    before: z.string(),
    after: z.string(),
    script: Script,
  }),
  z.strictObject({ kind: z.literal('message'), change: AddedOrRemoved, path: z.string(), message: PromptMessage }),
  z.strictObject({
    kind: z.enum(['variable', 'reference', 'model', 'parameter', 'schema']),
    change: z.enum(['added', 'removed', 'changed']),
    path: z.string(),
    before: z.unknown(),
    after: z.unknown(),
  }),
  z.strictObject({ kind: z.literal('tool'), change: AddedOrRemoved, path: z.string(), tool: z.string() }),
])

/** What a merge would do. `content` is the merged prompt; of conflicts it holds both sides, or ours. */
export const MergePreview = z.strictObject({
  outcome: z.enum(['up-to-date', 'fast-forward', 'clean', 'conflict']),
  source: PromptVersion,
  target: PromptVersion,
  /** The best common ancestors; several after merges crosswise, none for unrelated histories. */
  bases: z.array(PromptVersion),
  content: PromptContent,
  conflicts: z.array(Conflict),
  /** From the target to the merged content. */
  changes: z.array(Change),
})
export type MergePreview = z.infer<typeof MergePreview>

const Place = {
  branch: RefName.default('main'),
  commitMessage: CommitMessage.optional(),
  bypass: Bypass.optional(),
}

/** How conflicts end: each by its resolution, or all by the whole content. */
const Resolved = { resolutions: z.array(Resolution).max(1_000).optional(), content: PromptContent.optional() }

/** A version on a branch, with the branch as it is then. */
const Committed = z.strictObject({ version: PromptVersion, reference: PromptReference })

const committing = { 200: Committed, 201: Committed }

export const historyContract = {
  diffPromptVersions: {
    params: Id,
    query: z.strictObject({ from: Revision, to: Revision }),
    responses: {
      200: z.strictObject({ from: PromptVersion, to: PromptVersion, changes: z.array(Change) }),
    },
  },
  rollBackPrompt: {
    params: Id,
    body: z.strictObject({ to: Revision, ...Place }),
    responses: { 201: Committed },
  },
  revertPromptVersion: {
    params: Id,
    body: z.strictObject({ version: Revision, ...Place, ...Resolved }),
    responses: committing,
  },
  cherryPickPromptVersion: {
    params: Id,
    body: z.strictObject({ version: Revision, ...Place, ...Resolved }),
    responses: committing,
  },
  previewPromptMerge: {
    params: Id,
    body: z.strictObject({ source: Revision, branch: RefName.default('main') }),
    responses: { 200: MergePreview },
  },
  mergePrompt: {
    params: Id,
    body: z.strictObject({
      source: Revision,
      ...Place,
      ...Resolved,
      /** `merge` fast-forwards where it can; `no-fast-forward` always makes a version; `squash` one with a single parent. */
      mode: z.enum(['merge', 'no-fast-forward', 'fast-forward-only', 'squash']).default('merge'),
    }),
    responses: committing,
  },
  listPromptHistory: {
    params: Id,
    query: PageQuery,
    responses: {
      200: page(
        z.strictObject({
          version: PromptVersion.omit({ content: true }),
          lane: Position.meta({ description: 'The column of the version in the graph, counted from 0.' }),
          lines: z.array(z.strictObject({ from: Position, to: Position, parentId: z.string() })).meta({
            description:
              'What leads from this row to the next, older one: from lane to lane, counted from 0. Beyond the first 100 lanes only what leads from the version of the row itself.',
          }),
          hiddenLines: z.int().nonnegative().meta({
            description: 'How many more lines lead past this row, in lanes beyond the first 100.',
          }),
          refs: z.array(z.strictObject({ kind: z.enum(['branch', 'tag', 'label']), name: z.string() })),
        }),
      ),
    },
  },
  blamePrompt: {
    params: Id,
    query: z.strictObject({ at: Revision.default('branch/main') }),
    responses: {
      200: z.strictObject({
        version: PromptVersion,
        texts: z.array(
          z.strictObject({
            path: z.string(),
            lines: z
              .array(z.strictObject({ text: z.string(), versionId: z.string(), versionNumber: z.int() }))
              .meta({ description: 'Every line of the text, in order, each with the newline that ends it.' }),
          }),
        ),
      }),
    },
  },
  verifyPromptHistory: {
    params: Id,
    responses: {
      200: z.strictObject({
        intact: z.boolean(),
        versions: z.int(),
        altered: z.strictObject({ id: z.string(), part: z.enum(['content', 'parents', 'commit']) }).nullable(),
      }),
    },
  },
} as const satisfies Record<keyof typeof historyEndpoints, EndpointContract>
