import type { MergeRequest, ProtectionRule } from '@fairlead/core/prompt'
import { toVersion } from './record.ts'
import type { ApprovalRow, MergeRequestRow, RuleRow } from './review-store.ts'
import type { VersionRow } from './store.ts'

export function toRule(row: RuleRow): ProtectionRule {
  return {
    id: row.id,
    promptId: row.prompt_id,
    refKind: row.ref_kind,
    pattern: row.pattern,
    noDirectCommit: row.no_direct_commit,
    requiredApprovals: row.required_approvals,
    dismissStale: row.dismiss_stale,
    authorMayApprove: row.author_may_approve,
    linearHistory: row.linear_history,
    requiredChecks: row.required_checks,
    allowReset: row.allow_reset,
    bypassRoles: row.bypass_roles as ProtectionRule['bypassRoles'],
    includeAdmins: row.include_admins,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

export function toMergeRequest(
  row: MergeRequestRow,
  about: {
    sourceHead: VersionRow
    targetHead: VersionRow | null
    approvals: readonly ApprovalRow[]
    missing: MergeRequest['missing']
  },
): MergeRequest {
  return {
    id: row.id,
    promptId: row.prompt_id,
    source: row.source_ref,
    target: { kind: row.target_kind, name: row.target_ref },
    sourceHead: toVersion(about.sourceHead),
    targetHead: about.targetHead && toVersion(about.targetHead),
    title: row.title,
    description: row.description,
    status: row.status,
    mergedVersionId: row.merged_version_id,
    openedBy: row.opened_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    approvals: about.approvals.map(({ user_id, version_id, verdict, comment, at }) => ({
      userId: user_id,
      versionId: version_id,
      verdict,
      comment,
      at: at.toISOString(),
      stale: version_id !== about.sourceHead.id,
    })),
    missing: about.missing,
  }
}
