import type { Clock } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import type { ExecuteRequest, PromptPin, Run, RunStatus, Workflow } from '@fairlead/core/workflow'
import { inputFaults, validateWorkflow } from '@fairlead/core/workflow'
import type { Database, ScopedDb } from '../database/index.ts'
import { committing } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { VersionResolver } from '../prompt/ports.ts'
import type { ClaimedRow } from './claim.ts'
import { toEventRow } from './event-row.ts'
import { toRun } from './run-record.ts'
import * as store from './run-store.ts'
import type { DueSignal, Reservation } from './signals.ts'
import { announceEvents, channels } from './signals.ts'
import type { WorkflowService } from './workflow-service.ts'
import { faultsOf } from './workflow-service.ts'
import type { IdPage } from './workflow-store.ts'

export interface RunServiceParts {
  database: Database
  workflows: WorkflowService
  resolver: VersionResolver
  due: DueSignal
  clock: Clock
  newId: () => string
}

/** A version of a workflow, with the catalogue, as JSON, in which it was last found valid. */
interface Executable {
  version: number
  definition: Workflow
  validWith: string | null
}

const maxRemembered = 500

/** Starting, reading and cancelling runs; what workers do to them goes through the transport. */
export class RunService {
  readonly #parts: RunServiceParts
  /** By organization and workflow, the version that was the latest when a run was last started. */
  readonly #latest = new Map<string, Executable>()

  constructor(parts: RunServiceParts) {
    this.#parts = parts
  }

  /**
   * Starts a run of the latest version, or of the one that is named, pinned to what it resolves to now. Throws
   * `run.invalid_input` and `workflow.invalid`, with pointers.
   */
  async execute(by: Principal, workflowId: string, request: ExecuteRequest): Promise<Run> {
    const { due } = this.#parts
    const place = due.reserve()
    try {
      const { row, definition } = await this.#insert(by, workflowId, request, place)
      const run = toRun(row, [])
      if (place) place.start({ ...row, cancel_requested: false } as ClaimedRow, definition)
      else due.queued(row.id)
      return run
    } catch (error) {
      place?.release()
      throw error
    }
  }

  /** Mostly a workflow's latest version is still the one that its last run was of: the insert makes sure of that. */
  async #insert(by: Principal, workflowId: string, request: ExecuteRequest, place: Reservation | null) {
    const key = `${by.organizationId} ${workflowId}`
    const known = request.version === undefined ? this.#latest.get(key) : undefined
    const repeated = known && (await this.#insertRun(by, workflowId, request, place, known))
    if (repeated) return repeated
    this.#latest.delete(key)
    return (await this.#insertRun(by, workflowId, request, place))!
  }

  /** Null when `known` is not the latest version any more, or does not allow such a run. */
  #insertRun(
    by: Principal,
    workflowId: string,
    request: ExecuteRequest,
    place: Reservation | null,
    known?: Executable,
  ): Promise<{ row: store.RunRow; definition: Workflow } | null> {
    const { database, workflows, newId } = this.#parts
    return database.withOrganization(by.organizationId, async (db) => {
      const executable = known ?? toExecutable(await workflows.getIn(db, workflowId, request.version))
      const { definition, version } = executable
      let pins: Record<string, PromptPin>
      try {
        assertInput(definition, request.input)
        await this.#assertValid(db, executable)
        pins = await this.#pin(db, definition, request)
      } catch (error) {
        if (known) return null
        throw error
      }
      const run = {
        organization_id: by.organizationId,
        id: newId(),
        workflow_id: workflowId,
        workflow_version: version,
        input: JSON.stringify(request.input),
        pins: JSON.stringify(pins),
        unit: request.unit ?? null,
        attributes: request.attributes === undefined ? null : JSON.stringify(request.attributes),
        created_by_kind: by.kind,
        created_by_id: by.id,
      }
      const insert = known ? store.insertRunOfLatest : store.insertRun
      const row = await committing(() => insert(db, run, place))
      if (!row) return null
      if (request.version === undefined) this.#remember(`${by.organizationId} ${workflowId}`, executable)
      return { row, definition }
    })
  }

  async #assertValid(db: ScopedDb, executable: Executable): Promise<void> {
    const catalog = await this.#parts.workflows.catalogIn(db, executable.definition)
    const text = JSON.stringify(catalog)
    if (executable.validWith === text) return
    assertValid(validateWorkflow(executable.definition, catalog))
    executable.validWith = text
  }

  #remember(key: string, executable: Executable): void {
    this.#latest.delete(key)
    this.#latest.set(key, executable)
    if (this.#latest.size > maxRemembered) this.#latest.delete(this.#latest.keys().next().value!)
  }

  get(organizationId: string, id: string): Promise<Run> {
    return this.#within(organizationId, async (db) => this.#read(db, id))
  }

  list(
    organizationId: string,
    filter: { workflowId?: string; status?: RunStatus | undefined },
    page: IdPage,
  ): Promise<store.RunHeadRow[]> {
    return this.#within(organizationId, async (db) => {
      if (filter.workflowId !== undefined) await this.#parts.workflows.assertExists(db, filter.workflowId)
      return store.listRuns(db, filter, page)
    })
  }

  /**
   * Ends a run that no worker holds at once, and asks the worker otherwise; answers the run as it is then. Throws
   * `run.finished` when there is nothing left to cancel.
   */
  cancel(by: Principal, id: string): Promise<Run> {
    const { database, clock } = this.#parts
    return database.withOrganization(by.organizationId, async (db) => {
      const run = await store.lockRun(db, id)
      if (!run) throw unknownRun(id)
      if (run.status === 'running') {
        await store.requestCancel(db, id, by.name)
        database.notify(channels.cancelled, id)
      } else if (await store.cancelIdle(db, id)) {
        const at = new Date(clock()).toISOString()
        await store.appendEvents(db, { organizationId: by.organizationId, runId: id }, [
          toEventRow({ type: 'run.cancelled', by: by.name, at }),
        ])
        await store.afterEnd(db, run, 'cancelled')
        announceEvents(database, id)
      } else throw finished(run)
      return this.#read(db, id)
    })
  }

  async #read(db: ScopedDb, id: string): Promise<Run> {
    const row = await store.findRun(db, id)
    if (!row) throw unknownRun(id)
    return toRun(row, await store.listInterrupts(db, id))
  }

  /** By node id, the prompt versions that this run uses from its first to its last step. */
  async #pin(db: ScopedDb, workflow: Workflow, { unit, attributes }: ExecuteRequest) {
    const pins: Record<string, PromptPin> = {}
    const resolved = new Map<string, PromptPin | null>()
    for (const node of workflow.nodes) {
      if (node.type !== 'prompt') continue
      const { promptId, ref } = node.data.config
      const key = JSON.stringify([promptId, ref])
      if (!resolved.has(key)) {
        const found = await this.#parts.resolver.resolve(db, { prompt: promptId, ...ref, unit, attributes })
        resolved.set(key, found?.pin ?? null)
      }
      const pin = resolved.get(key)
      if (!pin) throw unresolved(workflow, node.id, promptId, ref)
      pins[node.id] = pin
    }
    return pins
  }

  #within<T>(organizationId: string, work: (db: ScopedDb) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

function toExecutable({ version, definition }: Pick<Executable, 'version' | 'definition'>): Executable {
  return { version, definition, validWith: null }
}

export function unknownRun(id: string): FairleadError {
  return new FairleadError('run.not_found', `There is no run "${id}".`)
}

function finished({ id, status }: Pick<store.RunHeadRow, 'id' | 'status'>): FairleadError {
  return new FairleadError('run.finished', `The run ${id} is ${status} already: nothing was changed.`, {
    data: { status },
  })
}

function assertInput({ inputs }: Workflow, input: Record<string, unknown>): void {
  const faults = inputFaults(inputs, input)
  const [first] = faults
  if (!first) return
  const message = `The input does not fit the workflow: ${first.pointer}: ${first.message}`
  throw new FairleadError('run.invalid_input', message, {
    data: { errors: faults.map((fault) => ({ pointer: `/input${fault.pointer}`, message: fault.message })) },
  })
}

function assertValid(diagnostics: ReturnType<typeof validateWorkflow>): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (!first) return
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`
  throw new FairleadError('workflow.invalid', `The workflow has ${count} and can't be executed: ${first.message}`, {
    data: { errors: faultsOf(errors, '/definition') },
  })
}

function unresolved(workflow: Workflow, nodeId: string, promptId: string, ref: object | undefined): FairleadError {
  const [kind, name] = Object.entries(ref ?? { branch: 'main' })[0] ?? []
  const message = `The prompt "${promptId}" has no ${kind} "${name}".`
  const pointer = `/definition/nodes/${workflow.nodes.findIndex(({ id }) => id === nodeId)}/data/config/ref`
  return new FairleadError('workflow.invalid', `The node "${nodeId}" can't be executed: ${message}`, {
    data: { errors: [{ pointer, code: 'workflow.unknown_prompt_ref', message, nodeId, severity: 'error' }] },
  })
}
