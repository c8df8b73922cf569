import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp } from '../base/contract-schema.ts'
import { TestConfiguration, TestEvent } from './configuration-schema.ts'
import type { abDeliveryEndpoints, abEvidenceEndpoints, abSharingEndpoints, abTestEndpoints } from './endpoints.ts'
import { AbTestEvents, Assigned, Assignment, AssignmentRequest, RecordedEvents } from './evidence-schema.ts'
import { SamplePlan, SampleSize, SimulationRequest, SimulationResult } from './plan-schema.ts'
import { AbTestResults, LookRecord, ResultSnapshot } from './result-schema.ts'
import { AbTest, AbTestChange, AbTestStatus, NewAbTest } from './test-schema.ts'

/** A test by its id or its key. */
const Id = z.strictObject({ id: z.string() })

/** One line of a test's history; it is never changed. */
export const AbTestHistoryEntry = z.strictObject({
  seq: z.int().positive(),
  action: z.string(),
  actor: z.strictObject({ kind: z.string(), id: z.string().nullable() }),
  data: z.record(z.string(), z.unknown()),
  at: Timestamp,
})
export type AbTestHistoryEntry = z.infer<typeof AbTestHistoryEntry>

const testContract = {
  createAbTest: { body: NewAbTest, responses: { 201: AbTest } },
  listAbTests: {
    query: PageQuery.extend({
      status: AbTestStatus.optional(),
      /** The prompt's id or key. */
      prompt: z.string().optional(),
      archived: z.enum(['exclude', 'include', 'only']).default('exclude'),
    }),
    responses: { 200: page(AbTest) },
  },
  getAbTest: { params: Id, responses: { 200: AbTest } },
  updateAbTest: { params: Id, body: AbTestChange, responses: { 200: AbTest } },
  startAbTest: { params: Id, responses: { 200: AbTest } },
  pauseAbTest: { params: Id, responses: { 200: AbTest } },
  resumeAbTest: { params: Id, responses: { 200: AbTest } },
  stopAbTest: {
    params: Id,
    body: z
      .strictObject({
        /** The variant's id or name. */
        winner: z.string().min(1).max(255).nullable().default(null),
        reason: z.string().max(10_000).optional(),
      })
      .default({ winner: null }),
    responses: { 200: AbTest },
  },
  planAbTest: { body: SamplePlan, responses: { 200: SampleSize } },
  simulateAbTest: { params: Id, body: SimulationRequest, responses: { 200: SimulationResult } },
  listAbTestHistory: { params: Id, query: PageQuery, responses: { 200: page(AbTestHistoryEntry) } },
} as const satisfies Record<keyof typeof abTestEndpoints, EndpointContract>

const evidenceContract = {
  assignAbTest: { params: Id, body: AssignmentRequest, responses: { 200: Assigned } },
  listAbTestAssignments: {
    params: Id,
    query: PageQuery.extend({ unit: z.string().max(255).optional() }),
    responses: { 200: page(Assignment) },
  },
  recordAbTestEvents: { body: AbTestEvents, responses: { 200: RecordedEvents } },
  getAbTestResults: {
    params: Id,
    query: z.strictObject({
      /** One metric only. */
      metric: z.string().max(100).optional(),
      /** `true` adds the densities of lifts, for charts. */
      density: z.enum(['true', 'false']).default('false'),
    }),
    responses: { 200: AbTestResults },
  },
  compareAbTests: {
    query: z.strictObject({
      /** Ids or keys, with commas between them. */
      tests: z
        .string()
        .max(2_000)
        .transform((text) => text.split(','))
        .refine((names) => names.length <= 20 && names.every((name) => name !== ''), 'must be 1 to 20 ids or keys'),
    }),
    responses: { 200: z.strictObject({ data: z.array(z.strictObject({ test: AbTest, results: AbTestResults })) }) },
  },
  listAbTestSnapshots: {
    params: Id,
    query: PageQuery.extend({ metric: z.string().max(100).optional() }),
    responses: { 200: page(ResultSnapshot) },
  },
  takeAbTestLook: { params: Id, responses: { 200: LookRecord } },
} as const satisfies Record<keyof typeof abEvidenceEndpoints, EndpointContract>

const deliveryContract = {
  getAbTestConfiguration: { responses: { 200: TestConfiguration } },
  streamAbTestChanges: {
    query: z.strictObject({
      /** `false` ends the stream after the event that it begins with. */
      follow: z.enum(['true', 'false']).optional(),
    }),
    responses: { 200: TestEvent },
  },
} as const satisfies Record<keyof typeof abDeliveryEndpoints, EndpointContract>

const ShareName = z.string().min(1).max(255)

/** Keeps tests apart: each of them has units of its own. */
export const Layer = z.strictObject({
  id: z.string(),
  name: ShareName,
  percentageLeft: z.number(),
  createdAt: Timestamp,
})
export type Layer = z.infer<typeof Layer>

/** Units that take part in no test that starts while it stands. */
export const Holdout = z.strictObject({ id: z.string(), name: ShareName, percentage: z.number(), createdAt: Timestamp })
export type Holdout = z.infer<typeof Holdout>

const sharingContract = {
  createAbTestLayer: { body: z.strictObject({ name: ShareName }), responses: { 201: Layer } },
  listAbTestLayers: { query: PageQuery, responses: { 200: page(Layer) } },
  createAbTestHoldout: {
    body: z.strictObject({ name: ShareName, percentage: z.number().gt(0).max(100) }),
    responses: { 201: Holdout },
  },
  listAbTestHoldouts: { query: PageQuery, responses: { 200: page(Holdout) } },
  deleteAbTestHoldout: { params: z.strictObject({ id: z.uuidv7() }), responses: { 204: null } },
} as const satisfies Record<keyof typeof abSharingEndpoints, EndpointContract>

export const experimentContract = {
  ...testContract,
  ...evidenceContract,
  ...deliveryContract,
  ...sharingContract,
} as const
