import { describe, expect, it } from 'vitest'
import { addToSketch, createSketch } from '../../analytics/index.ts'
import { addUnit, noUnits } from '../statistics/unit-moments.ts'
import type { ArmEvidence } from './arm-evidence.ts'
import { quantilePosteriors } from './quantile.ts'
import { randomValues } from './random-values.suite.ts'

/** Of units with their observations. */
function evidenceOf(units: readonly (readonly number[])[]): ArmEvidence {
  const values = units.flat()
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const sketch = createSketch()
  for (const value of values) addToSketch(sketch, value)
  let moments = noUnits
  for (const unit of units)
    moments = addUnit(moments, { n: unit.length, x: unit.reduce((sum, value) => sum + value, 0) })
  return { moments, sketch, observedSquares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) }
}

/** How often the central 95 % of the posterior hold the true logarithm. */
function coverage(runs: number, truth: number, quantile: number, draw: () => readonly (readonly number[])[]): number {
  let held = 0
  for (let run = 0; run < runs; run++) {
    const posterior = quantilePosteriors([[evidenceOf(draw())]], quantile)[0]!.posterior!
    const { meanLog, sdLog } = posterior as { kind: 'log_normal'; meanLog: number; sdLog: number }
    if (Math.abs(truth - meanLog) < 1.959964 * sdLog) held++
  }
  return held / runs
}

describe('a quantile', () => {
  it.each([
    [0.5, 6],
    [0.95, 6 + 0.7 * 1.6448536],
  ])('of %d lies in its interval of level 0.95 in 0.95 ± 0.015 of samples', (quantile, truth) => {
    const random = randomValues(3)
    const draw = () => Array.from({ length: 500 }, () => [Math.exp(6 + 0.7 * random.normal())])
    expect(Math.abs(coverage(1_000, truth, quantile, draw) - 0.95)).toBeLessThan(0.015)
  })

  it('lies in it rather more often where units repeat themselves, for the design effect', () => {
    const random = randomValues(5)
    const repeated = () =>
      Array.from({ length: 150 }, () => {
        const own = 0.4 * random.normal()
        return Array.from({ length: 8 }, () => Math.exp(6 + own + 0.4 * random.normal()))
      })
    const truth = 6 + 1.6448536 * Math.hypot(0.4, 0.4)
    expect(coverage(400, truth, 0.95, repeated)).toBeGreaterThan(0.935)
    const one = evidenceOf(repeated())
    const naive = { ...one, observedSquares: undefined }
    const width = (arm: ArmEvidence) => (quantilePosteriors([[arm]], 0.95)[0]!.posterior as { sdLog: number }).sdLog
    expect(width(one)).toBeGreaterThan(1.4 * width(naive))
  })

  it('is weighted over strata as their units are, and is of values themselves where these may be negative', () => {
    const random = randomValues(9)
    const low = evidenceOf(Array.from({ length: 400 }, () => [random.normal()]))
    const high = evidenceOf(Array.from({ length: 400 }, () => [100 + random.normal()]))
    const posterior = quantilePosteriors([[low], [high]], 0.25)[0]!.posterior as { kind: string; mean: number }
    expect(posterior.kind).toBe('normal')
    // The median of the lower stratum.
    expect(Math.abs(posterior.mean)).toBeLessThan(0.2)
  })

  it('says why it has no posterior', () => {
    const few = evidenceOf(Array.from({ length: 50 }, (_, at) => [at + 1]))
    expect(quantilePosteriors([[few]], 0.95)[0]!.reason).toBe('too_few_observations')
    expect(quantilePosteriors([[few]], 0.5)[0]!.posterior).not.toBeNull()
    expect(quantilePosteriors([[{ moments: noUnits }]], 0.5)[0]!.reason).toBe('too_few_units')
    const same = evidenceOf(Array.from({ length: 50 }, () => [0]))
    expect(quantilePosteriors([[same]], 0.5)[0]!.reason).toBe('no_variance')
  })
})
