import { describe, expect, it } from 'vitest'
import { addUnit, noUnits } from '../statistics/unit-moments.ts'
import type { GuardrailRule } from './guardrail.ts'
import { takeGuardrailLook } from './guardrail.ts'

const rule: GuardrailRule = {
  alpha: 0.05,
  model: 'proportion',
  lowerIsBetter: false,
  margin: 0.02,
  effect: 0.1,
  control: 0,
}
const rate = (share: number, units = 10_000) => {
  const successes = Math.round(units * share)
  return addUnit(addUnit(noUnits, { n: 1, x: 1 }, successes), { n: 1, x: 0 }, units - successes)
}
const decisions = (changed: Partial<GuardrailRule>, ...shares: number[]) =>
  takeGuardrailLook({ ...rule, ...changed }, [], [shares.map((share) => rate(share))]).arms.map(
    ({ decision }) => decision,
  )

describe('a guardrail', () => {
  it('calls an arm harmful that is worse than the control by more than the margin', () => {
    expect(decisions({}, 0.5, 0.49, 0.45)).toEqual(['continue', 'harmful'])
    expect(decisions({ margin: 0.12 }, 0.5, 0.49, 0.45)).toEqual(['continue', 'continue'])
    expect(decisions({}, 0.5, 0.6, 0.5)).toEqual(['continue', 'continue'])
  })

  it('turns round where lower is better, and with another control', () => {
    expect(decisions({ lowerIsBetter: true }, 0.5, 0.55, 0.45)).toEqual(['harmful', 'continue'])
    expect(decisions({ control: 2 }, 0.5, 0.45, 0.5)).toEqual(['continue', 'harmful'])
  })

  it('is held up by no arm of which nothing is known, such as one without weight', () => {
    for (const unknown of [noUnits, rate(0.5, 4)]) {
      const { arms } = takeGuardrailLook(rule, [], [[rate(0.5), unknown, rate(0.4)]])
      expect(arms.map(({ decision }) => decision)).toEqual(['continue', 'harmful'])
    }
  })

  it('says nothing of few events, and keeps the mixture of the first look that could', () => {
    const first = takeGuardrailLook(rule, [], [[rate(0.9, 25), rate(0.3, 25)]])
    expect(first).toMatchObject({ look: 1, precision: null, arms: [{ decision: 'continue', logEValue: null }] })
    const second = takeGuardrailLook(rule, [first], [[rate(0.5, 1_000), rate(0.5, 1_000)]])
    const third = takeGuardrailLook(rule, [first, second], [[rate(0.3), rate(0.3)]])
    expect(third.look).toBe(3)
    expect(third.precision).toBe(second.precision)
    expect(JSON.parse(JSON.stringify(third))).toEqual(third)
  })
})
