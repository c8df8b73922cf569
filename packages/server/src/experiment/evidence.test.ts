import type { UnitMoments } from '@fairlead/core/experiment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

const metrics = [
  { name: 'success', model: 'proportion' as const, role: 'primary' as const },
  { name: 'seconds', model: 'mean' as const, lowerIsBetter: true },
  { name: 'cost', model: 'log_normal' as const, lowerIsBetter: true },
  { name: 'latency', model: 'quantile' as const, lowerIsBetter: true },
]

describe.each(backends)('the evidence of a test on %s', (kind) => {
  let plane: ExperimentServer

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  const newTest = async () => {
    const body = { name: plane.acme.name(), metrics, variants: [{ name: 'a' }, { name: 'b' }] }
    const { id } = await plane.ask('createAbTest', { body })
    return plane.ask('startAbTest', { params: { id } })
  }
  const record = (body: object) => plane.ask('recordAbTestEvents', { body })
  const results = async (id: string) => {
    const { asOf: _, ...rest } = await plane.ask('getAbTestResults', { params: { id } })
    return rest
  }
  let count = 0
  const observation = (test: string, unit: string, metric: string, value: number) => ({
    id: `o${++count}`,
    test,
    unit,
    metric,
    value,
  })

  it('counts an exposure and an observation once, however often they are told', async () => {
    const { id, key } = await newTest()
    const exposures = [
      { test: id, unit: 'u1', variant: 'a' },
      { test: key, unit: 'u2', variant: 'b', epoch: 1 },
    ]
    const observations = [observation(id, 'u1', 'success', 1), observation(key, 'u2', 'success', 0)]
    expect(await record({ exposures, observations })).toEqual({
      exposures: { recorded: 2, repeated: 0 },
      observations: { recorded: 2, repeated: 0 },
      leftAside: [],
      leftAsideCount: 0,
    })
    const before = await results(id)
    expect(await record({ exposures, observations: [...observations, observations[0]] })).toMatchObject({
      exposures: { recorded: 0, repeated: 2 },
      observations: { recorded: 0, repeated: 3 },
    })
    expect(await results(id)).toEqual(before)
    expect(before.metrics[0]!.variants).toMatchObject([{ units: 1, observations: 1 }, { units: 1 }])
  })

  it('leaves aside what it can make nothing of, with the reason, and takes the rest', async () => {
    const { id } = await newTest()
    const answer = await record({
      exposures: [
        { test: 'nope', unit: 'u', variant: 'a' },
        { test: id, unit: 'u', variant: 'c' },
        { test: id, unit: 'u', variant: 'a', epoch: 2 ** 31 },
        { test: id, unit: 'u', variant: 'a' },
      ],
      observations: [
        observation(id, 'u', 'nope', 1),
        observation(id, 'stranger', 'success', 1),
        observation(id, 'u', 'success', 0.5),
        observation(id, 'u', 'cost', -1),
        observation(id, 'u', 'seconds', -1),
      ],
    })
    expect(answer).toMatchObject({ exposures: { recorded: 1 }, observations: { recorded: 1 }, leftAsideCount: 7 })
    expect(answer.leftAside.map(({ pointer, reason }) => `${pointer} ${reason}`)).toEqual([
      '/exposures/0 unknown_test',
      '/exposures/1 unknown_variant',
      '/exposures/2 unknown_epoch',
      '/observations/0 unknown_metric',
      '/observations/1 not_exposed',
      '/observations/2 invalid_value',
      '/observations/3 invalid_value',
    ])
  })

  it('is the same to the last digit in whatever order and pieces it comes', async () => {
    const [one, other] = [await newTest(), await newTest()]
    const units = Array.from({ length: 30 }, (_, index) => ({
      unit: `u${index}`,
      variant: index % 3 === 0 ? 'a' : 'b',
    }))
    const values = units.flatMap(({ unit }, index) =>
      Array.from({ length: 1 + (index % 4) }, (_, run) => ({ unit, run, value: 0.1 * index + 0.7 ** run })),
    )
    const send = async (test: string, piece: number, turn: (list: typeof values) => typeof values) => {
      await record({ exposures: units.map((exposure) => ({ test, ...exposure })) })
      const list = turn(values).flatMap(({ unit, run, value }) => [
        { id: `${unit}-${run}`, test, unit, metric: 'seconds', value },
        { id: `${unit}-${run}`, test, unit, metric: 'cost', value: run === 0 ? 0 : value },
        { id: `${unit}-${run}`, test, unit, metric: 'latency', value },
        { id: `${unit}-${run}`, test, unit, metric: 'success', value: run % 2 },
      ])
      for (let at = 0; at < list.length; at += piece) await record({ observations: list.slice(at, at + piece) })
    }
    await send(one.id, 1_000, (list) => list)
    await send(other.id, 7, (list) => list.toReversed())
    const shown = async ({ id, variants }: typeof one) => {
      const text = JSON.stringify((await results(id)).metrics)
      return variants.reduce((rest, variant, at) => rest.replaceAll(variant.id, `variant ${at}`), text)
    }
    expect(await shown(other)).toBe(await shown(one))
  })

  it('is without the units that were shown two variants, as if they had never been', async () => {
    const [mixed, clean] = [await newTest(), await newTest()]
    const tell = async (test: string, units: readonly string[]) => {
      await record({
        exposures: units.map((unit) => ({ test, unit, variant: 'a' })),
        observations: units.flatMap((unit, index) => [
          { id: `${unit}1`, test, unit, metric: 'seconds', value: 1.1 * index },
          { id: `${unit}2`, test, unit, metric: 'seconds', value: 0.3 },
          { id: `${unit}1`, test, unit, metric: 'cost', value: 0.1 * index },
          { id: `${unit}1`, test, unit, metric: 'latency', value: 10 * index },
        ]),
      })
    }
    await tell(clean.id, ['u0', 'u1', 'u2'])
    await tell(mixed.id, ['u0', 'u1', 'u2', 'both'])
    await record({ exposures: [{ test: mixed.id, unit: 'both', variant: 'b' }] })
    // Also what is seen of it later.
    await record({ observations: [observation(mixed.id, 'both', 'seconds', 99)] })
    const ofA = async (id: string) =>
      (await results(id)).metrics.map(({ variants }) => ({ ...variants[0], variantId: '', lift: null }))
    expect(await ofA(mixed.id)).toEqual(await ofA(clean.id))
    expect((await results(mixed.id)).units).toMatchObject([
      { units: 3, excluded: 1 },
      { units: 0, excluded: 0 },
    ])
    const { data } = await plane.ask('listAbTestAssignments', { params: { id: mixed.id }, query: { unit: 'both' } })
    expect(data).toMatchObject([{ unit: 'both', isExcluded: true, epoch: 1 }])
  })

  it('judges by their first variant the units that other weights have brought to another', async () => {
    const { id, variants } = await newTest()
    const shown = (units: readonly string[], variant: string) =>
      record({ exposures: units.map((unit) => ({ test: id, unit, variant })) })
    const see = (unit: string, value: number) => record({ observations: [observation(id, unit, 'success', value)] })
    await shown(['back', 'stays', 'both'], 'a')
    await shown(['other'], 'b')
    for (const unit of ['back', 'stays', 'both']) await see(unit, 1)
    await see('other', 0)
    await plane.ask('updateAbTest', { params: { id }, ifMatch: '"2"', body: { weights: { a: 1, b: 3 } } })
    await shown(['back', 'both'], 'b')
    // What another variant was shown to in one epoch has no first.
    await record({ exposures: [{ test: id, unit: 'both', variant: 'b', epoch: 1 }] })
    await see('back', 0)
    await see('both', 0)
    const { metrics: analysed, units } = await results(id)
    expect(analysed[0]!.variants).toMatchObject([{ units: 1, observations: 1 }, { units: 1 }])
    expect(units).toMatchObject([
      { variantId: variants[0]!.id, units: 1, excluded: 2 },
      { variantId: variants[1]!.id, units: 1, excluded: 0 },
    ])
    expect((await plane.ask('takeAbTestLook', { params: { id } })).units.map((one) => one.units)).toEqual([2, 1])
    const { data } = await plane.ask('listAbTestHistory', { params: { id } })
    const { strata } = (data[0]!.data as { evidence: { strata: UnitMoments[][] } }).evidence
    expect(strata[0]![0]).toMatchObject({ units: 2, meanN: 1.5, meanX: 1 })
  })

  it('says of a test that has not started just that, whatever is told of it', async () => {
    const body = { name: plane.acme.name(), metrics, variants: [{ name: 'a' }, { name: 'b' }] }
    const { id } = await plane.ask('createAbTest', { body })
    const exposures = [{ test: id, unit: 'u', variant: 'a' }]
    const told = await record({ exposures, observations: [observation(id, 'u', 'success', 1)] })
    expect(told.leftAside.map(({ reason }) => reason)).toEqual(['not_started', 'not_started'])
  })

  it('leaves aside whom a variant without weight is said to have been shown to', async () => {
    const { id } = await newTest()
    await plane.ask('updateAbTest', { params: { id }, ifMatch: '"2"', body: { weights: { a: 1, b: 0 } } })
    const shown = (unit: string, variant: string, epoch?: number) => ({ test: id, unit, variant, epoch })
    const exposures = [shown('u1', 'b'), shown('u2', 'b', 1), shown('u3', 'a'), shown('u4', 'b', 2)]
    expect(await record({ exposures })).toMatchObject({
      exposures: { recorded: 2 },
      leftAside: [
        { pointer: '/exposures/0', reason: 'no_weight' },
        { pointer: '/exposures/3', reason: 'no_weight' },
      ],
    })
  })

  it('counts batches of many writers that name the same units, and waits for none for ever', async () => {
    const { id } = await newTest()
    const units = Array.from({ length: 20 }, (_, index) => `u${index}`)
    const writer = async (name: number) => {
      const turned = name % 2 ? units : units.toReversed()
      await record({
        exposures: turned.map((unit) => ({ test: id, unit, variant: 'a' })),
        observations: turned.map((unit) => ({ id: `${name}-${unit}`, test: id, unit, metric: 'seconds', value: name })),
      })
    }
    await Promise.all(Array.from({ length: 12 }, (_, name) => writer(name)))
    const [a] = (await results(id)).metrics.find(({ name }) => name === 'seconds')!.variants
    expect(a).toMatchObject({ units: 20, observations: 240, mean: 5.5 })
  })

  it('takes from a mean what was known of its units before, where it is known of all', async () => {
    const tests = [await newTest(), await newTest(), await newTest()]
    const units = Array.from({ length: 60 }, (_, index) => ({
      unit: `u${index}`,
      c: (index * 7) % 10,
      variant: 'ab'[index % 2]!,
    }))
    for (const [place, { id: test }] of tests.entries()) {
      const covariatesOf = (index: number, c: number) =>
        place === 0 || (place === 1 && index === 5) ? {} : { covariates: { seconds: c } }
      await record({
        exposures: units.map(({ unit, c, variant }, index) => ({ test, unit, variant, ...covariatesOf(index, c) })),
        observations: units.map(({ unit, c }, index) => ({
          id: unit,
          test,
          unit,
          metric: 'seconds',
          value: 2 * c + (index % 3),
        })),
      })
    }
    const widthOf = async (id: string) => {
      const { interval } = (await results(id)).metrics[1]!.variants[1]!.lift!.absolute
      return interval.upper - interval.lower
    }
    const [without, notOfAll, withAll] = await Promise.all(tests.map(({ id }) => widthOf(id)))
    expect(notOfAll).toBe(without)
    expect(withAll! / without!).toBeLessThan(0.25)
    // A unit that leaves takes its covariate with it: exactly as if it had never been.
    const [, , full] = tests
    await record({ exposures: [{ test: full!.id, unit: 'gone', variant: 'a', covariates: { seconds: 0.1 } }] })
    await record({ observations: [observation(full!.id, 'gone', 'seconds', 0.7)] })
    expect(await widthOf(full!.id)).not.toBe(withAll)
    await record({ exposures: [{ test: full!.id, unit: 'gone', variant: 'b' }] })
    expect(await widthOf(full!.id)).toBe(withAll)
  })

  it('keeps forced units out of it', async () => {
    const { id } = await newTest()
    await plane.ask('updateAbTest', { params: { id }, ifMatch: '"2"', body: { forced: { tester: 'b' } } })
    expect(await plane.ask('assignAbTest', { params: { id }, body: { unit: 'tester' } })).toMatchObject({
      variant: { name: 'b' },
      reason: 'forced',
    })
    const exposures = [{ test: id, unit: 'tester', variant: 'b' }]
    expect(await record({ exposures })).toMatchObject({ leftAside: [{ reason: 'forced' }] })
    // Also what was exposed before it was forced.
    await record({ exposures: [{ test: id, unit: 'early', variant: 'a' }] })
    await plane.ask('updateAbTest', { params: { id }, ifMatch: '"3"', body: { forced: { early: 'b' } } })
    const observations = [observation(id, 'early', 'success', 1)]
    expect(await record({ observations })).toMatchObject({ leftAside: [{ reason: 'forced' }] })
  })

  it('refuses values whose squares are no numbers any more, rather than break the results', async () => {
    const { id } = await newTest()
    const send = (value: number) =>
      plane.call('recordAbTestEvents', { body: { observations: [observation(id, 'u', 'seconds', value)] } })
    expect(await send(1e-200)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/observations/0/value' }] } })
    await record({ exposures: ['u', 'v'].map((unit) => ({ test: id, unit, variant: 'a' })) })
    expect((await send(1e-100)).status).toBe(200)
    await record({ observations: [observation(id, 'v', 'seconds', 0), observation(id, 'v', 'seconds', 1e15)] })
    expect((await results(id)).metrics[1]!.variants[0]).toMatchObject({ units: 2 })
  })
})
