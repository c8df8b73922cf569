import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import {
  PageQuery,
  page,
  SequenceParameter,
  Timestamp,
  VersionNumber,
  VersionParameter,
} from '../base/contract-schema.ts'
import { Catalog, Diagnostic, Workflow } from './document-schema.ts'
import type { workflowEndpoints } from './endpoints.ts'
import { Run, RunEvent, RunStatus } from './run-schema.ts'

const Id = z.strictObject({ id: z.uuidv7() })

/**
 * A workflow as the request carries it: any JSON object. The service parses it with `parseWorkflow`, whose diagnostics
 * say more than a schema's issues could.
 */
const WorkflowDocument = z.record(z.string(), z.unknown()).meta({ description: 'A workflow document, format 1.' })

/** One stored version of a workflow. `version` counts from 1; every update adds one, none is ever changed. */
export const StoredWorkflow = z.strictObject({
  id: z.string(),
  version: z.int().positive(),
  latestVersion: z.int().positive(),
  name: z.string(),
  description: z.string().nullable(),
  definition: Workflow,
  message: z.string().nullable(),
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  archivedAt: Timestamp.nullable(),
})
export type StoredWorkflow = z.infer<typeof StoredWorkflow>

export const WorkflowSummary = StoredWorkflow.omit({ definition: true, message: true, version: true })
export type WorkflowSummary = z.infer<typeof WorkflowSummary>

export const WorkflowVersionSummary = StoredWorkflow.pick({
  version: true,
  message: true,
  createdBy: true,
  createdAt: true,
})
export type WorkflowVersionSummary = z.infer<typeof WorkflowVersionSummary>

const SaveWorkflow = z.strictObject({ definition: WorkflowDocument, message: z.string().max(10_000).optional() })

export const RunSummary = Run.omit({ input: true, output: true, pins: true, attributes: true, interrupts: true })
export type RunSummary = z.infer<typeof RunSummary>

const RunsQuery = PageQuery.extend({ status: RunStatus.optional() })

/** What `execute` takes: the workflow's inputs, and what a running A/B test assigns by. */
export const ExecuteRequest = z.strictObject({
  input: z.record(z.string(), z.unknown()),
  unit: z.string().min(1).max(255).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  version: VersionNumber.optional(),
})
export type ExecuteRequest = z.infer<typeof ExecuteRequest>

/** Answers the interrupt at one address. `by` is taken from the credential unless that is a key acting for a person. */
export const ResumeRequest = z.strictObject({
  address: z.string().min(1),
  choice: z.string().optional(),
  values: z.unknown().optional(),
  by: z.string().max(255).optional(),
})
export type ResumeRequest = z.infer<typeof ResumeRequest>

export const workflowContract = {
  createWorkflow: { body: SaveWorkflow, responses: { 201: StoredWorkflow } },
  listWorkflows: { query: PageQuery, responses: { 200: page(WorkflowSummary) } },
  validateWorkflow: {
    body: z.strictObject({ definition: WorkflowDocument }),
    responses: { 200: z.strictObject({ valid: z.boolean(), diagnostics: z.array(Diagnostic) }) },
  },
  getWorkflow: {
    params: Id,
    query: z.strictObject({ version: VersionParameter.optional() }),
    responses: { 200: StoredWorkflow },
  },
  updateWorkflow: { params: Id, body: SaveWorkflow, responses: { 200: StoredWorkflow } },
  archiveWorkflow: { params: Id, responses: { 204: null } },
  listWorkflowVersions: { params: Id, query: PageQuery, responses: { 200: page(WorkflowVersionSummary) } },
  executeWorkflow: { params: Id, body: ExecuteRequest, responses: { 202: Run } },
  listWorkflowRuns: { params: Id, query: RunsQuery, responses: { 200: page(RunSummary) } },
  listRuns: { query: RunsQuery, responses: { 200: page(RunSummary) } },
  getRun: { params: Id, responses: { 200: Run } },
  streamRunEvents: {
    params: Id,
    query: z.strictObject({
      /** Events after this sequence number; `Last-Event-ID` wins. */
      after: SequenceParameter.optional(),
      /** `false` ends the stream after the events there are. */
      follow: z.enum(['true', 'false']).optional(),
    }),
    responses: { 200: RunEvent },
  },
  resumeRun: { params: Id, body: ResumeRequest, responses: { 202: Run } },
  cancelRun: { params: Id, body: z.strictObject({}).optional(), responses: { 202: Run } },
  getCatalog: { responses: { 200: Catalog } },
} as const satisfies Record<keyof typeof workflowEndpoints, EndpointContract>
