import { describe, expect, it } from 'vitest'
import { findingsOf, judge, upperBound } from './guarantee.suite.ts'

// Few tests, so bounds are wide: a rule that lost its guarantee (43 % of peeked tests find a false winner) is far outside.
// `npm run simulate` shows the guarantee itself.
const short = { tests: 1_000, powerTests: 400, looks: [10, 50], power: 0.95, futility: null, seed: 11 }

describe('stopping rules on simulated tests', () => {
  for (const setting of [
    { arms: 2, rate: 0.1, runsPerUnit: 1 },
    { arms: 3, rate: 0.001, runsPerUnit: 1 },
    { arms: 2, rate: 0.02, runsPerUnit: 50 },
  ]) {
    const { arms, rate, runsPerUnit } = setting
    it(`keep their promises with ${arms} arms, a rate of ${rate} and up to ${runsPerUnit} runs per unit`, () => {
      const findings = findingsOf(setting, short)
      expect(findings).toHaveLength(4)
      for (const finding of findings) {
        const { falseWinners, relativePower, meanSample } = judge(finding)
        const isPlanned = finding.mode === 'planned_looks'
        // Three standard errors of 5 % are 2.1 %.
        expect(falseWinners).toBeLessThan(isPlanned ? 0.071 : 0.04)
        if (!isPlanned) continue
        expect(relativePower).toBeGreaterThan(0.95)
        expect(meanSample).toBeLessThan(0.75)
        if (arms === 2) expect(falseWinners).toBeGreaterThan(0.03)
      }
    })
  }

  it('are bounded as Clopper and Pearson say', () => {
    // No event in n tests: 1 − 0.005^(1/n).
    expect(upperBound(0, 100)).toBeCloseTo(1 - 0.005 ** (1 / 100), 9)
    expect(upperBound(100, 100)).toBe(1)
    expect(upperBound(50, 1_000)).toBeCloseTo(0.0705, 3)
  })
})
