import * as z from 'zod'
import { Timestamp } from '../base/contract-schema.ts'
import { MetricName } from './document-schema.ts'

/** As far as sums of squares are numbers that results can be made of. */
const Value = z
  .number()
  .min(-1e15)
  .max(1e15)
  .refine((value) => value === 0 || Math.abs(value) >= 1e-100, 'must be 0 or at least 1e-100 in size')

/** What sees one variant only: the value of the attribute that the test names, such as a session's or a user's id. */
const Unit = z.string().min(1).max(255)

/** A test by its id or its key. */
const TestName = z.string().min(1).max(100)

/** That a unit was shown a variant. Said once is enough; saying it again changes nothing. */
export const Exposure = z.strictObject({
  test: TestName,
  unit: Unit,
  /** The variant's id or its name. */
  variant: z.string().min(1).max(255),
  /** The epoch of the configuration that it was assigned by; the present one when left out. */
  epoch: z.int().positive().optional(),
  /**
   * By metric, a number that was known of the unit before it was exposed, such as what it cost last month. Where every
   * unit of every variant has one, it takes from the results what it explains (CUPED).
   */
  covariates: z.record(MetricName, Value).optional(),
})
export type Exposure = z.infer<typeof Exposure>

/** One value of a metric, seen of a unit that has been exposed. */
export const Observation = z.strictObject({
  /** Of the application's choice: the same id said again is the same observation. */
  id: z.string().min(1).max(200),
  test: TestName,
  unit: Unit,
  metric: MetricName,
  value: Value,
})
export type Observation = z.infer<typeof Observation>

const mostEvents = 10_000

export const AbTestEvents = z
  .strictObject({
    exposures: z.array(Exposure).max(mostEvents).default([]),
    observations: z.array(Observation).max(mostEvents).default([]),
  })
  .refine(({ exposures, observations }) => exposures.length + observations.length > 0, 'must hold an event')
export type AbTestEvents = z.output<typeof AbTestEvents>

/** Why an event was left aside; it would be again. */
const LeftAside = z.enum([
  'unknown_test',
  'unknown_variant',
  'unknown_epoch',
  'no_weight',
  'unknown_metric',
  'not_started',
  'forced',
  'not_exposed',
  'invalid_value',
])

export const RecordedEvents = z.strictObject({
  exposures: z.strictObject({ recorded: z.int(), repeated: z.int() }),
  observations: z.strictObject({ recorded: z.int(), repeated: z.int() }),
  /** The first hundred of those that were left aside. */
  leftAside: z.array(z.strictObject({ pointer: z.string(), reason: LeftAside })),
  leftAsideCount: z.int(),
})
export type RecordedEvents = z.infer<typeof RecordedEvents>

export const AssignmentRequest = z.strictObject({
  unit: Unit,
  attributes: z.record(z.string(), z.unknown()).default({}),
  /** False only looks which variant it would be. */
  expose: z.boolean().default(true),
})

export const Assigned = z.strictObject({
  variant: z.strictObject({ id: z.string(), name: z.string(), payload: z.unknown() }).nullable(),
  /** Why it is this variant, or none. */
  reason: z.string(),
  epoch: z.int(),
})
export type Assigned = z.infer<typeof Assigned>

/** The first variant that a unit was shown. */
export const Assignment = z.strictObject({
  unit: z.string(),
  variantId: z.string(),
  epoch: z.int(),
  /** Whether it was shown another variant later, and so counts for nothing. */
  isExcluded: z.boolean(),
  createdAt: Timestamp,
})
export type Assignment = z.infer<typeof Assignment>
