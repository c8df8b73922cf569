import type { AssignByTest, ConfiguredTest, ConfiguredVariant, Exposure, Schemes } from '@fairlead/core/experiment'
import { murmur3, prepareTest } from '@fairlead/core/experiment'
import { exposureMemory } from './exposure-memory.ts'
import type { LocalExperiments } from './local-experiments.ts'
import type { LocalVariant } from './options.ts'

interface OpenTest {
  readonly test: ConfiguredTest
  /** Tests may have the same seed. */
  readonly salt: number
  readonly assign: AssignByTest
}

interface Evaluation {
  /** Evaluates by these tests from now on. They are frozen. */
  evaluateBy(tests: readonly ConfiguredTest[]): void
  variant: LocalExperiments['variant']
}

const longestUnit = 255

/** Which variant a unit is shown. `record` is false when there is no room for an exposure. */
export function evaluationOf(
  schemes: Schemes | undefined,
  record: (exposure: Exposure) => boolean,
  complain: (error: Error) => void,
): Evaluation {
  let tests = new Map<string, OpenTest>()
  /** Half a megabyte, which who exposes nobody goes without. */
  let memory: ReturnType<typeof exposureMemory> | undefined
  // Nobody who knows the seeds can choose units that get in each other's way.
  const factor = (Math.random() * 2 ** 32) | 1
  return {
    evaluateBy(configured) {
      tests = new Map()
      for (const test of configured) {
        try {
          const open = { test, salt: murmur3(test.id), assign: prepareTest(test, schemes) }
          tests.set(test.key, open).set(test.id, open)
        } catch (error) {
          complain(error as Error)
        }
      }
    },
    variant(name, subject = {}, { expose = true } = {}) {
      try {
        const open = tests.get(name)
        if (!open) return answer(null, 'unknown_test', subject.unit ?? null)
        const { variant, reason, unit, hash } = open.assign(subject)
        if (expose && reason === 'assigned' && isUnit(unit)) {
          const { id: test, epoch, seed } = open.test
          const { id } = variant!
          const key = Math.imul((hash ?? murmur3(unit!, seed)) ^ open.salt, factor)
          memory ??= exposureMemory()
          const last = memory.find(key)
          if (last?.unit !== unit || last!.variant !== id || last!.epoch !== epoch || last!.test !== test) {
            const exposure = { test, unit: unit!, variant: id, epoch }
            // What there is no room for is recorded when the unit is seen again.
            if (record(exposure)) memory.add(key, exposure)
          }
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
