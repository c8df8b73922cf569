import { describe, expect, it } from 'vitest'
import { addUnit, noUnits } from '../statistics/unit-moments.ts'
import type { ArmEvidence } from './arm-evidence.ts'
import { logNormalPosteriors } from './log-normal.ts'
import { randomValues } from './random-values.suite.ts'

const arm = (units: number, zeros: number, meanLog: number, squares: number): ArmEvidence => ({
  moments: { ...noUnits, units: units + zeros, meanN: 1, meanX: Math.exp(meanLog) },
  positive: { units, meanLog, squares },
})

const posteriorOf = (evidence: ArmEvidence) => {
  const { posterior } = logNormalPosteriors([[evidence]])[0]!
  return posterior as { kind: 'log_normal'; meanLog: number; sdLog: number }
}

describe('the mean of a hurdle and a log-normal distribution', () => {
  it('has the posterior that draws from the joint one have: moments within 4 standard errors, ends within 0.15 sd', () => {
    const random = randomValues(7)
    for (const [units, zeros, squares] of [
      [60, 20, 60],
      [400, 5, 900],
      [40, 3, 10],
    ] as const) {
      const draws = Float64Array.from({ length: 20_000 }, () => {
        const spread = squares / (2 * random.gamma((units - 1) / 2))
        const mean = 1.5 + random.normal() * Math.sqrt(spread / units)
        return Math.log(random.beta(units + 0.5, zeros + 0.5)) + mean + spread / 2
      }).sort()
      const { meanLog, sdLog } = posteriorOf(arm(units, zeros, 1.5, squares))
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
      const sd = Math.sqrt(draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length)
      expect(Math.abs(mean - meanLog)).toBeLessThan((4 * sd) / Math.sqrt(draws.length))
      expect(Math.abs(sd / sdLog - 1)).toBeLessThan(4 * Math.sqrt(1 / draws.length))
      expect(Math.abs(draws[500]! - (meanLog - 1.96 * sdLog))).toBeLessThan(0.15 * sdLog)
      expect(Math.abs(draws[19_500]! - (meanLog + 1.96 * sdLog))).toBeLessThan(0.15 * sdLog)
    }
  })

  it('is that of the population where there are many units', () => {
    const random = randomValues(11)
    const logs = Array.from({ length: 20_000 }, () => 2 + 0.8 * random.normal())
    const meanLog = logs.reduce((sum, one) => sum + one, 0) / logs.length
    const squares = logs.reduce((sum, one) => sum + (one - meanLog) ** 2, 0)
    const { meanLog: mean, sdLog } = posteriorOf(arm(20_000, 5_000, meanLog, squares))
    expect(Math.abs(mean - (Math.log(0.8) + 2 + 0.32)) / sdLog).toBeLessThan(3)
    // By the delta method, of a variance that is seen to 1 %.
    expect(sdLog / Math.sqrt(0.25 / 25_000 + 0.64 / 20_000 + 0.64 ** 2 / 40_000)).toBeCloseTo(1, 1)
  })

  it('knows no hurdle where no unit shows zero, and pools the logarithms of strata', () => {
    const [first, second] = [arm(50, 0, 1, 20), arm(150, 0, 3, 50)]
    expect(posteriorOf(first).meanLog).toBeCloseTo(1 + 20 / 47 / 2, 12)
    const pooled = logNormalPosteriors([[first], [second]])[0]!.posterior as { meanLog: number; sdLog: number }
    expect(pooled.meanLog).toBeCloseTo(posteriorOf(first).meanLog / 4 + (posteriorOf(second).meanLog * 3) / 4, 12)
    expect(pooled.sdLog).toBeCloseTo(Math.hypot(posteriorOf(first).sdLog / 4, (posteriorOf(second).sdLog * 3) / 4), 12)
  })

  it('says why it is none', () => {
    expect(logNormalPosteriors([[arm(5, 9, 1, 3)]])[0]!.reason).toBe('too_few_units')
    expect(logNormalPosteriors([[{ moments: addUnit(noUnits, { n: 1, x: 1 }) }]])[0]!.reason).toBe('too_few_units')
    expect(logNormalPosteriors([[arm(50, 0, 1, 0)]])[0]!.reason).toBe('no_variance')
    expect(logNormalPosteriors([])).toEqual([])
  })
})
