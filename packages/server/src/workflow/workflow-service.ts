import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/core/base'
import type {
  Catalog,
  Diagnostic,
  StoredWorkflow,
  Workflow,
  WorkflowSummary,
  WorkflowVersionSummary,
} from '@fairlead/core/workflow'
import { parseWorkflow, serializeWorkflow, validateWorkflow } from '@fairlead/core/workflow'
import type { Database, ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { PromptCatalog } from '../prompt/ports.ts'
import type { OwnCatalog } from './catalog.ts'
import { loadCatalog } from './catalog.ts'
import * as store from './workflow-store.ts'

export interface WorkflowServiceParts {
  database: Database
  newId: () => string
  prompts: PromptCatalog
  /** The models and tools of the worker in this process. */
  own: OwnCatalog
}

interface Draft {
  definition: Record<string, unknown>
  message?: string | undefined
}

/** Workflows and their immutable versions. A document must have the right shape to be stored; its meaning may still be in the making. */
export class WorkflowService {
  readonly #parts: WorkflowServiceParts

  constructor(parts: WorkflowServiceParts) {
    this.#parts = parts
  }

  async create(by: Principal, draft: Draft): Promise<StoredWorkflow> {
    const workflow = parse(draft)
    const { newId } = this.#parts
    return this.#within(by.organizationId, async (db) => {
      const id = newId()
      const version = this.#newVersion(by, id, 1, workflow, draft.message)
      await store.insertWorkflow(db, { id, ...titleOf(workflow) }, version)
      return this.getIn(db, id, 1)
    })
  }

  /** Adds a version on top of the one that the caller has seen. */
  async update(by: Principal, id: string, expectedTag: string, draft: Draft): Promise<StoredWorkflow> {
    const workflow = parse(draft)
    return this.#within(by.organizationId, async (db) => {
      const current = await findExisting(db, id)
      const expected = versionOfTag(expectedTag)
      const moved =
        expected === current.latest_version
          ? await store.advanceWorkflow(db, id, expected, titleOf(workflow))
          : undefined
      if (!moved || expected === undefined) throw await this.#conflict(db, id)
      await store.insertVersion(db, this.#newVersion(by, id, expected + 1, workflow, draft.message))
      return this.getIn(db, id, moved.latest_version)
    })
  }

  archive(by: Principal, id: string, expectedTag: string): Promise<void> {
    return this.#within(by.organizationId, async (db) => {
      await findExisting(db, id)
      const expected = versionOfTag(expectedTag)
      if (expected !== undefined && (await store.archiveWorkflow(db, id, expected))) return
      throw await this.#conflict(db, id)
    })
  }

  get(organizationId: string, id: string, version: number | undefined): Promise<StoredWorkflow> {
    return this.#within(organizationId, (db) => this.getIn(db, id, version))
  }

  /** One version inside the caller's scope, the latest unless one is named. */
  async getIn(db: ScopedDb, id: string, version: number | undefined): Promise<StoredWorkflow> {
    const row = await store.findWorkflowVersion(db, id, version)
    if (!row) throw unknownWorkflow(id)
    if (!row.version) {
      throw new FairleadError(
        'workflow.version_not_found',
        `The workflow has no version ${version}; its latest is ${row.latest_version}.`,
      )
    }
    return {
      ...toSummary(row),
      version: row.version.version,
      definition: row.version.definition as Workflow,
      message: row.version.message,
    }
  }

  /** What a run executes, also when its workflow has been archived since. */
  async definitionIn(db: ScopedDb, id: string, version: number): Promise<Workflow> {
    return (await store.findVersion(db, id, version))!.definition as Workflow
  }

  /** Throws `workflow.not_found`. */
  async assertExists(db: ScopedDb, id: string): Promise<void> {
    await findExisting(db, id)
  }

  list(organizationId: string, page: store.IdPage): Promise<store.WorkflowRow[]> {
    return this.#within(organizationId, (db) => store.listWorkflows(db, page))
  }

  listVersions(organizationId: string, id: string, page: { limit: number; before: number | undefined }) {
    return this.#within(organizationId, async (db) => {
      await findExisting(db, id)
      return store.listVersions(db, id, page)
    })
  }

  /** Judges a document against the organization's catalogue without storing it. */
  validate(organizationId: string, definition: Record<string, unknown>): Promise<Diagnostic[]> {
    const parsed = parseWorkflow(definition)
    if (!parsed.ok) return Promise.resolve(parsed.diagnostics)
    return this.#within(organizationId, async (db) =>
      validateWorkflow(parsed.workflow, await this.catalogIn(db, parsed.workflow)),
    )
  }

  catalog(organizationId: string): Promise<Catalog> {
    return this.#within(organizationId, (db) => this.catalogIn(db))
  }

  /** The catalogue, or what matters of it to one workflow, inside the caller's scope. */
  catalogIn(db: ScopedDb, workflow?: Workflow): Promise<Catalog> {
    return loadCatalog(db, this.#parts, workflow)
  }

  async #conflict(db: ScopedDb, id: string): Promise<FairleadError> {
    const current = await this.getIn(db, id, undefined)
    return new FairleadError(
      'workflow.version_conflict',
      `The workflow has moved on to version ${current.version}. Read it again, redo the change on top of it and send its ETag.`,
      { data: { current: JSON.parse(JSON.stringify(current)), etag: tagOf(current) } },
    )
  }

  #newVersion(by: Principal, workflowId: string, version: number, workflow: Workflow, message: string | undefined) {
    const definition = serializeWorkflow(workflow)
    return {
      organizationId: by.organizationId,
      workflowId,
      version,
      definition,
      contentHash: createHash('sha256').update(definition).digest(),
      message: message ?? null,
      createdBy: by.userId,
    }
  }

  #within<T>(organizationId: string, work: (db: ScopedDb) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

/** The ETag of a workflow at its latest version; at an older one it covers the latest too, whose name is shown beside it. */
export function tagOf({ version, latestVersion }: Pick<StoredWorkflow, 'version' | 'latestVersion'>): string {
  return version === latestVersion ? `v${version}` : `v${version}-of-${latestVersion}`
}

export function toSummary(row: store.WorkflowRow): WorkflowSummary {
  return {
    id: row.id,
    latestVersion: row.latest_version,
    name: row.name,
    description: row.description,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
  }
}

export function toVersionSummary(row: Omit<store.WorkflowVersionRow, 'definition'>): WorkflowVersionSummary {
  return {
    version: row.version,
    message: row.message,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  }
}

/** Findings as the `errors` of problem details. */
export function faultsOf(diagnostics: readonly Diagnostic[], prefix: string) {
  return diagnostics.map(({ path, code, message, hint, nodeId, severity }) => ({
    pointer: `${prefix}${path}`,
    code,
    message: `${message} ${hint}`.trim(),
    nodeId,
    severity,
  }))
}

function parse({ definition }: Draft): Workflow {
  const parsed = parseWorkflow(definition)
  if (parsed.ok) return parsed.workflow
  const [first] = parsed.diagnostics
  throw new FairleadError('workflow.malformed', `The definition is not a workflow: ${first?.message ?? ''}`, {
    data: { errors: faultsOf(parsed.diagnostics, '/definition') },
  })
}

async function findExisting(db: ScopedDb, id: string): Promise<store.WorkflowRow> {
  const row = await store.findWorkflow(db, id)
  if (row) return row
  throw unknownWorkflow(id)
}

function unknownWorkflow(id: string): FairleadError {
  return new FairleadError('workflow.not_found', `There is no workflow "${id}".`)
}

function versionOfTag(tag: string): number | undefined {
  const [, digits] = /^v([1-9]\d{0,8})$/.exec(tag) ?? []
  return digits === undefined ? undefined : Number(digits)
}

function titleOf({ name, description = null }: Pick<Workflow, 'name'> & { description?: string | null | undefined }) {
  return { name: name.slice(0, 255), description }
}
