import * as z from 'zod'

/** A variant by its place, from 0; the control is the first. */
const Place = z.int().min(0).max(49)
const Text = z.string().min(1).max(1_000)
const Weight = z.number().min(0).max(1e9)
const Weights = z
  .array(Weight)
  .min(1)
  .max(50)
  .refine((weights) => weights.some((weight) => weight > 0), 'must have one above 0')

const UnleashSettings = z.strictObject({
  /** Of the rollout; in Unleash it is the feature's name unless somebody chose another one. */
  groupId: Text,
  /** Percentage of the units. */
  rollout: z.int().min(0).max(100).optional(),
  /** Of the variants, where it is another one. */
  variantGroupId: Text.optional(),
  /** Of the variants in their order. */
  weights: Weights,
})

const Allocation = <Entity extends z.ZodType>(entity: Entity) =>
  z.array(z.strictObject({ entity, endOfRange: z.int().min(0).max(10_000) })).max(1_000)

const OptimizelySettings = z.strictObject({
  experimentId: Text,
  /** As in the datafile, with variants by their places as entities; null where nobody is assigned. */
  trafficAllocation: Allocation(Place.nullable()),
  /** The group of experiments that exclude each other, with experiment ids as entities. */
  group: z.strictObject({ id: Text, trafficAllocation: Allocation(z.string().max(1_000).nullable()) }).optional(),
})

const Share = z.number().min(0).max(1)
const Ranges = z.array(z.tuple([Share, Share])).max(100)

const GrowthBookSettings = z.strictObject({
  /** In GrowthBook it is the experiment's key unless somebody chose another one. */
  seed: z.string().max(1_000),
  /** How many variants there are. */
  variations: z.int().min(1).max(50),
  /** The share that takes part. */
  coverage: Share.optional(),
  /** Of sum 1. */
  weights: z.array(Share).max(50).optional(),
  /** From and up to where each variant goes; they stand in for coverage and weights. */
  ranges: Ranges.optional(),
  /** Its id, and from and up to where the experiment has it. */
  namespace: z.tuple([z.string().max(1_000), Share, Share]).optional(),
  /** They stand in for the namespace. */
  filters: z
    .array(
      z.strictObject({
        seed: z.string().max(1_000),
        ranges: Ranges,
        hashVersion: z.union([z.literal(1), z.literal(2)]).optional(),
      }),
    )
    .max(20)
    .optional(),
})

const Shard = z.int().min(0).max(1_000_000_000)

const EppoSettings = z.strictObject({
  totalShards: z.int().min(1).max(1_000_000_000).optional(),
  /** A unit has the variant of the first one all of whose shards it lies in. */
  splits: z
    .array(
      z.strictObject({
        variant: Place,
        shards: z
          .array(
            z.strictObject({
              salt: z.string().max(1_000),
              /** Each without its end. */
              ranges: z.array(z.strictObject({ start: Shard, end: Shard })).max(100),
            }),
          )
          .max(20),
      }),
    )
    .max(200),
})

/**
 * Another tool's way from units to variants, for a test that came from there: every unit keeps the variant that it has.
 * `settings` are those of `bucketing[scheme].assign`.
 */
export const Bucketing = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('unleash'), settings: UnleashSettings }),
  z.strictObject({ scheme: z.literal('optimizely'), settings: OptimizelySettings }),
  z.strictObject({ scheme: z.literal('growthbook-v1'), settings: GrowthBookSettings }),
  z.strictObject({ scheme: z.literal('growthbook-v2'), settings: GrowthBookSettings }),
  z.strictObject({ scheme: z.literal('eppo'), settings: EppoSettings }),
])
export type Bucketing = z.infer<typeof Bucketing>
