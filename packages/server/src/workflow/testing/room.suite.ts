import type { ModelSource, ToolFunction } from '@fairlead/core/langgraph'
import { Worker } from '@fairlead/core/langgraph'
import type { Run, RunEvent, Workflow } from '@fairlead/core/workflow'
import { createAnalyticsService } from '../../analytics/service.ts'
import type { Database } from '../../database/index.ts'
import { silentLogger } from '../../database/index.ts'
import type { BackendKind } from '../../database/testing/index.ts'
import { createOrganization, newId, openTestDatabase } from '../../database/testing/index.ts'
import type { Principal } from '../../http/index.ts'
import { createPromptCatalog, createPromptServices, refResolver } from '../../prompt/index.ts'
import { AnswerService } from '../answer-service.ts'
import { DirectTransport } from '../direct-transport.ts'
import { toRunEvent } from '../event-row.ts'
import { RunService } from '../run-service.ts'
import { listEvents } from '../run-store.ts'
import type { DueSignal } from '../signals.ts'
import { channels } from '../signals.ts'
import { WorkflowService } from '../workflow-service.ts'

/** The services of the workflow room over one test database, with a worker that a test starts when it wants one. */
export type TestRoom = Awaited<ReturnType<typeof openTestRoom>>

export function principalOf(organizationId: string, kind: Principal['kind'] = 'key', name = 'A key'): Principal {
  return {
    kind,
    id: newId(),
    organizationId,
    role: null,
    permissions: new Set(),
    userId: null,
    responsibleUserId: null,
    name,
    email: null,
  }
}

export async function openTestRoom(
  kind: BackendKind,
  tools: Record<string, ToolFunction> = {},
  models: ModelSource = { default: () => 'A model’s answer.' },
) {
  const database = await openTestDatabase(kind, { poolSize: 6, acquireTimeoutMs: 20_000 })
  const clock = Date.now
  const analytics = createAnalyticsService({ database, clock, newId })
  const own = {
    models: [{ id: 'default' }],
    tools: Object.keys(tools).map((id) => ({ id, inputSchema: true, outputSchema: true })),
    hasModel: () => false,
  }
  const workflows = new WorkflowService({ database, newId, prompts: createPromptCatalog(), own })
  // What another process would say: workers hear of it by the notification alone.
  const due = { queued: (runId: string) => database.notify(channels.due, runId), reserve: () => null }
  const runsWith = (signal: DueSignal) =>
    new RunService({ database, workflows, resolver: refResolver, due: signal, clock, newId })
  const runs = runsWith(due)
  const createWorkflow = (by: Principal, definition: Workflow) =>
    workflows.create(by, { definition: definition as unknown as Record<string, unknown> })
  const answers = new AnswerService({ database, workflows, due, clock, logger: silentLogger })
  const audit = async () => {}
  const { prompts, refs } = createPromptServices({ database, clock, createId: newId, checks: [], audit })
  const createTransport = (pollMs = 200) =>
    new DirectTransport({ database, resolver: refResolver, analytics, leaseMs: 60_000, pollMs })
  const workers: { worker: Worker; transport: DirectTransport }[] = []

  return {
    database,
    workflows,
    runs,
    runsWith,
    createWorkflow,
    answers,
    prompts,
    refs,
    createTransport,
    newOrganization: () => newOrganization(database),
    /** Starts a worker that lives until the room is closed. */
    async work() {
      const transport = createTransport()
      const catalog = { models: own.models, tools: own.tools }
      const worker = new Worker({ transport, workerId: newId(), kind: 'server', models, tools, catalog, clock })
      workers.push({ worker, transport })
      await transport.open()
      await worker.start()
    },
    /** Creates a workflow and queues a run of it. */
    async execute(by: Principal, definition: Workflow, input: Record<string, unknown> = {}): Promise<Run> {
      const { id } = await createWorkflow(by, definition)
      return runs.execute(by, id, { input })
    },
    /** Resolves with the run as soon as it is as described. */
    async until(by: Principal, runId: string, fits: (run: Run) => boolean, timeoutMs = 20_000): Promise<Run> {
      for (const end = performance.now() + timeoutMs; ; ) {
        const run = await runs.get(by.organizationId, runId)
        if (fits(run)) return run
        if (performance.now() > end) throw new Error(`Waited in vain for the run, which is ${JSON.stringify(run)}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    async events(by: Principal, runId: string): Promise<RunEvent[]> {
      const rows = await database.withOrganization(by.organizationId, (db) => listEvents(db, runId, 0, 10_000))
      return rows.map((row) => toRunEvent(runId, row))
    },
    async close() {
      for (const { worker, transport } of workers) {
        await worker.stop()
        await transport.close()
      }
      await database.close()
    },
  }
}

async function newOrganization(database: Database): Promise<Principal> {
  return principalOf(await createOrganization(database))
}
