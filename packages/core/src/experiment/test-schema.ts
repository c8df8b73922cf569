import * as z from 'zod'
import { Timestamp } from '../base/contract-schema.ts'
import { RefName } from '../prompt/schema.ts'
import { Bucketing } from './bucketing-schema.ts'
import { Bandit, Metric, Promotion, Stopping, TestKey, TrafficWeight, VariantRef } from './document-schema.ts'

export const AbTestStatus = z.enum(['draft', 'running', 'paused', 'completed'])
export type AbTestStatus = z.infer<typeof AbTestStatus>

const VariantName = z.string().min(1).max(255)
const mostVariants = 50
const mostMetrics = 20

/** A variant as it is drawn up; the first one is the control. */
const NewVariant = z.strictObject({
  name: VariantName,
  trafficWeight: TrafficWeight.default(50),
  /** The prompt's id or key; that of the test when left out. */
  prompt: z.string().min(1).max(200).optional(),
  /** Resolved to one version when the test starts. */
  ref: VariantRef.optional(),
  /** Whatever the application wants to know of the variant, such as a model's name; at most 16 kB of JSON. */
  payload: z
    .unknown()
    .refine((value) => (JSON.stringify(value) ?? '').length <= 16_384, 'must be at most 16 kB of JSON')
    .optional(),
})

export const AbVariant = z.strictObject({
  id: z.string(),
  name: z.string(),
  trafficWeight: z.int(),
  promptId: z.string().nullable(),
  ref: VariantRef.nullable(),
  /** What `ref` said when the test started; null before. */
  version: z.strictObject({ id: z.string(), versionNumber: z.int(), contentHash: z.string() }).nullable(),
  /** Whether `ref` says another version by now. It is not followed. */
  refHasMoved: z.boolean(),
  payload: z.unknown(),
  isControl: z.boolean(),
})
export type AbVariant = z.infer<typeof AbVariant>

/** What a test can be given at any time; the rest of it stands once it has started. */
const Adjustable = {
  name: z.string().min(1).max(255),
  description: z.string().max(10_000).nullable(),
  /** Of all units, how many take part; nobody changes the variant when it does. */
  trafficPercentage: z.int().min(0).max(100),
  /** Units by id, and the variant, by name, that each of them is shown, for looking at it; they count for nothing. */
  forced: z.record(z.string().min(1).max(255), VariantName),
  endDate: Timestamp.nullable(),
}

const Planned = {
  /** The prompt that is asked for: its id or key; null for a test that is about no prompt. */
  prompt: z.string().min(1).max(200).nullable(),
  /** The test answers for the prompt when this label of it is asked for; `production` also when none is. */
  label: RefName,
  /** The attribute whose value a unit is, such as `user`: what sees one variant only. */
  unit: z.string().min(1).max(100),
  /** CEL over the attributes by their names, such as `plan == "pro"`; who does not fit takes no part. */
  targeting: z.string().min(1).max(10_000).nullable(),
  /** Tests of one layer never share a unit. */
  layer: z.strictObject({ id: z.uuidv7(), percentage: z.number().gt(0).max(100) }).nullable(),
  variants: z
    .array(NewVariant)
    .min(2)
    .max(mostVariants)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have different names')
    .refine(
      (list) => list.some(({ trafficWeight }) => trafficWeight > 0),
      'must have at least one "trafficWeight" above 0',
    ),
  metrics: z
    .array(Metric)
    .min(1)
    .max(mostMetrics)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have different names')
    .refine(
      (list) => list.filter(({ role }) => role === 'primary').length === 1,
      'must have exactly one of role "primary"',
    ),
  stopping: Stopping,
  bandit: Bandit.nullable(),
  bucketing: Bucketing.nullable(),
  promotion: Promotion.nullable(),
  startDate: Timestamp.nullable(),
}

const decidesAnytime = {
  path: ['bandit'],
  message: 'must go with stopping mode "always_valid": its weights change with what was seen',
}

export const NewAbTest = z
  .strictObject({
    /** Made from the name when left out. */
    key: TestKey.optional(),
    name: Adjustable.name,
    description: Adjustable.description.default(null),
    trafficPercentage: Adjustable.trafficPercentage.default(100),
    forced: Adjustable.forced.default({}),
    endDate: Adjustable.endDate.default(null),
    prompt: Planned.prompt.default(null),
    label: Planned.label.default('production'),
    unit: Planned.unit.default('session'),
    targeting: Planned.targeting.default(null),
    layer: Planned.layer.default(null),
    variants: Planned.variants,
    metrics: Planned.metrics.default([
      { name: 'success', model: 'proportion', role: 'primary', lowerIsBetter: false, quantile: 0.95, margin: 0.01 },
    ]),
    stopping: Planned.stopping.default({
      mode: 'always_valid',
      alpha: 0.05,
      effect: { relative: 0.1 },
      automatic: false,
      everyMinutes: 60,
      minimumUnits: 100,
      maximumLoss: null,
    }),
    bandit: Planned.bandit.default(null),
    bucketing: Planned.bucketing.default(null),
    promotion: Planned.promotion.default(null),
    startDate: Planned.startDate.default(null),
  })
  .refine(({ bandit, stopping }) => bandit === null || stopping.mode === 'always_valid', decidesAnytime)
export type NewAbTest = z.output<typeof NewAbTest>

export const AbTestChange = z
  .strictObject({
    ...Adjustable,
    ...Planned,
    /** By variant id or name; what is left out keeps its weight. Begins an epoch when the test is running. */
    weights: z.record(z.string(), TrafficWeight),
    /** Nobody is assigned any more, at once, until it is taken back. */
    isKilled: z.boolean(),
    archived: z.boolean(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .refine(({ prompt, variants }) => prompt === undefined || variants !== undefined, {
    path: ['variants'],
    message: 'must come with another "prompt": their refs are of the one before',
  })
export type AbTestChange = z.output<typeof AbTestChange>

export const AbTest = z.strictObject({
  id: z.string(),
  key: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  status: AbTestStatus,
  revision: z.int().positive(),
  promptId: z.string().nullable(),
  label: z.string(),
  unit: z.string(),
  trafficPercentage: z.int(),
  targeting: z.string().nullable(),
  layer: z.strictObject({ id: z.string(), percentage: z.number() }).nullable(),
  variants: z.array(AbVariant),
  metrics: z.array(Metric),
  stopping: Stopping,
  bandit: Bandit.nullable(),
  bucketing: Bucketing.nullable(),
  promotion: Promotion.nullable(),
  forced: z.record(z.string(), z.string()),
  isKilled: z.boolean(),
  /** Counts the tables of weights, from 1; 0 before the start. */
  epoch: z.int().nonnegative(),
  startDate: Timestamp.nullable(),
  endDate: Timestamp.nullable(),
  startedAt: Timestamp.nullable(),
  completedAt: Timestamp.nullable(),
  winnerVariantId: z.string().nullable(),
  /** Whether the test's rule chose the winner, rather than somebody without it. */
  isDecided: z.boolean(),
  archivedAt: Timestamp.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** What can be, and is hardly meant; `pointer` is a JSON pointer into the test. */
  warnings: z.array(z.strictObject({ pointer: z.string(), message: z.string() })),
})
export type AbTest = z.infer<typeof AbTest>
