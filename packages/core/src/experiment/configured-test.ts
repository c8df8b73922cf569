import type { AssignableTest, AssignmentReason } from './assignment/assign-variant.ts'
import { assignVariant } from './assignment/assign-variant.ts'
import { expandRuns } from './assignment/slot-runs.ts'
import type { BucketingScheme } from './bucketing/scheme.ts'
import type { ConfiguredTest } from './configuration-schema.ts'

/** Whom a variant is wanted for. */
export interface Subject {
  /** What sees one variant only, for tests whose unit is not among the attributes. */
  unit?: string | null | undefined
  /** As JSON; targeting reads them, and the one that a test names as its unit is its unit. */
  attributes?: Readonly<Record<string, unknown>> | null | undefined
}

type ConfiguredVariant = ConfiguredTest['variants'][number]

/** The variant that somebody is shown, and the unit that it was assigned to; null for both where there is none. */
export interface AssignedVariant {
  variant: ConfiguredVariant | null
  reason: AssignmentReason | 'paused'
  unit: string | null
}

export type Schemes = Readonly<Record<string, Pick<BucketingScheme<never>, 'assign'>>>

/** Makes of a configured test what assigns by it, without a network and without ever throwing; see `assignVariant`. */
export function prepareTest(test: ConfiguredTest, schemes?: Schemes): (subject: Subject) => AssignedVariant {
  const { seed, trafficPercentage, isKilled, forced, bucketing, variants, status } = test
  // Copies, because what is read at every assignment may be frozen, and engines read frozen lists at half the speed.
  const { targeting, layer, holdouts } = structuredClone({
    targeting: test.targeting as AssignableTest['targeting'] & {},
    layer: test.layer,
    holdouts: test.holdouts,
  })
  const assignable: AssignableTest = {
    id: test.id,
    slots: expandRuns(test.slots),
    ...{ seed, targeting, trafficPercentage, isKilled, layer, holdouts, bucketing },
    // Looking a unit up takes as long as hashing it.
    ...(Object.keys(forced).length > 0 ? { forced } : {}),
  }
  // Where targeting does not ask for the unit, the attributes need not be copied to put it among them.
  const readsUnit = JSON.stringify(test.targeting ?? null).includes(JSON.stringify(['attribute', test.unit]))
  return (subject) => {
    const unit = unitOf(test.unit, subject)
    if (status === 'paused') return { variant: null, reason: 'paused', unit }
    const given = subject.attributes ?? undefined
    const attributes = readsUnit ? { ...given, [test.unit]: unit } : given
    const { variant, reason } = assignVariant(assignable, { id: unit, attributes }, schemes)
    return { variant: variant === null ? null : (variants[variant] ?? null), reason, unit }
  }
}

/** The value of the attribute that a test names as its unit; else what is given as the unit. */
function unitOf(name: string, { unit, attributes }: Subject): string | null {
  const own = attributes && Object.hasOwn(attributes, name) ? attributes[name] : undefined
  const value = typeof own === 'number' ? String(own) : own
  return typeof value === 'string' && value !== '' ? value : unit || null
}
