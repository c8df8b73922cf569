import * as z from 'zod'
import { Effect } from './document-schema.ts'

const Rate = z.number().gt(0).lt(1)

/** What a test is to be able to see. */
export const SamplePlan = z.strictObject({
  metric: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('proportion'), baseline: Rate }),
    /** Events per observation. */
    z.strictObject({ kind: z.literal('count'), rate: z.number().positive().max(1e15) }),
    /** Any values, costs and latencies too: what decides is compared by means over units. */
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

/** Where every unit is drawn by itself. */
const mostSimulatedUnits = 50_000_000

/** What a test would meet: values of its primary metric, and how its units come. */
export const SimulationRequest = z
  .strictObject({
    /** Of every variant but the best one, by the primary metric's model: a share, events per observation, or a mean. */
    baseline: z.number().min(-1e15).max(1e15),
    /** Standard deviation of observations, where the model is `mean` or `log_normal`. */
    sd: z.number().positive().max(1e15).optional(),
    /** By how much the best one is better; the effect that the test is planned for when left out. */
    effect: Effect.optional(),
    /** Over all variants, at the last look; the horizon of planned looks when left out. */
    units: z.int().min(100).max(10_000_000).optional(),
    looks: z.int().min(1).max(200).default(20),
    /** 1, or units have from 1 to as many. */
    runsPerUnit: z.int().min(1).max(50).default(1),
    /** How alike the runs of one unit are. */
    correlation: z.number().min(0).max(0.9).default(0.3),
    tests: z.int().min(10).max(5_000).default(500),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31)
      .default(1),
  })
  .refine(
    ({ units = 0, tests, runsPerUnit }) => runsPerUnit === 1 || units * tests <= mostSimulatedUnits,
    `must not ask for more than ${mostSimulatedUnits} units over all "tests" where units have several runs`,
  )
export type SimulationRequest = z.output<typeof SimulationRequest>

const Simulated = z.strictObject({
  /** Of all simulated tests, how many declared a variant that is not better than all others. */
  falseWinners: z.number(),
  /** How many declared the best one. */
  trueWinners: z.number(),
  /** On average, when they came to their end. */
  units: z.number(),
})

/** What the test's rule does, against one look at the end, on the same simulated units. */
export const SimulationResult = z.strictObject({
  tests: z.int(),
  units: z.number(),
  /** Where all variants are alike. */
  alike: z.strictObject({ rule: Simulated, oneLook: Simulated }),
  /** Where one is better by the effect. */
  better: z.strictObject({ rule: Simulated, oneLook: Simulated }),
})
export type SimulationResult = z.infer<typeof SimulationResult>

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
