import { isInTraffic } from '../bucketing/fairlead.ts'
import type { BucketingScheme } from '../bucketing/scheme.ts'
import type { Targeting } from '../targeting/matches-rule.ts'
import { matchesRule } from '../targeting/matches-rule.ts'
import type { TargetingRule } from '../targeting/rule.ts'
import { isWithin, seedOf, slotOf, unitHash } from './unit-hash.ts'

/** What a snapshot holds of a test: all that assigning takes. JSON, but for the slot table (`decodeSlots`). */
export interface AssignableTest {
  readonly id: string
  /** Seed of the test's own hashes; the hash of its id by default, which takes a little time at every assignment. */
  readonly seed?: number
  /** The variant index that has each slot: `createSlots`, `reweightSlots`. */
  readonly slots: Uint8Array
  /** Share of the units that take part, from 0 to 100; all by default. Raising it moves nobody. */
  readonly trafficPercentage?: number
  readonly isKilled?: boolean
  /** Variant indexes by unit, for who tests the test. */
  readonly forced?: Readonly<Record<string, number>> | null
  readonly targeting?: TargetingRule
  /** Tests of one layer share its seed and have ranges [from, to) of its 16,384 slots that don't overlap. */
  readonly layer?: { readonly seed: number; readonly ranges: readonly (readonly [from: number, to: number])[] } | null
  /** Units that are kept out of all tests which share a holdout. */
  readonly holdouts?: readonly { readonly seed: number; readonly percentage: number }[]
  /** Another system's way to bucket, with its settings, in place of gate and slots: a team moves over and nobody switches. */
  readonly bucketing?: { readonly scheme: string; readonly settings: unknown } | null
}

/** Who is assigned. Every way to leave the id out is the same as an empty one. */
export interface Unit {
  readonly id?: string | null | undefined
  /** What targeting reads, as JSON. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** Why a unit has the variant, or has none. */
export type AssignmentReason =
  | 'killed'
  | 'no_unit'
  | 'forced'
  | 'held_out'
  | 'not_targeted'
  | 'excluded'
  | 'unknown_scheme'
  | 'not_in_traffic'
  | 'assigned'

export interface Assignment {
  /** Index into the test's variants; null when the unit takes no part. */
  readonly variant: number | null
  readonly reason: AssignmentReason
  /** Null when no slot was looked up. */
  readonly slot: number | null
}

const nobody: Readonly<Record<string, unknown>> = {}

/**
 * Which variant a unit has: a pure function of the test and the unit. It never throws, whatever the unit is. The first of
 * these that holds is the reason: the test is killed; the unit has no id; it is forced; it is held out; targeting does
 * not match (or has no value for these attributes); its slot in the layer is another test's (`excluded`); the test asks
 * for a bucketing scheme that was not given; the unit is not in the traffic. Else it is assigned.
 *
 * `schemes` are those of `bucketing` that tests may ask for; an application which never moved over from elsewhere gives
 * none and carries none in its bundle.
 */
export function assignVariant(
  test: AssignableTest,
  unit: Unit,
  schemes?: Readonly<Record<string, BucketingScheme<never>>>,
): Assignment {
  const matches: Targeting = (attributes) => matchesRule(test.targeting ?? true, attributes)
  const { variant, reason, hash } = assignByHash(test, unit?.id, unit?.attributes, matches, schemes)
  return { variant, reason, slot: hash === null ? null : slotOf(hash) }
}

interface AssignmentByHash extends Omit<Assignment, 'slot'> {
  /** What the slot is the beginning of: 32 bits, signed, as Node stores them without a box. */
  readonly hash: number | null
}

/** `assignVariant` for who has prepared the test's targeting, and another use for the hash. */
export function assignByHash(
  test: Omit<AssignableTest, 'targeting'>,
  id: Unit['id'],
  attributes: Unit['attributes'] | null,
  matches: Targeting,
  schemes?: Readonly<Record<string, BucketingScheme<never>>>,
): AssignmentByHash {
  if (test.isKilled) return left('killed')
  if (typeof id !== 'string' || id === '') return left('no_unit')
  const { forced, holdouts, layer, bucketing, trafficPercentage = 100 } = test
  if (forced && Object.hasOwn(forced, id)) return { variant: forced[id]!, reason: 'forced', hash: null }
  if (holdouts?.some((holdout) => isWithin(unitHash('holdout', holdout.seed, id), holdout.percentage)))
    return left('held_out')
  if (!matches(attributes ?? nobody)) return left('not_targeted')
  if (layer && !isInRanges(slotOf(unitHash('layer', layer.seed, id)), layer.ranges)) return left('excluded')
  if (bucketing) return assignElsewhere(bucketing, id, schemes)
  const seed = test.seed ?? seedOf(test.id)
  if (!isInTraffic(seed, trafficPercentage, id)) return left('not_in_traffic')
  const hash = unitHash('slot', seed, id) | 0
  return { variant: test.slots[slotOf(hash)]!, reason: 'assigned', hash }
}

function assignElsewhere(
  { scheme, settings }: NonNullable<AssignableTest['bucketing']>,
  id: string,
  schemes: Readonly<Record<string, BucketingScheme<never>>> = {},
): AssignmentByHash {
  if (!Object.hasOwn(schemes, scheme)) return left('unknown_scheme')
  const variant = schemes[scheme]!.assign(settings as never, id)
  return variant === null ? left('not_in_traffic') : { variant, reason: 'assigned', hash: null }
}

function isInRanges(slot: number, ranges: readonly (readonly [from: number, to: number])[]): boolean {
  return ranges.some((range) => slot >= range[0] && slot < range[1])
}

function left(reason: AssignmentReason): AssignmentByHash {
  return { variant: null, reason, hash: null }
}
