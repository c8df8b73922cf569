import type { workflowEndpoints } from '@fairlead/core/workflow'
import type { HandlerContext, Handlers, PageCursor } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import type { AnswerService } from './answer-service.ts'
import type { EventFeeds } from './event-feed.ts'
import { streamEvents } from './event-stream.ts'
import { toRunSummary } from './run-record.ts'
import type { RunService } from './run-service.ts'
import type { WorkflowService } from './workflow-service.ts'
import { tagOf, toSummary, toVersionSummary } from './workflow-service.ts'

export interface WorkflowRoom {
  workflows: WorkflowService
  runs: RunService
  answers: AnswerService
  feeds: EventFeeds
}

type Routes = Handlers<keyof typeof workflowEndpoints>

/** The workflow room over HTTP. */
export function createWorkflowRoutes(room: WorkflowRoom): Routes {
  return { ...workflowRoutes(room), ...runRoutes(room), streamRunEvents: eventRoute(room) }
}

function workflowRoutes({
  workflows,
}: WorkflowRoom): Pick<
  Routes,
  | 'createWorkflow'
  | 'listWorkflows'
  | 'validateWorkflow'
  | 'getWorkflow'
  | 'updateWorkflow'
  | 'archiveWorkflow'
  | 'listWorkflowVersions'
  | 'getCatalog'
> {
  return {
    createWorkflow: async ({ principal, body }) => {
      const workflow = await workflows.create(principal, body)
      return { status: 201, body: workflow, location: `/workflows/${workflow.id}`, etag: tagOf(workflow) }
    },
    listWorkflows: async ({ organizationId, query, cursor }) => {
      const rows = await workflows.list(organizationId, idPage(query, cursor))
      return { status: 200, body: pageOf(rows, { ...query, cursor, item: toSummary, position: ({ id }) => [id] }) }
    },
    validateWorkflow: async ({ organizationId, body }) => {
      const diagnostics = await workflows.validate(organizationId, body.definition)
      const valid = diagnostics.every(({ severity }) => severity !== 'error')
      return { status: 200, body: { valid, diagnostics } }
    },
    getWorkflow: async ({ organizationId, params, query }) => {
      const workflow = await workflows.get(organizationId, params.id, query.version)
      return { status: 200, body: workflow, etag: tagOf(workflow) }
    },
    updateWorkflow: async ({ principal, params, body, ifMatch }) => {
      const workflow = await workflows.update(principal, params.id, ifMatch, body)
      return { status: 200, body: workflow, etag: tagOf(workflow) }
    },
    archiveWorkflow: async ({ principal, params, ifMatch }) => {
      await workflows.archive(principal, params.id, ifMatch)
      return { status: 204 }
    },
    listWorkflowVersions: async ({ organizationId, params, query, cursor }) => {
      const page = { limit: query.limit, before: cursor.after('number')?.[0] }
      const rows = await workflows.listVersions(organizationId, params.id, page)
      return {
        status: 200,
        body: pageOf(rows, { ...query, cursor, item: toVersionSummary, position: ({ version }) => [version] }),
      }
    },
    getCatalog: async ({ organizationId }) => ({ status: 200, body: await workflows.catalog(organizationId) }),
  }
}

function runRoutes({
  runs,
  answers,
}: WorkflowRoom): Pick<
  Routes,
  'executeWorkflow' | 'listWorkflowRuns' | 'listRuns' | 'getRun' | 'resumeRun' | 'cancelRun'
> {
  return {
    executeWorkflow: async ({ principal, params, body }) => {
      const run = await runs.execute(principal, params.id, body)
      return { status: 202, body: run, location: `/runs/${run.id}` }
    },
    listWorkflowRuns: async ({ organizationId, params, query, cursor }) => {
      const filter = { workflowId: params.id, status: query.status }
      const rows = await runs.list(organizationId, filter, idPage(query, cursor))
      return { status: 200, body: pageOf(rows, { ...query, cursor, item: toRunSummary, position: ({ id }) => [id] }) }
    },
    listRuns: async ({ organizationId, query, cursor }) => {
      const rows = await runs.list(organizationId, { status: query.status }, idPage(query, cursor))
      return { status: 200, body: pageOf(rows, { ...query, cursor, item: toRunSummary, position: ({ id }) => [id] }) }
    },
    getRun: async ({ organizationId, params }) => ({ status: 200, body: await runs.get(organizationId, params.id) }),
    resumeRun: async ({ principal, params, body }) => ({
      status: 202,
      body: await answers.resume(principal, params.id, body),
      location: `/runs/${params.id}`,
    }),
    cancelRun: async ({ principal, params }) => ({
      status: 202,
      body: await runs.cancel(principal, params.id),
      location: `/runs/${params.id}`,
    }),
  }
}

function eventRoute({ feeds }: WorkflowRoom): Routes['streamRunEvents'] {
  return async ({ organizationId, params, query, request, signal }) => {
    const { lastSeq, isFinal } = await feeds.endOf(organizationId, params.id)
    const seen = lastEventId(request.get('Last-Event-ID')) ?? query.after ?? 0
    // Beyond the last event nothing would ever come, not even the end.
    const after = Math.min(seen, lastSeq)
    return {
      stream: async (response) => {
        // 204 is how a browser's EventSource is told not to connect again: the run has ended and all of it was seen.
        if (isFinal && after === lastSeq) {
          response.status(204).end()
          return
        }
        const follow = query.follow !== 'false'
        await streamEvents(feeds, { organizationId, runId: params.id, after, follow, signal }, response)
      },
    }
  }
}

function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

function idPage({ limit }: HandlerContext<'listRuns'>['query'], cursor: PageCursor) {
  return { limit, after: cursor.after('string')?.[0] }
}
