import * as z from 'zod'
import { Effect } from './document-schema.ts'

const Rate = z.number().gt(0).lt(1)

/** What a test is to be able to see. */
export const SamplePlan = z.strictObject({
  metric: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('proportion'), baseline: Rate }),
    z.strictObject({
      kind: z.literal('mean'),
      mean: z.number().min(-1e15).max(1e15),
      sd: z.number().positive().max(1e15),
    }),
  ]),
  /** The improvement that is to be seen. */
  effect: Effect,
  lowerIsBetter: z.boolean().default(false),
  alpha: z.number().gt(0).max(0.2).default(0.05),
  /** The chance to declare the best variant, where it is better than all others by the effect. */
  power: z.number().min(0.3).max(0.999).default(0.8),
  /** Variants, the control among them. */
  arms: z.int().min(2).max(20).default(2),
  mode: z.enum(['fixed', 'planned_looks', 'always_valid']).default('always_valid'),
  looks: z.int().min(1).max(50).default(20),
  /** Observations of one unit: how many on average, and how alike they are (the correlation within a unit). */
  runs: z
    .strictObject({
      perUnit: z.number().min(1).max(10_000),
      variation: z.number().min(0).max(100).optional(),
      correlation: z.number().min(0).max(1),
    })
    .optional(),
  /** Over all variants. */
  unitsPerDay: z.number().positive().max(1e12).optional(),
})

/** How many units that takes. */
export const SampleSize = z.strictObject({
  unitsPerArm: z.number(),
  /** Over all variants: the horizon of planned looks. */
  units: z.number(),
  observationsPerArm: z.number(),
  /** By how many times more observations are needed because those of one unit are alike. */
  designEffect: z.number(),
  /** By how many times more units the looks need than one at the end. */
  inflation: z.number(),
  days: z.number().nullable(),
})
