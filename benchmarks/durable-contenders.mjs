import { randomUUID } from 'node:crypto'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { Worker } from '@fairlead/core/langgraph'
import { END, START, StateGraph } from '@langchain/langgraph'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import pg from 'pg'
import * as z from 'zod'
import { createAnalyticsService } from '../packages/server/src/analytics/service.ts'
import { openDatabase } from '../packages/server/src/database/index.ts'
import { createOrganization, newId } from '../packages/server/src/database/testing/one-row-each.ts'
import { createPromptCatalog, refResolver } from '../packages/server/src/prompt/index.ts'
import { DirectTransport } from '../packages/server/src/workflow/direct-transport.ts'
import { RunService } from '../packages/server/src/workflow/run-service.ts'
import { WorkflowService } from '../packages/server/src/workflow/workflow-service.ts'
import { chain, tools } from './workflows.mjs'

// Everyone gets as many connections.
const poolSize = 10

/** Tells whoever waits how a run ended, once the end is committed. */
class WatchedTransport extends DirectTransport {
  #ends = new Map()

  async finish(lease, outcome, batch) {
    await super.finish(lease, outcome, batch)
    this.#endOf(lease.runId).resolve(outcome)
  }

  async untilEnd(runId) {
    const outcome = await this.#endOf(runId).promise
    this.#ends.delete(runId)
    if (outcome.status !== 'completed') throw new Error(`the run ended ${outcome.status}`)
    return outcome.output
  }

  #endOf(runId) {
    if (!this.#ends.has(runId)) this.#ends.set(runId, Promise.withResolvers())
    return this.#ends.get(runId)
  }
}

/** The services and the worker as the control plane wires them; only HTTP is left out, which the others have none of. */
export async function openFairlead(url) {
  const database = await openDatabase({ url, poolSize })
  const clock = Date.now
  const catalog = { models: [], tools: Object.keys(tools).map((id) => ({ id })) }
  const own = { ...catalog, hasModel: () => false }
  const workflows = new WorkflowService({ database, newId, prompts: createPromptCatalog(), own })
  const resolver = refResolver
  const analytics = createAnalyticsService({ database, clock, newId })
  const transport = new WatchedTransport({ database, resolver, analytics, leaseMs: 10_000, pollMs: 2_000 })
  const runs = new RunService({ database, workflows, resolver, due: transport, clock, newId })
  const worker = new Worker({
    transport,
    workerId: newId(),
    kind: 'server',
    models: () => undefined,
    tools,
    catalog,
    clock,
    onError: (error) => console.error(error),
  })
  await transport.open()
  await worker.start()
  const organizationId = await createOrganization(database)
  const by = { kind: 'system', id: 'benchmark', organizationId, userId: null, name: 'benchmark', email: null }
  const workflow = await workflows.create(by, { definition: chain(3) })
  return {
    async run() {
      const { id } = await runs.execute(by, workflow.id, { input: {} })
      return transport.untilEnd(id)
    },
    async close() {
      await worker.stop()
      await transport.close()
      await database.close()
    },
  }
}

/** What one writes by hand to the same end: a checkpoint after every step, a row per run, two rows of status per node. */
export async function openLangGraph(url) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize })
  const saver = new PostgresSaver(pool)
  await saver.setup()
  await pool.query(`
    create table runs (id uuid primary key, status text not null, input jsonb not null, output jsonb,
      created_at timestamptz not null default now(), finished_at timestamptz);
    create table node_status (id bigint generated always as identity primary key, run_id uuid not null references runs,
      node text not null, status text not null, at timestamptz not null default now())`)
  const State = z.object({ n: z.number() })
  const graph = new StateGraph(State)
  const tell = (runId, node, status) =>
    pool.query('insert into node_status (run_id, node, status) values ($1, $2, $3)', [runId, node, status])
  for (const name of ['step0', 'step1', 'step2']) {
    graph.addNode(name, async ({ n }, { configurable }) => {
      await tell(configurable.thread_id, name, 'started')
      const next = { n: tools.add({ n }) }
      await tell(configurable.thread_id, name, 'finished')
      return next
    })
  }
  graph.addEdge(START, 'step0').addEdge('step0', 'step1').addEdge('step1', 'step2').addEdge('step2', END)
  const compiled = graph.compile({ checkpointer: saver })
  return {
    async run() {
      const id = randomUUID()
      const input = { n: 0 }
      await pool.query("insert into runs (id, status, input) values ($1, 'running', $2)", [id, input])
      const output = await compiled.invoke(input, { configurable: { thread_id: id }, durability: 'sync' })
      await pool.query("update runs set status = 'completed', output = $2, finished_at = now() where id = $1", [
        id,
        output,
      ])
      return output
    },
    close: () => pool.end(),
  }
}

/** A workflow of three steps, whose results DBOS records one by one. */
export async function openDbos(url) {
  DBOS.setConfig({ name: 'benchmark', systemDatabaseUrl: url, systemDatabasePoolSize: poolSize, logLevel: 'error' })
  const steps = DBOS.registerWorkflow(
    async ({ n }) => {
      for (const name of ['step0', 'step1', 'step2']) n = await DBOS.runStep(async () => tools.add({ n }), { name })
      return { n }
    },
    { name: 'steps' },
  )
  await DBOS.launch()
  return { run: () => steps({ n: 0 }), close: () => DBOS.shutdown() }
}
