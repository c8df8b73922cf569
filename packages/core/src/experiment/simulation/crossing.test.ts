import { expect, it } from 'vitest'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import { addUnit, noUnits } from '../statistics/unit-moments.ts'
import { takeLook } from '../stopping/look.ts'
import type { AlwaysValid } from '../stopping/rule.ts'
import type { RandomSource } from './random-source.ts'
import { randomSource } from './random-source.ts'

const rule: AlwaysValid = {
  mode: 'always_valid',
  alpha: 0.05,
  model: 'proportion',
  lowerIsBetter: false,
  effect: { relative: 0.1 },
  minimumUnits: 0,
  maximumLoss: null,
}

/**
 * Two variants that are alike, whose weights go from 1:1 to 1:3. Every other unit comes back, and succeeds more often; half of
 * those that come back to the first variant are shown the second one then. Strata with them, by what they saw first, and
 * without them.
 */
function reweighted(random: RandomSource): { withThem: UnitMoments[]; withoutThem: UnitMoments[] } {
  const withThem = [noUnits, noUnits]
  const withoutThem = [noUnits, noUnits]
  for (let unit = 0; unit < 2_000; unit++) {
    const arm = unit % 2
    const returns = unit % 4 < 2
    const succeeds = random() < (returns ? 0.7 : 0.3) * 2 ** 32
    const crosses = arm === 0 && returns && unit % 8 < 4
    const seen = { n: 1, x: succeeds ? 1 : 0 }
    withThem[arm] = addUnit(withThem[arm]!, seen)
    if (!crosses) withoutThem[arm] = addUnit(withoutThem[arm]!, seen)
  }
  return { withThem, withoutThem }
}

it('finds no winner where variants are alike and only who comes back differs, but would without those who crossed', () => {
  const random = randomSource(7)
  const trials = Array.from({ length: 60 }, () => reweighted(random))
  const winners = (strata: (trial: (typeof trials)[number]) => UnitMoments[]) =>
    trials.filter((trial) => takeLook(rule, [], { strata: [strata(trial)] }).winner !== null).length
  expect(winners(({ withThem }) => withThem)).toBeLessThanOrEqual(3)
  expect(winners(({ withoutThem }) => withoutThem)).toBeGreaterThan(20)
})
