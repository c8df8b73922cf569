import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp } from '../base/contract-schema.ts'
import { PromptContent } from './document-schema.ts'
import type { reviewEndpoints } from './endpoints.ts'
import { MergePreview, Resolution } from './history-contract-schema.ts'
import {
  Bypass,
  CommitMessage,
  Id,
  PromptReference,
  PromptVersion,
  RefKind,
  RefName,
  Revision,
} from './version-schema.ts'

const roles = z.enum(['owner', 'admin', 'editor', 'viewer'])

/** What protects the refs that a pattern names; where several rules fit, all of them hold. */
const RuleFields = {
  /** Null protects the refs of every prompt. */
  promptId: z.string().nullable().default(null),
  refKind: RefKind,
  /** A name, in which `*` stands for any characters. */
  pattern: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[A-Za-z0-9._*-]+$/, 'must hold only letters, digits, ".", "_", "-" and "*"'),
  /** The ref moves by merge requests only. */
  noDirectCommit: z.boolean().default(false),
  /** From people other than who opened the request and who wrote its versions. */
  requiredApprovals: z.int().min(0).max(6).default(0),
  /** Approvals count for the version that was seen only. */
  dismissStale: z.boolean().default(true),
  authorMayApprove: z.boolean().default(false),
  /** No version with two parents comes onto the ref. */
  linearHistory: z.boolean().default(false),
  /** Names of checks that must have passed for the version, or for one of equal content. */
  requiredChecks: z.array(z.string().min(1).max(100)).max(20).default([]),
  /** The ref may be moved to where it leaves versions behind, and removed. */
  allowReset: z.boolean().default(false),
  /** Who may pass over the rule, with a reason that is recorded. */
  bypassRoles: z.array(roles).max(4).default([]),
  /** False lets owners and admins pass over it, too. */
  includeAdmins: z.boolean().default(true),
}

export const ProtectionRule = z.strictObject({
  id: z.string(),
  ...RuleFields,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ProtectionRule = z.infer<typeof ProtectionRule>

/** Merge requests go to branches and labels: what a tag needed of one could not be had. */
const NewRule = z.strictObject(RuleFields).superRefine(({ refKind, noDirectCommit, requiredApprovals }, context) => {
  if (refKind !== 'tag') return
  const refuse = (field: string, none: string) =>
    context.addIssue({ code: 'custom', path: [field], message: `must be ${none}: no merge request leads to a tag` })
  if (noDirectCommit) refuse('noDirectCommit', 'false')
  if (requiredApprovals > 0) refuse('requiredApprovals', '0')
})

const Verdict = z.enum(['approved', 'changes_requested'])

export const MergeRequest = z.strictObject({
  id: z.string(),
  promptId: z.string(),
  /** The branch whose head is to be merged. */
  source: z.string(),
  target: z.strictObject({ kind: z.enum(['branch', 'label']), name: z.string() }),
  sourceHead: PromptVersion,
  /** Null where the target does not exist. */
  targetHead: PromptVersion.nullable(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  status: z.enum(['open', 'merged', 'closed']),
  mergedVersionId: z.string().nullable(),
  openedBy: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  closedAt: Timestamp.nullable(),
  approvals: z.array(
    z.strictObject({
      userId: z.string(),
      versionId: z.string(),
      verdict: Verdict,
      comment: z.string().nullable(),
      at: Timestamp,
      /** Whether it was given for another version than the present head of the source. */
      stale: z.boolean(),
    }),
  ),
  /** What protection still asks for; empty when it may be merged. */
  missing: z.array(z.strictObject({ rule: z.string(), requirement: z.string(), message: z.string() })),
})
export type MergeRequest = z.infer<typeof MergeRequest>

export const Check = z.strictObject({
  versionId: z.string(),
  name: z.string(),
  state: z.enum(['pending', 'passed', 'failed']),
  evidence: z.record(z.string(), z.unknown()),
  at: Timestamp,
})
export type Check = z.infer<typeof Check>

const RequestId = Id.extend({ requestId: z.uuid() })

export const reviewContract = {
  listProtectionRules: { query: PageQuery, responses: { 200: page(ProtectionRule) } },
  createProtectionRule: { body: NewRule, responses: { 201: ProtectionRule } },
  getProtectionRule: { params: Id, responses: { 200: ProtectionRule } },
  updateProtectionRule: { params: Id, body: NewRule, responses: { 200: ProtectionRule } },
  deleteProtectionRule: { params: Id, responses: { 204: null } },

  listPromptChecks: {
    params: Id,
    query: z.strictObject({ at: Revision }),
    responses: { 200: z.strictObject({ data: z.array(Check) }) },
  },
  setPromptCheck: {
    params: Id,
    body: z.strictObject({
      name: z
        .string()
        .min(1)
        .max(100)
        .refine((name) => name !== 'experiment', 'must be another one: only a completed A/B test meets "experiment"'),
      at: Revision,
      state: z.enum(['pending', 'passed', 'failed']),
      evidence: z.record(z.string(), z.unknown()).default({}),
    }),
    responses: { 200: Check },
  },

  createMergeRequest: {
    params: Id,
    body: z.strictObject({
      source: RefName,
      target: z.strictObject({ kind: z.enum(['branch', 'label']), name: RefName }),
      title: z.string().min(1).max(300).optional(),
      description: z.string().max(20_000).optional(),
    }),
    responses: { 201: MergeRequest },
  },
  listMergeRequests: {
    params: Id,
    query: PageQuery.extend({ status: z.enum(['open', 'merged', 'closed']).optional() }),
    responses: { 200: page(MergeRequest) },
  },
  getMergeRequest: { params: RequestId, responses: { 200: MergeRequest } },
  closeMergeRequest: { params: RequestId, responses: { 200: MergeRequest } },
  previewMergeRequest: { params: RequestId, responses: { 200: MergePreview } },
  reviewMergeRequest: {
    params: RequestId,
    body: z.strictObject({
      /** The version that was looked at: the verdict is for that one. */
      versionId: z.string(),
      verdict: Verdict,
      comment: z.string().max(20_000).optional(),
    }),
    responses: { 200: MergeRequest },
  },
  mergeMergeRequest: {
    params: RequestId,
    body: z.strictObject({
      mode: z.enum(['merge', 'no-fast-forward', 'fast-forward-only', 'squash']).default('merge'),
      commitMessage: CommitMessage.optional(),
      resolutions: z.array(Resolution).max(1_000).optional(),
      content: PromptContent.optional(),
      bypass: Bypass.optional(),
    }),
    responses: {
      200: z.strictObject({ request: MergeRequest, version: PromptVersion, reference: PromptReference }),
    },
  },
} as const satisfies Record<keyof typeof reviewEndpoints, EndpointContract>
