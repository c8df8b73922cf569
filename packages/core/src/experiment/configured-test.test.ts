import { describe, expect, it } from 'vitest'
import { encodeSlots } from './assignment/slot-runs.ts'
import { createSlots } from './assignment/slots.ts'
import type { ConfiguredTest } from './configuration-schema.ts'
import { prepareTest } from './configured-test.ts'
import { compileTargeting } from './targeting/compile-targeting.ts'

const test: ConfiguredTest = {
  ...{ id: 'id', key: 'key', status: 'running', isKilled: false, prompt: null, label: 'production', unit: 'user' },
  ...{ epoch: 1, seed: 7, trafficPercentage: 100, slots: encodeSlots(createSlots([1, 1])) },
  variants: ['a', 'b'].map((name) => ({ id: `id-${name}`, name, payload: null, prompt: null })),
  ...{ targeting: null, layer: null, holdouts: [], forced: {}, bucketing: null },
}

const targeted = (source: string) => prepareTest({ ...test, targeting: compileTargeting(source).rule })

describe('a prepared test', () => {
  it('takes for the unit the attribute that it names, as text, and else what is given as the unit', () => {
    const assign = prepareTest(test)
    expect(assign({ unit: 'device', attributes: { user: 'ann' } }).unit).toBe('ann')
    expect(assign({ unit: 'device', attributes: { user: 42 } }).unit).toBe('42')
    for (const user of ['', null, {}]) expect(assign({ unit: 'device', attributes: { user } }).unit).toBe('device')
    expect(assign({ unit: '' })).toEqual({ variant: null, reason: 'no_unit', unit: null, hash: null })
  })

  it('targets by attributes, and by the unit wherever it was given', () => {
    const byPlan = targeted('plan == "pro"')
    expect(byPlan({ unit: 'ann', attributes: { plan: 'pro' } }).reason).toBe('assigned')
    expect(byPlan({ unit: 'ann' }).reason).toBe('not_targeted')
    const byUnit = targeted('plan == "pro" && user.startsWith("a")')
    expect(byUnit({ unit: 'ann', attributes: { plan: 'pro' } }).reason).toBe('assigned')
    expect(byUnit({ attributes: { user: 'ann', plan: 'pro' } }).reason).toBe('assigned')
    expect(byUnit({ unit: 'bob', attributes: { plan: 'pro' } }).reason).toBe('not_targeted')
  })

  it('gives forced units their variant, and nobody one while it is paused', () => {
    const forced = { ann: 1 }
    expect(prepareTest({ ...test, forced })({ unit: 'ann' })).toMatchObject({
      variant: { name: 'b' },
      reason: 'forced',
    })
    const paused = prepareTest({ ...test, forced, status: 'paused' })
    expect(paused({ unit: 'ann' })).toEqual({ variant: null, reason: 'paused', unit: 'ann', hash: null })
  })
})
