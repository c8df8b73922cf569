import type {
  Bytes,
  Generated,
  JsonWithDefault,
  OptionalBytes,
  OptionalTime,
  Time,
  TimeDefaultingToNow,
} from './column.ts'

/** Prompts as a graph of immutable versions with refs that move over it. */
export interface PromptTables {
  prompts: {
    organization_id: string
    id: string
    key: string
    name: string
    description: string | null
    /** The number that the next version will bear. */
    next_version: Generated<number>
    created_by: string | null
    created_at: TimeDefaultingToNow
    updated_at: TimeDefaultingToNow
    archived_at: OptionalTime
  }
  prompt_versions: {
    organization_id: string
    id: string
    prompt_id: string
    version_number: number
    content: string
    commit_message: string | null
    parent_version_id: string | null
    /** The second parent of a merge. */
    merge_parent_version_id: string | null
    /** Where it was committed; what the branch names now is in `prompt_refs`. */
    branch: Generated<string>
    /** The tag given at birth; tags that move are in `prompt_refs`. */
    tag: string | null
    /** 1 + the greatest generation of its parents. */
    generation: Generated<number>
    kind: Generated<'commit' | 'merge' | 'revert' | 'import'>
    reverts_version_id: string | null
    config: JsonWithDefault
    variables: JsonWithDefault
    content_hash: Bytes
    commit_hash: Bytes
    author_name: string
    author_email: string
    committed_at: Time
    created_by: string | null
    /** Who may not approve it: `created_by`, or whoever made the credential that it was written with. */
    responsible_user_id: string | null
    created_at: TimeDefaultingToNow
  }
  prompt_refs: {
    organization_id: string
    prompt_id: string
    kind: 'branch' | 'tag' | 'label'
    name: string
    version_id: string
    revision: Generated<number>
    updated_by: string | null
    updated_at: TimeDefaultingToNow
  }
  prompt_ref_log: {
    organization_id: string
    id: Generated<number>
    prompt_id: string
    kind: 'branch' | 'tag' | 'label'
    name: string
    old_version_id: string | null
    new_version_id: string | null
    actor_kind: Generated<string>
    actor: string | null
    actor_name: string | null
    reason: string | null
    at: TimeDefaultingToNow
    prev_hash: OptionalBytes
    hash: OptionalBytes
  }
  prompt_protection_rules: {
    organization_id: string
    id: string
    /** Null: the rule is for every prompt of the organization. */
    prompt_id: string | null
    ref_kind: 'branch' | 'tag' | 'label'
    pattern: string
    no_direct_commit: Generated<boolean>
    required_approvals: Generated<number>
    dismiss_stale: Generated<boolean>
    author_may_approve: Generated<boolean>
    linear_history: Generated<boolean>
    required_checks: Generated<string[]>
    allow_reset: Generated<boolean>
    bypass_roles: Generated<string[]>
    include_admins: Generated<boolean>
    created_at: TimeDefaultingToNow
    updated_at: TimeDefaultingToNow
  }
  prompt_merge_requests: {
    organization_id: string
    id: string
    prompt_id: string
    source_ref: string
    target_kind: 'branch' | 'label'
    target_ref: string
    source_head: string
    target_head: string | null
    title: string | null
    description: string | null
    status: Generated<'open' | 'merged' | 'closed'>
    merged_version_id: string | null
    opened_by: string | null
    /** As for a version. */
    responsible_user_id: string | null
    created_at: TimeDefaultingToNow
    updated_at: TimeDefaultingToNow
    closed_at: OptionalTime
  }
  prompt_approvals: {
    organization_id: string
    merge_request_id: string
    /** The head that was seen: an approval is stale once the head has moved on. */
    version_id: string
    user_id: string
    verdict: 'approved' | 'changes_requested'
    comment: string | null
    at: TimeDefaultingToNow
  }
  prompt_checks: {
    organization_id: string
    version_id: string
    name: string
    state: 'pending' | 'passed' | 'failed'
    evidence: JsonWithDefault
    at: TimeDefaultingToNow
  }
}
