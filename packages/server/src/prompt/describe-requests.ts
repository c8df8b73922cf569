import type { MergeRequest } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { loadVersions } from './history-store.ts'
import type { Protection, RefChange } from './protection.ts'
import type { RefKind } from './ref-store.ts'
import { findRefTargets, refKey } from './ref-store.ts'
import { toMergeRequest } from './review-record.ts'
import type { MergeRequestRow } from './review-store.ts'
import { listApprovals } from './review-store.ts'
import type { PromptRow } from './store.ts'

/**
 * Merge requests with their heads as they are now, or as they were when they ended, and what protection still asks for.
 * Asks the database as often for a page of them as for one.
 */
export async function describeRequests(
  db: Kysely<Tables>,
  { prompt, protection, by }: { prompt: PromptRow; protection: Protection; by: Actor },
  rows: readonly MergeRequestRow[],
): Promise<MergeRequest[]> {
  const refs = rows.filter(isOpen).flatMap((row) => [sourceOf(row), targetOf(row)])
  const now = await findRefTargets(db, prompt.id, refs)
  const heads = rows.map((row) => ({
    row,
    source: (isOpen(row) && now.get(refKey(sourceOf(row)))) || row.source_head,
    target: isOpen(row) ? (now.get(refKey(targetOf(row))) ?? null) : row.target_head,
  }))
  const ids = heads.flatMap(({ source, target }) => (target === null ? [source] : [source, target]))
  const versions = await loadVersions(db, [...new Set(ids)])
  const described = heads.map(({ row, source, target }) => ({
    row,
    sourceHead: versions.get(source)!,
    targetHead: target === null ? null : versions.get(target)!,
  }))
  const open = described.filter(({ row }) => isOpen(row))
  const changes = open.map(({ row, sourceHead, targetHead }): RefChange => {
    const request = { id: row.id, responsibleUserId: row.responsible_user_id, sourceHead, isRewritten: false }
    const isMerge = row.target_kind === 'branch'
    return { prompt, ...targetOf(row), from: targetHead, to: sourceHead, by, request, isMerge }
  })
  const judged = await protection.judge(db, prompt, changes)
  const missing = new Map(open.map(({ row }, at) => [row.id, judged[at]!.flatMap(({ found }) => found)]))
  const requestIds = rows.map(({ id }) => id)
  const approvals = Map.groupBy(await listApprovals(db, requestIds), (each) => each.merge_request_id)
  return described.map(({ row, ...head }) =>
    toMergeRequest(row, { ...head, approvals: approvals.get(row.id) ?? [], missing: missing.get(row.id) ?? [] }),
  )
}

function isOpen({ status }: MergeRequestRow): boolean {
  return status === 'open'
}

function sourceOf({ source_ref }: MergeRequestRow): { kind: RefKind; name: string } {
  return { kind: 'branch', name: source_ref }
}

function targetOf({ target_kind, target_ref }: MergeRequestRow): { kind: RefKind; name: string } {
  return { kind: target_kind, name: target_ref }
}
