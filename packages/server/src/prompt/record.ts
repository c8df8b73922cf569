import type { Prompt, PromptContent, PromptReference, PromptVersion, RefLogEntry } from '@fairlead/core/prompt'
import { messagesOf, variablesOf } from '@fairlead/core/prompt'
import type { PromptVersionContent } from '@fairlead/core/workflow'
import type { LogRow, RefRow } from './ref-store.ts'
import type { PromptRow, VersionHead, VersionRow } from './store.ts'
import { contentOf } from './store.ts'

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function toPrompt(row: PromptRow): Prompt {
  return {
    id: row.id,
    key: row.key,
    name: row.name,
    description: row.description,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
  }
}

export function toVersion(row: VersionRow): PromptVersion {
  return { ...toVersionHead(row), content: contentOf(row) }
}

export function toVersionHead(row: VersionHead): Omit<PromptVersion, 'content'> {
  return {
    id: row.id,
    promptId: row.prompt_id,
    versionNumber: row.version_number,
    commitMessage: row.commit_message,
    parentVersionId: row.parent_version_id,
    mergeParentVersionId: row.merge_parent_version_id,
    branch: row.branch,
    kind: row.kind as PromptVersion['kind'],
    contentHash: hex(row.content_hash),
    commitHash: hex(row.commit_hash),
    author: { name: row.author_name, email: row.author_email },
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  }
}

export function toReference({ ref, version }: { ref: RefRow; version: VersionRow }): PromptReference {
  return {
    kind: ref.kind as PromptReference['kind'],
    name: ref.name,
    version: toVersion(version),
    revision: ref.revision,
    updatedAt: ref.updated_at.toISOString(),
  }
}

export function toLogEntry(row: LogRow): RefLogEntry {
  return {
    id: String(row.id),
    kind: row.kind,
    name: row.name,
    oldVersionId: row.old_version_id,
    newVersionId: row.new_version_id,
    oldVersionNumber: row.old_version_number,
    newVersionNumber: row.new_version_number,
    actorKind: row.actor_kind,
    actor: row.actor,
    actorName: row.actor_name,
    reason: row.reason,
    at: row.at.toISOString(),
  }
}

/** What a version says once everything that it refers to is in its place. */
export function toVersionContent(key: string, row: VersionRow, content: PromptContent): PromptVersionContent {
  return {
    promptId: row.prompt_id,
    key,
    versionId: row.id,
    versionNumber: row.version_number,
    messages: messagesOf(content),
    variables: variablesOf(content),
    model: content.model,
    outputSchema: content.outputSchema,
  }
}
