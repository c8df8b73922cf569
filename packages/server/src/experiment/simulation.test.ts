import { describe, expect, it } from 'vitest'
import { simulateRule } from './simulation.ts'

const rule = {
  ...{ alpha: 0.05, model: 'proportion' as const, lowerIsBetter: false, effect: { relative: 0.1 } },
  ...{ minimumUnits: 100, maximumLoss: null },
}
const planned = { mode: 'planned_looks' as const, ...rule, horizon: 8_000, futility: null }
const success = { name: 'success', model: 'proportion' as const }
const request = { baseline: 0.2, looks: 8, runsPerUnit: 1, correlation: 0.3, tests: 400, seed: 7 }

describe('a simulated rule', () => {
  it('finds the better one about as often as one look at the end, with fewer units, and hardly ever a wrong one', async () => {
    const result = await simulateRule(planned, success, [50, 50], { ...request, effect: { relative: 0.2 } })
    expect(result.units).toBe(8_000)
    expect(result.alike.rule.falseWinners).toBeLessThan(0.09)
    expect(result.better.rule.trueWinners).toBeGreaterThan(0.95 * result.better.oneLook.trueWinners)
    expect(result.better.rule.units).toBeLessThan(0.85 * result.better.oneLook.units)
    expect(await simulateRule(planned, success, [50, 50], { ...request, effect: { relative: 0.2 } })).toEqual(result)
  })

  it('lets others have their turn', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await simulateRule(planned, success, [60, 40, 0], request)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })

  it('asks for what it can’t know', async () => {
    const always = { mode: 'always_valid' as const, ...rule }
    await expect(simulateRule(always, success, [1, 1], request)).rejects.toThrow('/units must be given')
    const tooMuch = { ...request, units: 1_000, effect: { relative: 9 } }
    await expect(simulateRule(always, success, [1, 1], tooMuch)).rejects.toThrow(
      '/effect must leave a mean above 0 and below 1',
    )
  })

  it.each([
    ['share of failures', { model: 'proportion', rule: 'proportion', lowerIsBetter: true, baseline: 0.3 }],
    ['count of events', { model: 'count', rule: 'count', lowerIsBetter: false, baseline: 0.25 }],
    ['mean', { model: 'mean', rule: 'mean', lowerIsBetter: false, baseline: -10, sd: 20 }],
    ['cost', { model: 'log_normal', rule: 'mean', lowerIsBetter: true, baseline: 0.02, sd: 0.04 }],
  ] as const)('is of the primary metric, such as a %s, with several runs per unit or one', async (_, metric) => {
    const { lowerIsBetter, baseline, model } = metric
    const own = { ...planned, model: metric.rule, lowerIsBetter, futility: null, effect: { relative: 0.2 } }
    const sd = 'sd' in metric ? { sd: metric.sd } : {}
    for (const runsPerUnit of [1, 3]) {
      const asked = { ...request, baseline, ...sd, runsPerUnit, tests: 200, units: 6_000, effect: { relative: 0.2 } }
      const { alike, better } = await simulateRule(own, { name: 'm', model }, [50, 50], asked)
      expect(alike.rule.falseWinners).toBeLessThan(0.11)
      expect(better.oneLook.trueWinners).toBeGreaterThan(0.7)
      expect(better.rule.trueWinners).toBeGreaterThan(0.93 * better.oneLook.trueWinners)
      expect(better.rule.falseWinners + better.oneLook.falseWinners).toBe(0)
    }
  })

  it('says what its metric lacks, or can’t have', async () => {
    const cost = { name: 'cost_usd', model: 'log_normal' as const }
    await expect(simulateRule(planned, cost, [1, 1], request)).rejects.toThrow('/sd must be given')
    const given = { ...request, sd: 1 }
    await expect(simulateRule(planned, success, [1, 1], given)).rejects.toThrow('/sd must be left out')
    const half = { ...request, baseline: 1.5 }
    await expect(simulateRule(planned, success, [1, 1], half)).rejects.toThrow('/baseline must leave a mean')
    const endless = { ...given, units: 10_000_000 }
    await expect(simulateRule(planned, cost, [1, 1], endless)).rejects.toThrow('/units must not make up more than')
  })
})
