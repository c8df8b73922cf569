import { describe, expect, it } from 'vitest'
import { stratifiedEstimates } from './stratified-estimate.ts'
import type { UnitMoments } from './unit-moments.ts'
import { addUnit, noUnits, ratioEstimate } from './unit-moments.ts'

/** Units with one observation each, of which some succeed. */
const shares = (successes: number, units: number): UnitMoments =>
  addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes)

describe('estimates over strata', () => {
  it('are those of the arms where there is one stratum', () => {
    const arms = [shares(10, 50), shares(20, 60)]
    expect(stratifiedEstimates([arms])).toEqual(
      arms.map((arm) => ({ ...ratioEstimate(arm), units: arm.units, degreesOfFreedom: arm.units - 1 })),
    )
  })

  it('take no change between epochs for a difference between arms that are alike in each', () => {
    // Few of A, and more of them when rates were high: pooled, A would seem to win by far.
    const strata = [
      [shares(450, 900), shares(50, 100)],
      [shares(10, 100), shares(90, 900)],
    ]
    const [a, b] = stratifiedEstimates(strata)!
    expect(a!.value).toBeCloseTo(0.3, 12)
    expect(b!.value).toBeCloseTo(0.3, 12)
    const [first, second] = [ratioEstimate(strata[0]![0]!), ratioEstimate(strata[1]![0]!)]
    expect(a!.variance).toBeCloseTo(first.variance / 4 + second.variance / 4, 15)
    expect(a!.units).toBe(1_000)
  })

  it('leave out strata in which an arm has less than two units, and are null where none is left', () => {
    const strata = [
      [shares(10, 50), shares(20, 60)],
      [shares(900, 900), shares(1, 1)],
      [shares(900, 900), noUnits],
    ]
    expect(stratifiedEstimates(strata)).toEqual(stratifiedEstimates(strata.slice(0, 1)))
    expect(stratifiedEstimates(strata.slice(1))).toBeNull()
    expect(stratifiedEstimates([])).toBeNull()
  })

  it('know their variance as well as Satterthwaite says: as all strata together where these are alike', () => {
    const arms = [shares(10, 50), shares(10, 50)]
    expect(stratifiedEstimates([arms, arms])![0]!.degreesOfFreedom).toBeCloseTo(98, 9)
    const lopsided = [arms, [shares(1, 2), shares(1, 2)]]
    expect(stratifiedEstimates(lopsided)![0]!.degreesOfFreedom).toBeLessThan(51)
  })
})
