import type { AssignableTest, AssignmentReason } from './assignment/assign-variant.ts'
import { assignByHash } from './assignment/assign-variant.ts'
import { expandRuns } from './assignment/slot-runs.ts'
import type { BucketingScheme } from './bucketing/scheme.ts'
import type { ConfiguredTest } from './configuration-schema.ts'
import { prepareRule } from './targeting/matches-rule.ts'
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
  /** The 32 bits that decided, where the test's own slots did: whoever remembers units by test need not hash them again. */
  hash: number | null
}

export type Schemes = Readonly<Record<string, Pick<BucketingScheme<never>, 'assign'>>>

/** Assigns by a configured test, without a network and without ever throwing; see `assignVariant`. */
export type AssignByTest = (subject: Subject) => AssignedVariant

/** Makes of a configured test what assigns by it. */
export function prepareTest(test: ConfiguredTest, schemes?: Schemes): AssignByTest {
  const { forced, holdouts, variants, status, unit: unitName } = test
  const targeting = (test.targeting ?? true) as TargetingRule
  const assignable = {
    ...test,
    slots: expandRuns(test.slots),
    // Asking what is empty takes time, too.
    forced: Object.keys(forced).length > 0 ? forced : null,
    holdouts: holdouts?.[0] && holdouts,
  } as AssignableTest
  // Where targeting does not ask for the unit, the attributes need not be copied to put it among them.
  const readsUnit = JSON.stringify([targeting]).includes(JSON.stringify(['attribute', unitName]))
  const matches = prepareRule(targeting)
  return (subject) => {
    const unit = unitOf(unitName, subject)
    if (status === 'paused') return { variant: null, reason: 'paused', unit, hash: null }
    const attributes = readsUnit ? { ...subject.attributes, [unitName]: unit } : subject.attributes
    const { variant, reason, hash } = assignByHash(assignable, unit, attributes, matches, schemes)
    return { variant: variants[variant!] ?? null, reason, unit, hash }
  }
}

/** The value of the attribute that a test names as its unit; else what is given as the unit. */
function unitOf(name: string, { unit, attributes }: Subject): string | null {
  return asUnit(attributes?.[name]) ?? asUnit(unit)
}

/** Many ids are numbers. */
function asUnit(value: unknown): string | null {
  return typeof value === 'number' ? `${value}` : typeof value === 'string' ? value || null : null
}
