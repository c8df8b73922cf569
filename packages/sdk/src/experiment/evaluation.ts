import type { AssignByTest, ConfiguredTest, ConfiguredVariant, Exposure, Schemes } from '@fairlead/core/experiment'
import { prepareTest, unitOf } from '@fairlead/core/experiment'
import { exposureMemory } from './exposure-memory.ts'
import type { LocalExperiments } from './local-experiments.ts'
import type { LocalVariant } from './options.ts'

interface OpenTest {
  readonly test: ConfiguredTest
  /** Of test and epoch. */
  readonly name: string
  readonly assign: AssignByTest
}

interface Evaluation {
  /** Evaluates by these tests from now on. They are frozen. */
  evaluateBy(tests: readonly ConfiguredTest[]): void
  variant: LocalExperiments['variant']
}

const longestUnit = 255

/**
 * Which variant a unit is shown. What is remembered, so that an exposure is recorded once, also saves hashing a unit that
 * the same configuration has assigned before. `record` is false when there is no room for an exposure.
 */
export function evaluationOf(
  schemes: Schemes | undefined,
  record: (exposure: Exposure) => boolean,
  complain: (error: Error) => void,
): Evaluation {
  let tests = new Map<string, OpenTest>()
  const memory = exposureMemory()
  return {
    evaluateBy(configured) {
      tests = new Map()
      for (const test of configured) {
        try {
          const { id, key, epoch } = test
          const open = { test, name: id + epoch, assign: prepareTest(test, schemes) }
          tests.set(key, open).set(id, open)
        } catch (error) {
          complain(error as Error)
        }
      }
    },
    variant(name, subject = {}, { expose = true } = {}) {
      try {
        const open = tests.get(name)
        if (!open) return answer(null, 'unknown_test', subject.unit ?? null)
        const { test, name: testName, assign } = open
        const unit = unitOf(test.unit, subject)
        const last = memory.find(testName, unit!)
        const { variant, reason } = assign(subject, unit, last)
        if (expose && reason === 'assigned' && variant !== last) {
          const { id } = variant!
          const isRecorded =
            id === last?.id || (isUnit(unit) && record({ test: test.id, unit: unit!, variant: id, epoch: test.epoch }))
          // What there is no room for is recorded when the unit is seen again.
          if (isRecorded) memory.add(testName, unit!, variant!)
        }
        return answer(variant, reason, unit)
      } catch (error) {
        // Of a subject that is no data.
        complain(error as Error)
        return answer(null, 'not_targeted', null)
      }
    },
  }
}

/** Member by member, which is several times as fast as spreading. */
function answer(variant: ConfiguredVariant | null, reason: LocalVariant['reason'], unit: string | null): LocalVariant {
  const { id = null, name = null, payload = null, prompt = null } = variant ?? ({} as Partial<ConfiguredVariant>)
  return { id, name, payload, prompt, reason, unit } as LocalVariant
}

export function isUnit(unit: unknown): boolean {
  return typeof unit === 'string' && unit !== '' && unit.length <= longestUnit
}
