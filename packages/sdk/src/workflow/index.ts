import type {
  Catalog,
  Diagnostic,
  ExecuteRequest,
  ResumeRequest,
  Run,
  RunSummary,
  StoredWorkflow,
  WorkflowSummary,
  WorkflowVersionSummary,
} from '@fairlead/core/workflow'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'
import type { Versioned } from '../versioned.ts'
import { etagOf, versioned } from '../versioned.ts'
import { RunHandle } from './run-handle.ts'

export { type FollowOptions, RunHandle } from './run-handle.ts'

/** A workflow as it was read: what a change is built upon. */
export type SeenWorkflow = Pick<Versioned<StoredWorkflow>, 'id' | 'etag'>

/** Workflows, their immutable versions, and running them. */
export class Workflows {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Stores a new workflow. Throws `workflow.malformed` with pointers when the definition has not the shape of one. */
  async create(draft: BodyOf<'createWorkflow'>, options?: CallOptions): Promise<Versioned<StoredWorkflow>> {
    return versioned(await this.#transport.call('createWorkflow', { body: draft }, options))
  }

  /** Newest first. */
  list(query: QueryOf<'listWorkflows'> = {}, options?: CallOptions): List<WorkflowSummary> {
    return listFrom(this.#transport, 'listWorkflows', { query }, options)
  }

  /** The latest version, or the one that is named. */
  async get(id: string, query: QueryOf<'getWorkflow'> = {}, options?: CallOptions): Promise<Versioned<StoredWorkflow>> {
    return versioned(await this.#transport.call('getWorkflow', { params: { id }, query }, options))
  }

  /**
   * Adds a version on top of the one that was read. Throws a `FairleadConflictError` (`workflow.version_conflict`) with
   * the present one when somebody else was faster.
   */
  async update(
    seen: SeenWorkflow,
    draft: BodyOf<'updateWorkflow'>,
    options?: CallOptions,
  ): Promise<Versioned<StoredWorkflow>> {
    const ifMatch = etagOf(seen, 'workflows.update', 'workflow')
    const sent = { params: { id: seen.id }, body: draft, ifMatch }
    return versioned(await this.#transport.call('updateWorkflow', sent, options))
  }

  /** Takes the workflow out of use; its runs stay. */
  async archive(seen: SeenWorkflow, options?: CallOptions): Promise<void> {
    const ifMatch = etagOf(seen, 'workflows.archive', 'workflow')
    await this.#transport.call('archiveWorkflow', { params: { id: seen.id }, ifMatch }, options)
  }

  versions(
    id: string,
    query: QueryOf<'listWorkflowVersions'> = {},
    options?: CallOptions,
  ): List<WorkflowVersionSummary> {
    return listFrom(this.#transport, 'listWorkflowVersions', { params: { id }, query }, options)
  }

  /** Judges a definition against what the organization has, without storing it. */
  async validate(
    definition: BodyOf<'validateWorkflow'>['definition'],
    options?: CallOptions,
  ): Promise<{ valid: boolean; diagnostics: Diagnostic[] }> {
    return (await this.#transport.call('validateWorkflow', { body: { definition } }, options)).body
  }

  /**
   * Starts a run of the latest version, or of the one that is named, and gives a handle to follow it by. Throws
   * `run.invalid_input` and `workflow.invalid`, with pointers.
   */
  async run(id: string, request: ExecuteRequest, options?: CallOptions): Promise<RunHandle> {
    const { body } = await this.#transport.call('executeWorkflow', { params: { id }, body: request }, options)
    return new RunHandle(this.#transport, body.id)
  }

  /** A workflow's runs, newest first. */
  runs(id: string, query: QueryOf<'listWorkflowRuns'> = {}, options?: CallOptions): List<RunSummary> {
    return listFrom(this.#transport, 'listWorkflowRuns', { params: { id }, query }, options)
  }

  /** The prompts, models and tools that a workflow may name. */
  async catalog(options?: CallOptions): Promise<Catalog> {
    return (await this.#transport.call('getCatalog', {}, options)).body
  }
}

/** The runs of all workflows. */
export class Runs {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Newest first. */
  list(query: QueryOf<'listRuns'> = {}, options?: CallOptions): List<RunSummary> {
    return listFrom(this.#transport, 'listRuns', { query }, options)
  }

  get(id: string, options?: CallOptions): Promise<Run> {
    return this.handle(id).get(options)
  }

  /** A handle to follow a run by that was started elsewhere; nothing is sent yet. */
  handle(id: string): RunHandle {
    return new RunHandle(this.#transport, id)
  }

  /** Answers a question of a run; see `RunHandle.resume`. */
  resume(id: string, answer: ResumeRequest, options?: CallOptions): Promise<Run> {
    return this.handle(id).resume(answer, options)
  }

  cancel(id: string, options?: CallOptions): Promise<Run> {
    return this.handle(id).cancel(options)
  }
}
