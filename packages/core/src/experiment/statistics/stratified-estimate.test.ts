import { describe, expect, it } from 'vitest'
import { stratifiedEstimates } from './stratified-estimate.ts'
import { addUnit, noUnits, ratioEstimate } from './unit-moments.ts'

const rate = (units: number, successes: number) =>
  addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes)

describe('estimates over epochs', () => {
  it('are the plain ones in one epoch', () => {
    const arms = [rate(100, 20), rate(300, 90)]
    expect(stratifiedEstimates([arms], [0, 1])).toEqual(arms.map(ratioEstimate))
  })

  it('see no difference where a change of weights met a trend (Simpson’s paradox)', () => {
    // 10 % and then 30 %, in both arms; the second arm got most units of the second epoch.
    const strata = [
      [rate(900, 90), rate(100, 10)],
      [rate(100, 30), rate(900, 270)],
    ]
    const [first, second] = stratifiedEstimates(strata, [0, 1])!
    expect(first!.value).toBeCloseTo(0.2, 12)
    expect(second!.value).toBeCloseTo(0.2, 12)
    // Half of each epoch's, so a quarter of each variance.
    const variance = (units: number, successes: number) => ratioEstimate(rate(units, successes)).variance / 4
    expect(first!.variance).toBeCloseTo(variance(900, 90) + variance(100, 30), 12)
  })

  it('leave epochs aside in which an arm has less than two units, and are none without any other', () => {
    const strata = [
      [rate(50, 10), rate(50, 20), noUnits],
      [rate(80, 8), rate(1, 1), rate(80, 8)],
    ]
    expect(stratifiedEstimates(strata, [0, 1])).toEqual(strata[0]!.slice(0, 2).map(ratioEstimate))
    expect(stratifiedEstimates(strata, [0, 2])).toEqual([strata[1]![0]!, strata[1]![2]!].map(ratioEstimate))
    expect(stratifiedEstimates(strata, [0, 1, 2])).toBeNull()
    expect(stratifiedEstimates([], [0, 1])).toBeNull()
  })
})
