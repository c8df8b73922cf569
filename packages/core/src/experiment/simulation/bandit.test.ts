import { expect, it } from 'vitest'
import { betaPosterior } from '../statistics/posterior.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import { addUnit, noUnits } from '../statistics/unit-moments.ts'
import type { Look } from '../stopping/look.ts'
import { takeLook } from '../stopping/look.ts'
import type { AlwaysValid } from '../stopping/rule.ts'
import { thompsonWeights } from '../stopping/thompson.ts'
import type { RandomSource } from './random-source.ts'
import { randomSource } from './random-source.ts'

const rule: AlwaysValid = {
  mode: 'always_valid',
  alpha: 0.05,
  model: 'proportion',
  lowerIsBetter: false,
  effect: { relative: 0.3 },
  minimumUnits: 0,
  maximumLoss: null,
}

/** Ten epochs of 600 units, whose weights are a bandit's and whose rate rises from one to the next. */
function winnerOfBandit(advantage: readonly number[], random: RandomSource): number | null {
  const strata: UnitMoments[][] = []
  const history: Look[] = []
  for (let epoch = 0; epoch < 10; epoch++) {
    const weights = thompsonWeights(
      advantage.map((_, arm) => posteriorOf(strata, arm)),
      { floor: 0.05 },
    )
    strata.push(
      weights.map((weight, arm) => unitsOf(Math.round(600 * weight), (0.05 + 0.03 * epoch) * advantage[arm]!, random)),
    )
    const look = takeLook(rule, history, { strata })
    history.push(look)
    if (look.winner !== null) return look.winner
  }
  return null
}

function posteriorOf(strata: readonly UnitMoments[][], arm: number) {
  const trials = strata.reduce((sum, stratum) => sum + stratum[arm]!.units, 0)
  const successes = strata.reduce((sum, stratum) => sum + stratum[arm]!.units * stratum[arm]!.meanX, 0)
  return betaPosterior({ successes: Math.round(successes), trials })
}

function unitsOf(units: number, rate: number, random: RandomSource): UnitMoments {
  let successes = 0
  for (let unit = 0; unit < units; unit++) successes += random() < rate * 2 ** 32 ? 1 : 0
  return addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes)
}

it('a bandit whose weights follow what it sees, over a trend, finds few false winners and many true ones', () => {
  const random = randomSource(21)
  const winners = (advantage: readonly number[], tests: number) =>
    Array.from({ length: tests }, () => winnerOfBandit(advantage, random))
  const alike = winners([1, 1, 1], 80).filter((winner) => winner !== null)
  expect(alike.length).toBeLessThanOrEqual(4)
  const better = winners([1, 1, 1.5], 20)
  expect(better.filter((winner) => winner === 2).length).toBeGreaterThan(8)
})
