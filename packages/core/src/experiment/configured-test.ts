import type { AssignableTest, AssignmentReason } from './assignment/assign-variant.ts'
import { assignVariant } from './assignment/assign-variant.ts'
import { expandRuns } from './assignment/slot-runs.ts'
import type { BucketingScheme } from './bucketing/scheme.ts'
import type { ConfiguredTest } from './configuration-schema.ts'
import { matchesRule } from './targeting/matches-rule.ts'
import type { TargetingRule } from './targeting/rule.ts'

/** Whom a variant is wanted for. */
export interface Subject {
  /** What sees one variant only, for tests whose unit is not among the attributes. */
  unit?: string | null | undefined
  /** As JSON; targeting reads them, and the one that a test names as its unit is its unit. */
  attributes?: Readonly<Record<string, unknown>> | null | undefined
}

export type ConfiguredVariant = ConfiguredTest['variants'][number]

/** The variant that somebody is shown, and the unit that it was assigned to; null for both where there is none. */
export interface AssignedVariant {
  variant: ConfiguredVariant | null
  reason: AssignmentReason | 'paused'
  unit: string | null
}

export type Schemes = Readonly<Record<string, Pick<BucketingScheme<never>, 'assign'>>>

/**
 * Assigns by a configured test, without a network and without ever throwing; see `assignVariant`. `known` is a variant that
 * the unit is remembered to have been assigned: where that was by this very configuration, whose own object it is then,
 * only attributes may say otherwise, and nothing is hashed.
 */
export type AssignByTest = (subject: Subject, unit?: string | null, known?: ConfiguredVariant) => AssignedVariant

/** Makes of a configured test what assigns by it. */
export function prepareTest(test: ConfiguredTest, schemes?: Schemes): AssignByTest {
  const { forced, variants, status, unit: unitName } = test
  const targeting = (test.targeting ?? true) as TargetingRule
  const assignable = {
    ...test,
    slots: expandRuns(test.slots),
    // Looking a unit up takes as long as hashing it.
    forced: Object.keys(forced).length > 0 ? forced : null,
  } as AssignableTest
  // Where targeting does not ask for the unit, the attributes need not be copied to put it among them.
  const readsUnit = JSON.stringify([targeting]).includes(JSON.stringify(['attribute', unitName]))
  return (subject, unit = unitOf(unitName, subject), known) => {
    if (status === 'paused') return { variant: null, reason: 'paused', unit }
    const attributes = readsUnit ? { ...subject.attributes, [unitName]: unit } : (subject.attributes ?? {})
    if (variants.includes(known!) && matchesRule(targeting, attributes))
      return { variant: known!, reason: 'assigned', unit }
    const { variant, reason } = assignVariant(assignable, { id: unit, attributes }, schemes)
    return { variant: variants[variant!] ?? null, reason, unit }
  }
}

/** The value of the attribute that a test names as its unit; else what is given as the unit. */
export function unitOf(name: string, { unit, attributes }: Subject): string | null {
  const own = attributes && Object.hasOwn(attributes, name) ? attributes[name] : undefined
  const value = typeof own === 'number' ? String(own) : own
  return typeof value === 'string' && value !== '' ? value : unit || null
}
