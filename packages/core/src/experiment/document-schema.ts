import * as z from 'zod'
import { VersionNumber } from '../base/contract-schema.ts'
import { RefName } from '../prompt/schema.ts'
import { callMetrics } from './call-metrics.ts'

/** How a test is named in URLs and in code. */
export const TestKey = z
  .string()
  .max(100)
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/,
    'must hold lower-case letters, digits, ".", "_" and "-", and begin and end with a letter or digit',
  )

/** Which version of a prompt: by its number, as the head of a branch, or as a label says. */
export const VariantRef = z
  .strictObject({ version: VersionNumber.optional(), branch: RefName.optional(), label: RefName.optional() })
  .refine(
    ({ version, branch, label }) => [version, branch, label].filter((one) => one !== undefined).length === 1,
    'must have exactly one of "version", "branch" and "label"',
  )
export type VariantRef = z.infer<typeof VariantRef>

/** As a share of all variants' weights; 0 gives a variant no more units. */
export const TrafficWeight = z.int().min(0).max(1_000_000)

export const MetricName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z][A-Za-z0-9._-]*$/, 'must begin with a letter and hold only letters, digits, ".", "_" and "-"')

/**
 * What is measured, and how it is judged. Some names are measured by Fairlead itself: `success`, `latency_ms`, `cost_usd`
 * and `tokens` of runs and model calls, and `score.<name>` of scores; all others are reported by the application.
 */
export const Metric = z
  .strictObject({
    name: MetricName,
    /**
     * `proportion`: observations of 0 and 1; `count`: events per observation; `mean`: any values; `log_normal`: values from 0
     * up whose logarithms are normal, as costs and latencies; `quantile`: the value that a share of observations stays below.
     */
    model: z.enum(['proportion', 'count', 'mean', 'log_normal', 'quantile']),
    /** One metric is `primary` and decides; a `guardrail` stops the test when it gets worse. */
    role: z.enum(['primary', 'guardrail', 'secondary']).default('secondary'),
    lowerIsBetter: z.boolean().default(false),
    /** Of a `quantile`. */
    quantile: z.number().gt(0).lt(1).default(0.95),
    /** Of a `proportion`: a, b of a beta distribution; of a `count`: shape and rate. For display; no decision rests on it. */
    prior: z.tuple([z.number().positive().max(1e9), z.number().positive().max(1e9)]).optional(),
    /** Relative changes within this are as good as none, and a guardrail may get worse by as much. */
    margin: z.number().min(0).max(1).default(0.01),
  })
  .refine(({ model, prior }) => prior === undefined || model === 'proportion' || model === 'count', {
    path: ['prior'],
    message: 'is only for models "proportion" and "count"',
  })
  .refine(({ model, role }) => role === 'secondary' || model !== 'quantile', {
    path: ['model'],
    message:
      'must not be "quantile" for the primary metric or a guardrail: what decides is compared by means over units, such as of a "log_normal"',
  })
  .refine(({ name, model }) => model !== 'proportion' || !callMetrics.has(name), {
    path: ['model'],
    message: 'must not be "proportion": what model calls take is no 0 or 1, but a "mean", "log_normal" or "quantile"',
  })
export type Metric = z.infer<typeof Metric>

export const Effect = z.union([
  z.strictObject({ relative: z.number().gt(0).max(100) }),
  z.strictObject({ absolute: z.number().gt(0).max(1e15) }),
])

const stopping = {
  /** The chance to declare a winner where none is better, over all looks and variants. */
  alpha: z.number().gt(0).max(0.2).default(0.05),
  /** The improvement that the test is planned for, as a share or in units of the primary metric. It moves power only. */
  effect: Effect.default({ relative: 0.1 }),
  /** Completes the test when the rule fires; else it is only said. */
  automatic: z.boolean().default(false),
  /** Between two looks that the control plane takes by itself. */
  everyMinutes: z.int().min(1).max(10_080).default(60),
  /** Units in every variant, before anything is decided. */
  minimumUnits: z.int().min(0).max(1e9).default(100),
  /** What may be expected to be given up at most by choosing the winner, in units of the primary metric. */
  maximumLoss: z.number().positive().nullable().default(null),
}

/** When a test may end with a winner. Chosen before it starts, and kept. */
export const Stopping = z.discriminatedUnion('mode', [
  z.strictObject({
    /** Looks at times that do not depend on what was seen, up to a horizon. */
    mode: z.literal('planned_looks'),
    ...stopping,
    /** Units over all variants at which the last look is taken. */
    horizon: z.int().min(2).max(1e10),
    /** Ends the test when every variant is less likely than this to win, if the effect is as planned; null never does. */
    futility: z.number().gt(0).lt(0.5).nullable().default(0.1),
  }),
  z.strictObject({
    /** Looks whenever, for as long as one likes. */
    mode: z.literal('always_valid'),
    ...stopping,
  }),
])
export type Stopping = z.infer<typeof Stopping>

/** Gives better variants more units, by the chance that each is the best. Decides by `always_valid` only. */
export const Bandit = z.strictObject({
  /** What every variant gets at least. */
  floor: z.number().min(0.01).max(0.2).default(0.02),
  everyMinutes: z.int().min(5).max(10_080).default(60),
})
export type Bandit = z.infer<typeof Bandit>

/** What becomes of a winner. */
export const Promotion = z.strictObject({
  /** Merges the winner's branch into this one, when the winner names a branch. */
  mergeInto: RefName.nullable().default(null),
  /** Moves this label of the prompt to the winner. */
  label: RefName.nullable().default('production'),
  /** Undoes the move when a guardrail gets worse within so many hours. */
  guardHours: z.int().min(0).max(720).default(24),
})
export type Promotion = z.infer<typeof Promotion>
