import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'

export type WorkflowRow = Selectable<Tables['workflows']>
export type WorkflowVersionRow = Selectable<Tables['workflow_versions']>

/** Where a list goes on whose ids rise with time, newest first. */
export interface IdPage {
  limit: number
  after: string | undefined
}

export interface NewVersion {
  organizationId: string
  workflowId: string
  version: number
  /** The canonical text, kept as it is. */
  definition: string
  contentHash: Buffer
  message: string | null
  createdBy: string | null
}

export async function insertWorkflow(
  db: ScopedDb,
  row: { id: string; name: string; description: string | null },
  version: NewVersion,
): Promise<void> {
  await db
    .insertInto('workflows')
    .values({
      ...row,
      organization_id: version.organizationId,
      latest_version: version.version,
      created_by: version.createdBy,
    })
    .execute()
  await insertVersion(db, version)
}

export async function insertVersion(db: ScopedDb, version: NewVersion): Promise<void> {
  await db
    .insertInto('workflow_versions')
    .values({
      organization_id: version.organizationId,
      workflow_id: version.workflowId,
      version: version.version,
      definition: version.definition,
      content_hash: version.contentHash,
      message: version.message,
      created_by: version.createdBy,
    })
    .execute()
}

/** Moves a workflow on to its next version. Undefined, and nothing written, when `expected` is not its latest. */
export async function advanceWorkflow(
  db: ScopedDb,
  workflowId: string,
  expected: number,
  next: { name: string; description: string | null },
): Promise<WorkflowRow | undefined> {
  return db
    .updateTable('workflows')
    .set({ ...next, latest_version: expected + 1, updated_at: sql<Date>`now()` })
    .where('id', '=', workflowId)
    .where('latest_version', '=', expected)
    .where('archived_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}

export async function archiveWorkflow(db: ScopedDb, workflowId: string, expected: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('workflows')
    .set({ archived_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where('id', '=', workflowId)
    .where('latest_version', '=', expected)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** A workflow that is not archived. */
export async function findWorkflow(db: ScopedDb, id: string): Promise<WorkflowRow | undefined> {
  return db.selectFrom('workflows').selectAll().where('id', '=', id).where('archived_at', 'is', null).executeTakeFirst()
}

/** A workflow that is not archived, with one of its versions: the latest unless one is named. */
export async function findWorkflowVersion(
  db: ScopedDb,
  id: string,
  version: number | undefined,
): Promise<
  (WorkflowRow & { version: Pick<WorkflowVersionRow, 'version' | 'definition' | 'message'> | null }) | undefined
> {
  const row = await db
    .selectFrom('workflows')
    .leftJoin('workflow_versions as stored', (join) =>
      join
        .onRef('stored.organization_id', '=', 'workflows.organization_id')
        .onRef('stored.workflow_id', '=', 'workflows.id')
        .on((on) => on('stored.version', '=', version ?? on.ref('workflows.latest_version'))),
    )
    .selectAll('workflows')
    .select(['stored.version as stored_version', 'stored.definition as definition', 'stored.message as message'])
    .where('workflows.id', '=', id)
    .where('workflows.archived_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  const { stored_version, definition, message, ...workflow } = row
  return { ...workflow, version: stored_version === null ? null : { version: stored_version, definition, message } }
}

export async function findVersion(
  db: ScopedDb,
  workflowId: string,
  version: number,
): Promise<WorkflowVersionRow | undefined> {
  return db
    .selectFrom('workflow_versions')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('version', '=', version)
    .executeTakeFirst()
}

/** Newest first; one row more than the page holds. */
export async function listWorkflows(db: ScopedDb, { limit, after }: IdPage): Promise<WorkflowRow[]> {
  let query = db.selectFrom('workflows').selectAll().where('archived_at', 'is', null)
  if (after !== undefined) query = query.where('id', '<', after)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Newest first; one row more than the page holds. */
export async function listVersions(
  db: ScopedDb,
  workflowId: string,
  { limit, before }: { limit: number; before: number | undefined },
): Promise<Omit<WorkflowVersionRow, 'definition'>[]> {
  let query = db
    .selectFrom('workflow_versions')
    .select(['organization_id', 'workflow_id', 'version', 'content_hash', 'message', 'created_by', 'created_at'])
    .where('workflow_id', '=', workflowId)
  if (before !== undefined) query = query.where('version', '<', before)
  return query
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute()
}
