import { describe, expect, it } from 'vitest'
import { simulateRule } from './simulation.ts'

const rule = {
  ...{ alpha: 0.05, model: 'mean' as const, lowerIsBetter: true, effect: { relative: 0.1 } },
  ...{ minimumUnits: 100, maximumLoss: null },
}
const planned = { mode: 'planned_looks' as const, ...rule, horizon: 8_000, futility: null }
const request = { baseline: 0.2, looks: 8, runsPerUnit: 1, correlation: 0.3, tests: 400, seed: 7 }

describe('a simulated rule', () => {
  it('finds the better one about as often as one look at the end, with fewer units, and hardly ever a wrong one', async () => {
    const result = await simulateRule(planned, [50, 50], { ...request, effect: { relative: 0.2 } })
    expect(result.units).toBe(8_000)
    expect(result.alike.rule.falseWinners).toBeLessThan(0.09)
    expect(result.better.rule.trueWinners).toBeGreaterThan(0.95 * result.better.oneLook.trueWinners)
    expect(result.better.rule.units).toBeLessThan(0.85 * result.better.oneLook.units)
    expect(await simulateRule(planned, [50, 50], { ...request, effect: { relative: 0.2 } })).toEqual(result)
  })

  it('lets others have their turn', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await simulateRule(planned, [60, 40, 0], request)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })

  it('asks for what it can’t know', async () => {
    const always = { mode: 'always_valid' as const, ...rule }
    await expect(simulateRule(always, [1, 1], request)).rejects.toThrow('/units must be given')
    const tooMuch = { ...request, units: 1_000, effect: { relative: 9 } }
    await expect(simulateRule(always, [1, 1], tooMuch)).rejects.toThrow('/effect must leave a rate below 1')
  })
})
