import * as z from 'zod'
import { Bucketing } from './bucketing-schema.ts'

const Share = z.strictObject({ seed: z.int().nonnegative(), percentage: z.number() })

/** A variant as it is shown. */
const ConfiguredVariant = z.strictObject({
  id: z.string(),
  name: z.string(),
  payload: z.unknown(),
  /** Null for a variant that is about no prompt. */
  prompt: z.strictObject({ id: z.string(), key: z.string(), versionId: z.string(), versionNumber: z.int() }).nullable(),
})

/** A test that has started, with all that decides who is shown what. */
export const ConfiguredTest = z.strictObject({
  id: z.string(),
  key: z.string(),
  status: z.enum(['running', 'paused']),
  isKilled: z.boolean(),
  /** It answers for this prompt when `label` is asked for; `production` also when none is. */
  prompt: z.strictObject({ id: z.string(), key: z.string() }).nullable(),
  label: z.string(),
  unit: z.string(),
  epoch: z.int().positive(),
  seed: z.int().nonnegative(),
  trafficPercentage: z.number(),
  /** Variants by their place in `variants`, each with how many of 16,384 slots follow that are its own. */
  slots: z.array(z.tuple([z.int().nonnegative(), z.int().positive()]).readonly()),
  variants: z.array(ConfiguredVariant),
  /** What `targeting` was compiled to; null lets everybody take part. */
  targeting: z.unknown(),
  layer: z.strictObject({ seed: z.int().nonnegative(), ranges: z.array(z.tuple([z.int(), z.int()])) }).nullable(),
  holdouts: z.array(Share),
  /** By unit, the place of the variant that it is shown, whatever else is said here. */
  forced: z.record(z.string(), z.int().nonnegative()),
  bucketing: Bucketing.nullable(),
})
export type ConfiguredTest = z.infer<typeof ConfiguredTest>

/** All tests of an organization that assign, the first that started first. */
export const TestConfiguration = z.strictObject({ tests: z.array(ConfiguredTest) })
export type TestConfiguration = z.infer<typeof TestConfiguration>

/**
 * A test has changed; or, where none is named, changes may have been missed: the configuration must be fetched again. A
 * stream begins with the latter.
 */
export const TestEvent = z.strictObject({
  type: z.enum(['ab_test.changed', 'ab_test.resync']),
  testId: z.string().nullable(),
})
export type TestEvent = z.infer<typeof TestEvent>
