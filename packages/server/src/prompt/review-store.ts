import type { Insertable, Kysely, Nullable, Selectable, Updateable } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { RefKind } from './ref-store.ts'
import type { Keyset } from './store.ts'

type Db = Kysely<Tables>
export type RuleRow = Selectable<Tables['prompt_protection_rules']>
export type MergeRequestRow = Selectable<Tables['prompt_merge_requests']>
/** A verdict, and what the person is now; null for who is no member any more. */
export type ApprovalRow = Selectable<Tables['prompt_approvals']> &
  Pick<Nullable<Selectable<Tables['memberships']>>, 'role'>
export type CheckRow = Selectable<Tables['prompt_checks']>

/** The rules about refs of these kinds of a prompt, those for all prompts included. */
export async function listRulesFor(db: Db, promptId: string, kinds: readonly RefKind[]): Promise<RuleRow[]> {
  return db
    .selectFrom('prompt_protection_rules')
    .selectAll()
    .where(sql<boolean>`ref_kind = any(${kinds}::text[])`)
    .where((eb) => eb.or([eb('prompt_id', 'is', null), eb('prompt_id', '=', promptId)]))
    .orderBy('id')
    .execute()
}

export async function listRules(db: Db, { limit, after }: Keyset<string>): Promise<RuleRow[]> {
  let query = db.selectFrom('prompt_protection_rules').selectAll()
  if (after !== undefined) query = query.where('id', '>', after)
  return query.orderBy('id').limit(limit).execute()
}

export async function findRule(db: Db, id: string): Promise<RuleRow | undefined> {
  return db.selectFrom('prompt_protection_rules').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function insertRule(db: Db, row: Insertable<Tables['prompt_protection_rules']>): Promise<RuleRow> {
  return db.insertInto('prompt_protection_rules').values(row).returningAll().executeTakeFirstOrThrow()
}

/** Undefined when the rule is not as it was at `updatedAt` any more. */
export async function updateRule(
  db: Db,
  id: string,
  updatedAt: Date,
  change: Updateable<Tables['prompt_protection_rules']>,
): Promise<RuleRow | undefined> {
  return db
    .updateTable('prompt_protection_rules')
    .set({ ...change, updated_at: sql<Date>`greatest(now(), updated_at + interval '1 millisecond')` })
    .where('id', '=', id)
    .where(sql<boolean>`date_trunc('milliseconds', updated_at) = ${updatedAt}`)
    .returningAll()
    .executeTakeFirst()
}

export async function deleteRule(db: Db, id: string, updatedAt: Date): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('prompt_protection_rules')
    .where('id', '=', id)
    .where(sql<boolean>`date_trunc('milliseconds', updated_at) = ${updatedAt}`)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Of these merge requests, in the order in which they were given. */
export async function listApprovals(db: Db, mergeRequestIds: readonly string[]): Promise<ApprovalRow[]> {
  return db
    .selectFrom('prompt_approvals')
    .leftJoin('memberships', (join) =>
      join
        .onRef('memberships.organization_id', '=', 'prompt_approvals.organization_id')
        .onRef('memberships.user_id', '=', 'prompt_approvals.user_id'),
    )
    .selectAll('prompt_approvals')
    .select('memberships.role')
    .where(sql<boolean>`merge_request_id = any(${mergeRequestIds}::uuid[])`)
    .orderBy('at')
    .orderBy('version_id')
    .execute()
}

/** One word for each person and version: a later one takes the place of an earlier one. */
export async function putApproval(db: Db, row: Insertable<Tables['prompt_approvals']>): Promise<void> {
  const { verdict, comment, at } = row
  await db
    .insertInto('prompt_approvals')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'merge_request_id', 'version_id', 'user_id'])
        .doUpdateSet({ verdict, comment, at }),
    )
    .execute()
}

/** Who answers for each of these versions: they made it themselves, or by a credential of theirs. Nobody's are left out. */
export async function responsibleFor(
  db: Db,
  promptId: string,
  versionIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('prompt_versions')
    .select(['id', 'responsible_user_id'])
    .where('prompt_id', '=', promptId)
    .where(sql<boolean>`id = any(${versionIds}::uuid[])`)
    .where('responsible_user_id', 'is not', null)
    .execute()
  return new Map(rows.map(({ id, responsible_user_id }) => [id, responsible_user_id!]))
}

/** Of these content hashes those of which a version has passed the check, and none failed since. */
export async function passedContents(
  db: Db,
  promptId: string,
  name: string,
  contentHashes: readonly string[],
): Promise<Set<string>> {
  const hash = sql<string>`encode(prompt_versions.content_hash, 'hex')`
  const last = await db
    .selectFrom('prompt_checks')
    .innerJoin('prompt_versions', (join) =>
      join
        .onRef('prompt_versions.organization_id', '=', 'prompt_checks.organization_id')
        .onRef('prompt_versions.id', '=', 'prompt_checks.version_id'),
    )
    .distinctOn('prompt_versions.content_hash')
    .select([hash.as('hash'), 'prompt_checks.state'])
    .where('prompt_versions.prompt_id', '=', promptId)
    .where('prompt_checks.name', '=', name)
    .where(sql<boolean>`${hash} = any(${contentHashes}::text[])`)
    .orderBy('prompt_versions.content_hash')
    .orderBy('prompt_checks.at', 'desc')
    .execute()
  return new Set(last.filter(({ state }) => state === 'passed').map((each) => each.hash))
}

export async function listChecks(db: Db, versionId: string): Promise<CheckRow[]> {
  return db.selectFrom('prompt_checks').selectAll().where('version_id', '=', versionId).orderBy('name').execute()
}

export async function putCheck(db: Db, row: Insertable<Tables['prompt_checks']>): Promise<CheckRow> {
  const { state, evidence, at } = row
  return db
    .insertInto('prompt_checks')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'version_id', 'name']).doUpdateSet({ state, evidence, at }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function insertMergeRequest(
  db: Db,
  row: Insertable<Tables['prompt_merge_requests']>,
): Promise<MergeRequestRow> {
  return db.insertInto('prompt_merge_requests').values(row).returningAll().executeTakeFirstOrThrow()
}

export async function findMergeRequest(db: Db, promptId: string, id: string): Promise<MergeRequestRow | undefined> {
  return db
    .selectFrom('prompt_merge_requests')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('id', '=', id)
    .executeTakeFirst()
}

export async function findOpenMergeRequest(
  db: Db,
  promptId: string,
  { source, target }: { source: string; target: { kind: 'branch' | 'label'; name: string } },
): Promise<MergeRequestRow | undefined> {
  return db
    .selectFrom('prompt_merge_requests')
    .selectAll()
    .where('prompt_id', '=', promptId)
    .where('source_ref', '=', source)
    .where('target_kind', '=', target.kind)
    .where('target_ref', '=', target.name)
    .where('status', '=', 'open')
    .executeTakeFirst()
}

/** Newest first. */
export async function listMergeRequests(
  db: Db,
  promptId: string,
  status: MergeRequestRow['status'] | undefined,
  { limit, after }: Keyset<string>,
): Promise<MergeRequestRow[]> {
  let query = db.selectFrom('prompt_merge_requests').selectAll().where('prompt_id', '=', promptId)
  if (status !== undefined) query = query.where('status', '=', status)
  if (after !== undefined) query = query.where('id', '<', after)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

/** Ends an open request; undefined when it is not open any more. */
export async function endMergeRequest(
  db: Db,
  id: string,
  end: Pick<
    Updateable<Tables['prompt_merge_requests']>,
    'status' | 'merged_version_id' | 'source_head' | 'target_head'
  >,
): Promise<MergeRequestRow | undefined> {
  return db
    .updateTable('prompt_merge_requests')
    .set({ ...end, closed_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'open')
    .returningAll()
    .executeTakeFirst()
}
