import type { Clock } from '@fairlead/core/base'
import type { ModelLike, ToolSource } from '@fairlead/core/langgraph'
import { describeTools, Worker } from '@fairlead/core/langgraph'
import type { AnalyticsService } from '../analytics/service.ts'
import type { Database, DatabaseLogger } from '../database/index.ts'
import type { Jobs } from '../jobs/index.ts'
import type { PromptCatalog, VersionResolver } from '../prompt/ports.ts'
import { AnswerService } from './answer-service.ts'
import { DirectTransport } from './direct-transport.ts'
import { EventFeeds } from './event-feed.ts'
import { createWorkflowRoutes } from './routes.ts'
import { RunService } from './run-service.ts'
import { WorkflowService } from './workflow-service.ts'

/** Tools that can be listed: validation and the editor must know their names. */
export type ListedTools = Exclude<ToolSource, (toolId: string) => unknown>

export interface WorkflowRoomParts {
  database: Database
  logger: DatabaseLogger
  clock: Clock
  newId: () => string
  analytics: AnalyticsService
  resolver: VersionResolver
  promptCatalog: PromptCatalog
  models: {
    ids: readonly string[]
    find: (modelId: string) => ModelLike | undefined
    has: (modelId: string) => boolean
  }
  tools: ListedTools
  /** How long a claim lasts without a heartbeat, in ms; a dead worker's runs go on after this time. */
  leaseMs?: number
  /** How many runs this process executes at once. */
  concurrency?: number
}

const defaultLeaseMs = 10_000
/** A worker misses two heartbeats before its lease is over. */
const heartbeatsPerLease = 3
/** Without a notification, due runs are looked for this often. */
const pollMs = 2_000
const dueSweepMs = 2_000

/** The workflow room: its routes, the worker in this process, and the background work around runs. */
export function createWorkflowRoom(parts: WorkflowRoomParts) {
  const { database, logger, clock, newId, analytics, resolver, promptCatalog, models, tools } = parts
  const leaseMs = parts.leaseMs ?? defaultLeaseMs
  const catalog = { models: models.ids.map((id) => ({ id })), tools: describeTools(tools) }
  const own = { ...catalog, hasModel: models.has }
  const workflows = new WorkflowService({ database, newId, prompts: promptCatalog, own })
  const transport = new DirectTransport({ database, resolver, analytics, leaseMs, pollMs })
  const runs = new RunService({ database, workflows, resolver, due: transport, clock, newId })
  const answers = new AnswerService({ database, workflows, due: transport, clock, logger })
  const feeds = new EventFeeds(database)
  const worker = new Worker({
    transport,
    workerId: newId(),
    kind: 'server',
    models: (modelId) => models.find(modelId),
    tools,
    catalog,
    concurrency: parts.concurrency,
    heartbeatMs: leaseMs / heartbeatsPerLease,
    clock,
    onError: (error) => logger.warn({ err: error }, 'A worker met an error'),
  })
  let isWorking = false
  return {
    handlers: createWorkflowRoutes({ workflows, runs, answers, feeds }),
    /** Begins to tell viewers of events; with `works`, to execute runs too. */
    async start({ works, jobs }: { works: boolean; jobs: Jobs }) {
      await feeds.open()
      await jobs.schedule('run-due-questions', { everyMs: dueSweepMs }, (_data, signal) => answers.closeDue(signal))
      if (!works) return
      isWorking = true
      await transport.open()
      await worker.start()
    },
    /** Lets every run end its step and gives back what is unfinished, for other processes or the next start; what takes longer is cut off. */
    async stopWorking(timeoutMs: number) {
      if (!isWorking) return
      transport.retire()
      await worker.stop(timeoutMs)
      await transport.giveBack()
    },
    async close() {
      if (isWorking) await transport.close()
      await feeds.close()
    },
  }
}

export type WorkflowRoom = ReturnType<typeof createWorkflowRoom>
export { runFinder } from './run-finder.ts'
