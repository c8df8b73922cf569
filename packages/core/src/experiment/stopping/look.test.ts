import { describe, expect, it } from 'vitest'
import { cpuClock } from '../../base/cpu-time.suite.ts'
import { decider, standingOf } from '../simulation/decide.ts'
import { randomSource } from '../simulation/random-source.ts'
import { simulatedArms } from '../simulation/trial.ts'
import { addUnit, noUnits } from '../statistics/unit-moments.ts'
import type { Evidence, Look } from './look.ts'
import { takeLook } from './look.ts'
import type { AlwaysValid, PlannedLooks, StoppingRule } from './rule.ts'

const everyRule = {
  alpha: 0.05,
  model: 'proportion',
  lowerIsBetter: false,
  effect: { relative: 0.1 },
  minimumUnits: 0,
  maximumLoss: null,
} as const
const planned: PlannedLooks = { ...everyRule, mode: 'planned_looks', horizon: 20_000, futility: null }
const alwaysValid: AlwaysValid = { ...everyRule, mode: 'always_valid' }
const rate = (units: number, share: number) => {
  const successes = Math.round(units * share)
  return addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes)
}
const seen = (units: number, ...shares: number[]): Evidence => ({ strata: [shares.map((share) => rate(units, share))] })
function lookOver(rule: StoppingRule, ...evidence: Evidence[]): Look[] {
  const history: Look[] = []
  for (const next of evidence) history.push(takeLook(rule, history, next))
  return history
}

describe('a look', () => {
  it('declares the arm that beats all others, whichever way is better', () => {
    for (const rule of [planned, alwaysValid]) {
      const evidence = seen(5_000, 0.3, 0.36, 0.3)
      expect(takeLook(rule, [], evidence)).toMatchObject({ decision: 'winner', winner: 1, reasons: [] })
      expect(takeLook({ ...rule, lowerIsBetter: true }, [], evidence)).toMatchObject({
        decision: 'continue',
        winner: null,
      })
      const mirrored = seen(5_000, 0.7, 0.64, 0.7)
      expect(takeLook({ ...rule, lowerIsBetter: true }, [], mirrored)).toMatchObject({ decision: 'winner', winner: 1 })
      // It beats one of two others only.
      expect(takeLook(rule, [], seen(5_000, 0.3, 0.36, 0.355))).toMatchObject({ decision: 'continue', winner: null })
    }
  })

  it('declares nobody who has nobody left to beat', () => {
    for (const rule of [planned, alwaysValid]) {
      for (const strata of [[[noUnits, noUnits]], seen(5_000, 0.3, 0.36).strata])
        expect(takeLook(rule, [], { strata, contenders: [1] })).toMatchObject({ decision: 'continue', winner: null })
    }
  })

  it('is the same to the byte from the same evidence, also when what was before was stored as JSON', () => {
    const steps = [0.1, 0.2, 0.2001, 0.5, 0.8, 1].map((share) => seen(Math.round(share * 10_000), 0.2, 0.207))
    for (const rule of [planned, alwaysValid]) {
      const looks = lookOver(rule, ...steps)
      const stored = looks.map((_, index) =>
        takeLook(rule, JSON.parse(JSON.stringify(looks.slice(0, index))), steps[index]!),
      )
      expect(JSON.stringify(stored)).toBe(JSON.stringify(looks))
      expect(JSON.parse(JSON.stringify(looks))).toEqual(looks)
    }
  })

  it('decides as the simulation does', () => {
    const looks = 8
    const effect = { relative: 0.4 }
    const rules: StoppingRule[] = [
      { ...planned, effect, horizon: 3 * looks * 300, futility: 0.2 },
      { ...alwaysValid, effect },
    ]
    const random = randomSource(4)
    const outcomes = rules.map((rule) => {
      const begin = decider(rule, 3, looks)
      return [0.1, 0.14].flatMap((best) => {
        const unitsPerLook = [300, 300, 300]
        const arms = simulatedArms({ rates: [0.1, 0.1, best], unitsPerLook, looks, runsPerUnit: 1, correlation: 0 })
        return Array.from({ length: 12 }, () => {
          arms.reset()
          const decide = begin()
          const history: Look[] = []
          for (let number = 1; number <= looks; number++) {
            arms.grow(random)
            const simulated = decide(standingOf(arms.moments), number)
            const look = takeLook(rule, history, { strata: [structuredClone(arms.moments)] })
            history.push(look)
            const isOver = number === looks && rule.mode === 'planned_looks'
            const decided = look.winner ?? (look.decision === 'futile' ? 'futile' : null)
            expect(decided).toBe(simulated ?? (isOver ? 'futile' : null))
            if (simulated !== null) return simulated
          }
          return null
        })
      })
    })
    // There was something to agree on.
    expect(outcomes[0]).toEqual(expect.arrayContaining([2, 'futile']))
    expect(outcomes[1]).toEqual(expect.arrayContaining([2, null]))
  })

  it('decides nothing before every arm expects twenty events, or a hundred units of a mean, and has its units', () => {
    for (const rule of [planned, alwaysValid]) {
      const few = takeLook(rule, [], seen(60, 0.01, 0.6))
      expect(few).toMatchObject({ decision: 'continue', reasons: ['too_few_events'] })
      expect(few.pairs[0]!.boundary ?? few.pairs[0]!.logEValues).toBeNull()
      expect(takeLook({ ...rule, model: 'mean' }, [], seen(90, 0.1, 0.9)).reasons).toEqual(['too_few_events'])
      expect(takeLook({ ...rule, minimumUnits: 6_000 }, [], seen(5_000, 0.3, 0.4)).reasons).toEqual(['too_few_units'])
    }
  })

  it('holds a winner back while the sample ratio is wrong or too much may be lost', () => {
    for (const rule of [planned, alwaysValid]) {
      const evidence = seen(5_000, 0.3, 0.36)
      const assigned = (observed: number[]) =>
        takeLook(rule, [], { ...evidence, assigned: [{ observed, weights: [1, 1] }] })
      expect(assigned([5_000, 5_000])).toMatchObject({ decision: 'winner' })
      expect(assigned([5_500, 5_000])).toMatchObject({ decision: 'continue', reasons: ['sample_ratio_mismatch'] })
      expect(takeLook({ ...rule, maximumLoss: 1e-30 }, [], evidence).reasons).toEqual(['expected_loss'])
      expect(takeLook({ ...rule, maximumLoss: 0.001 }, [], evidence).decision).toBe('winner')
    }
  })

  it('compares within epochs: a change of weights that meets a trend makes no winner', () => {
    const strata = [
      [rate(9_000, 0.1), rate(1_000, 0.1)],
      [rate(1_000, 0.3), rate(9_000, 0.3)],
    ]
    for (const rule of [planned, alwaysValid]) {
      const { decision, pairs } = takeLook(rule, [], { strata })
      expect(pairs[0]!.z).toBeCloseTo(0, 9)
      expect(decision).not.toBe('winner')
    }
  })

  it('leaves arms aside that are out of the race, at the level of all', () => {
    const evidence = { ...seen(5_000, 0.3, 0.36, 0.37), contenders: [0, 1] }
    const look = takeLook(alwaysValid, [], evidence)
    expect(look).toMatchObject({ decision: 'winner', winner: 1 })
    expect(look.logThreshold).toBeCloseTo(Math.log(60), 12)
  })

  it('refuses a rule that can’t be followed and arms that come and go', () => {
    expect(() => takeLook({ ...planned, alpha: 0 }, [], seen(10, 0.1, 0.2))).toThrow('alpha must lie between')
    expect(() => takeLook({ ...planned, horizon: 0 }, [], seen(10, 0.1, 0.2))).toThrow('horizon must be above 0')
    expect(() => takeLook({ ...planned, effect: { absolute: 0 } }, [], seen(10, 0.1, 0.2))).toThrow(
      'effect must be above',
    )
    expect(() => takeLook(planned, [], { strata: [[noUnits, noUnits], [noUnits]] })).toThrow('strata must have')
    expect(() => takeLook(planned, [], { strata: [] })).toThrow('strata must have')
  })
})

describe('planned looks', () => {
  const spent = (look: Look) => look.pairs[0]!.spent
  const boundary = (look: Look) => look.pairs[0]!.boundary

  it('have the published boundaries, at the level of an arm', () => {
    const looks = lookOver(planned, ...[0.2, 0.4, 0.6, 0.8, 1].map((share) => seen(share * 10_000, 0.3, 0.3)))
    for (const [index, published] of [4.8769, 3.357, 2.6803, 2.2898, 2.031].entries())
      expect(boundary(looks[index]!)).toBeCloseTo(published, 4)
    expect(spent(looks.at(-1)!)).toBeCloseTo(0.025, 12)
    expect(looks.at(-1)).toMatchObject({ fraction: 1, decision: 'futile', reasons: ['horizon_reached'] })
  })

  it('are not changed by a look that brings nothing new', () => {
    const before = lookOver(planned, seen(4_000, 0.3, 0.3), seen(7_000, 0.3, 0.3))
    const twice = takeLook(planned, before, seen(7_000, 0.3, 0.34))
    expect(twice).toMatchObject({ decision: 'continue', winner: null, reasons: ['nothing_to_spend'] })
    expect(spent(twice)).toBe(spent(before[1]!))
    const [next, nextOfBoth] = [before, [...before, twice]].map((history) =>
      takeLook(planned, history, seen(9_000, 0.3, 0.31)),
    )
    expect(nextOfBoth!.pairs).toEqual(next!.pairs)
  })

  it('end at the horizon: the first look there spends all, and none after it decides', () => {
    const beyond = lookOver(planned, seen(4_000, 0.3, 0.3), seen(13_000, 0.3, 0.3), seen(20_000, 0.3, 0.4))
    expect(spent(beyond[1]!)).toBeCloseTo(0.025, 12)
    expect(beyond[2]).toMatchObject({ decision: 'futile', winner: null, reasons: ['past_horizon'] })
  })

  it('follow the information of a pair, which a change of weights makes another one than the share of units', () => {
    const first = [rate(9_000, 0.3), rate(1_000, 0.3)]
    const [, uneven] = lookOver(
      planned,
      { strata: [first] },
      {
        strata: [
          [rate(9_000, 0.3), rate(1_000, 0.3)],
          [rate(4_000, 0.3), rate(4_000, 0.3)],
        ],
      },
    )
    const [, even] = lookOver(planned, seen(5_000, 0.3, 0.3), seen(9_000, 0.3, 0.3))
    expect(uneven!.fraction).toBe(even!.fraction)
    // The looks are less alike, so they need more.
    expect(boundary(uneven!)).toBeGreaterThan(boundary(even!)!)
  })

  it('are futile when no arm is likely to win any more', () => {
    const rule = { ...planned, futility: 0.05 }
    const early = takeLook(rule, [], seen(4_000, 0.3, 0.3))
    const late = takeLook(rule, [], seen(8_000, 0.3, 0.3))
    expect(early).toMatchObject({ decision: 'continue' })
    expect(late).toMatchObject({ decision: 'futile', reasons: ['improbable'] })
    expect(late.conditionalPower!.every((power) => power < 0.05)).toBe(true)
    expect(takeLook(rule, [], seen(8_000, 0.3, 0.31)).decision).toBe('continue')
  })

  it('may be a thousand, in about a second', () => {
    const elapsed = cpuClock()
    const history: Look[] = []
    for (let look = 1; look <= 1_000; look++) history.push(takeLook(planned, history, seen(look * 10, 0.3, 0.3)))
    expect(elapsed()).toBeLessThan(2_000)
    expect(spent(history.at(-1)!)).toBeCloseTo(0.025, 9)
  })
})

describe('always valid looks', () => {
  it('keep the mixture of the first look that could decide', () => {
    const looks = lookOver(alwaysValid, seen(20, 0.3, 0.3), seen(500, 0.3, 0.34), seen(5_000, 0.4, 0.41))
    expect(looks[0]!.precision).toBeNull()
    expect(looks[1]!.precision).toBeGreaterThan(0)
    expect(looks[2]!.precision).toBe(looks[1]!.precision)
  })

  it('do not depend on how often it was looked', () => {
    const [first, last] = [seen(500, 0.3, 0.34), seen(5_000, 0.3, 0.31)]
    const few = lookOver(alwaysValid, first, last)
    const many = lookOver(alwaysValid, first, seen(900, 0.3, 0.33), seen(900, 0.3, 0.33), last)
    expect(many.at(-1)!.pairs).toEqual(few.at(-1)!.pairs)
  })
})
