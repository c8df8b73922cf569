import * as z from 'zod'
import { Timestamp } from '../base/contract-schema.ts'
import { Metric } from './document-schema.ts'

const Interval = z.strictObject({ lower: z.number(), upper: z.number() })

/** A difference from the control, as a share of it or in units of the metric. */
const Lift = z.strictObject({
  /** Null where it has no expectation. */
  mean: z.number().nullable(),
  median: z.number(),
  interval: Interval,
  /** For drawing; empty unless it was asked for. */
  density: z.array(z.strictObject({ value: z.number(), density: z.number() })),
})

/** What one metric says of one variant. Null where too little was seen; `reason` says of what. */
export const VariantResult = z.strictObject({
  variantId: z.string(),
  variantName: z.string(),
  units: z.number(),
  observations: z.number(),
  mean: z.number().nullable(),
  /** Equal-tailed, for the mean (the quantile). */
  credibleInterval: Interval.nullable(),
  highestDensityInterval: Interval.nullable(),
  /** The chance that no other variant is better. */
  probabilityBest: z.number().nullable(),
  /** What is expected to be given up by choosing it, in units of the metric; null where there is no expectation. */
  expectedLoss: z.number().nullable(),
  /** Against the control; null for the control itself. */
  lift: z
    .strictObject({
      /** Null where the control may be next to 0. */
      relative: Lift.nullable(),
      absolute: Lift,
      /** That it is better than the control. */
      probabilityBetter: z.number(),
      /** That it differs by no more than the metric's margin. */
      probabilityEquivalent: z.number().nullable(),
    })
    .nullable(),
  reason: z.string().nullable(),
})
export type VariantResult = z.infer<typeof VariantResult>

const MetricResult = z.strictObject({
  name: z.string(),
  model: Metric.shape.model,
  role: Metric.shape.role,
  lowerIsBetter: z.boolean(),
  variants: z.array(VariantResult),
})

/** What a look came to. It is taken by the rule that the test was started with, and never by a prior. */
export const LookRecord = z.strictObject({
  look: z.int().positive(),
  outcome: z.enum(['continue', 'winner', 'futile', 'harmful']),
  winnerVariantId: z.string().nullable(),
  winnerVariantName: z.string().nullable(),
  /** Guardrails that got worse, and by which variant. */
  harm: z.array(z.strictObject({ metric: z.string(), variantId: z.string(), variantName: z.string() })),
  /** Why nothing, or no winner, was decided. */
  reasons: z.array(z.string()),
  /** Of the horizon of planned looks. */
  fraction: z.number().nullable(),
  /** Of the variant that has the fewest. */
  expectedEvents: z.number(),
  units: z.array(z.strictObject({ variantId: z.string(), variantName: z.string(), units: z.number() })),
  pairs: z.array(
    z.strictObject({
      variantId: z.string(),
      variantName: z.string(),
      otherVariantId: z.string(),
      otherVariantName: z.string(),
      z: z.number(),
      boundary: z.number().nullable(),
      logEValues: z.array(z.number()).nullable(),
    }),
  ),
  logThreshold: z.number().nullable(),
  conditionalPower: z.array(z.number()).nullable(),
  logSampleRatio: z.number().nullable(),
})
export type LookRecord = z.infer<typeof LookRecord>

/** What a test has shown so far: posteriors for display, and what its rule says. */
export const AbTestResults = z.strictObject({
  testId: z.string(),
  status: z.enum(['draft', 'running', 'paused', 'completed']),
  epoch: z.int(),
  asOf: Timestamp,
  /** Units that count, and those that were shown two variants and do not. */
  units: z.array(
    z.strictObject({ variantId: z.string(), variantName: z.string(), units: z.number(), excluded: z.number() }),
  ),
  sampleRatio: z.strictObject({
    chiSquare: z.number().nullable(),
    degreesOfFreedom: z.number(),
    pValue: z.number(),
    /** The logarithm of the evidence that units do not lie in the variants as the weights say, at any time. */
    logEValue: z.number(),
    /** Blocks winners. */
    isMismatch: z.boolean(),
  }),
  metrics: z.array(MetricResult),
  /** The last look; null before the first. */
  look: LookRecord.nullable(),
})
export type AbTestResults = z.infer<typeof AbTestResults>

/** One row of the results as they were at a time. */
export const ResultSnapshot = z.strictObject({
  id: z.string(),
  variantId: z.string(),
  variantName: z.string(),
  metric: z.string(),
  value: z.number().nullable(),
  sampleSize: z.number(),
  units: z.number(),
  epoch: z.int(),
  probabilityBest: z.number().nullable(),
  expectedLoss: z.number().nullable(),
  credibleInterval: Interval.nullable(),
  recordedAt: Timestamp,
})
export type ResultSnapshot = z.infer<typeof ResultSnapshot>
