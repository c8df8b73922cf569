import type { Exposure, Observation } from '@fairlead/core/experiment'
import { unleash } from '@fairlead/core/experiment'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { testConfiguration } from '../testing/index.ts'
import { controlPlane, settled, setup, setupAlone, tone } from './local-experiments.suite.ts'

const away = () => Promise.reject(new TypeError('connection refused'))
const refusal = (status: number) =>
  Response.json({ code: 'http.invalid_request', detail: 'No.' }, { status, headers: { 'Retry-After': '1' } })
const observation = (unit: string, id?: string) => ({ unit, metric: 'success', value: 1, ...(id ? { id } : {}) })

describe('an exposure', () => {
  it('is recorded once for a test, unit and epoch, and only for who was assigned and shown the variant', async () => {
    const given = { ...tone, forced: { tester: 1 } }
    const plane = controlPlane([given, { ...tone, key: 'off', isKilled: true }])
    const { clock, experiments } = setup({}, plane)
    await experiments.ready()
    for (let n = 0; n < 3; n++) {
      experiments.variant('tone', { unit: 'a' })
      experiments.variant('id-of-tone', { attributes: { user: 'a' } })
      experiments.variant('tone', { unit: 'tester' })
      experiments.variant('tone', { unit: 'b' }, { expose: false })
      experiments.variant('off', { unit: 'a' })
    }
    await settled()
    plane.change([{ ...given, epoch: 2 }])
    plane.tell({ type: 'ab_test.changed', testId: 'id-of-tone' })
    await settled()
    await clock.pass(200)
    experiments.variant('tone', { unit: 'a' })
    await experiments.flush()
    const exposures = plane.batches.flatMap((batch) => batch.exposures)
    const variant = experiments.variant('tone', { unit: 'a' }).id
    expect(exposures).toEqual([1, 2].map((epoch) => ({ test: 'id-of-tone', unit: 'a', variant, epoch })))
    await experiments.close()
  })

  it('is recorded once in tests of one seed, by another system’s buckets, and for each variant within an epoch', async () => {
    const settings = { groupId: 'tone', weights: [500, 500] }
    const tests = [
      { ...tone, seed: 7 },
      { ...tone, key: 'twin', seed: 7 },
      { ...tone, key: 'moved', bucketing: { scheme: 'unleash' as const, settings } },
    ]
    const plane = controlPlane(tests)
    const { clock, experiments } = setup({ schemes: { unleash } }, plane)
    await experiments.ready()
    const see = () => {
      for (let n = 0; n < 120; n++) for (const { key } of tests) experiments.variant(key, { unit: `u${n % 40}` })
    }
    see()
    await experiments.flush()
    const recorded = () => plane.batches.flatMap(({ exposures }) => exposures.map((one) => JSON.stringify(one)))
    expect([recorded().length, new Set(recorded()).size]).toEqual([120, 120])
    await settled()
    plane.change(
      tests.map((test) => ({ ...test, variants: test.variants.map((one) => ({ ...one, id: `${one.name}!` })) })),
    )
    plane.tell({ type: 'ab_test.changed', testId: 'id-of-tone' })
    await settled()
    await clock.pass(200)
    see()
    await experiments.flush()
    expect([recorded().length, new Set(recorded()).size]).toEqual([240, 240])
    await experiments.close()
  })

  it('is hardly ever recorded again for a unit that was seen among the last 50,000', async () => {
    const { plane, experiments } = setupAlone()
    const see = (from: number, to: number) => {
      for (let n = from; n < to; n++) experiments.variant('tone', { unit: `u${n}` })
    }
    for (let n = 0; n < 99_000; n++) {
      see(n, n + 1)
      if (n % 1_000 === 0) see(0, 10)
    }
    await experiments.flush()
    const units = plane.batches.flatMap(({ exposures }) => exposures.map(({ unit }) => unit))
    expect(new Set(units).size).toBe(99_000)
    expect(units.length).toBeLessThan(99_010)
  })

  it('that there is no room for is recorded when the unit is seen again', async () => {
    const { plane, clock, experiments } = setupAlone({ maxQueued: 2 })
    plane.trouble = away
    for (const unit of ['a', 'b', 'c']) experiments.variant('tone', { unit })
    await experiments.flush()
    plane.trouble = undefined
    await clock.pass(60_000)
    experiments.variant('tone', { unit: 'c' })
    await experiments.flush()
    expect(plane.batches.flatMap(({ exposures }) => exposures.map(({ unit }) => unit))).toEqual(['a', 'b', 'c'])
  })
})

describe('what waits', () => {
  it('is sent after 5 s, or as soon as it is a thousand, exposures first', async () => {
    const { plane, clock, experiments } = setupAlone()
    experiments.observe('tone', observation('a', 'one'))
    experiments.variant('tone', { unit: 'a' })
    await clock.pass(4_900)
    expect(plane.batches).toEqual([])
    await clock.pass(200)
    expect(plane.batches).toMatchObject([{ exposures: [{ unit: 'a' }], observations: [{ id: 'one', test: 'tone' }] }])
    for (let n = 0; n < 2_500; n++) experiments.observe('tone', observation('a'))
    await settled()
    expect(plane.batches.map(({ observations }) => observations.length)).toEqual([1, 1_000, 1_000, 500])
    const ids = plane.batches.flatMap(({ observations }) => observations.map(({ id }) => id))
    expect(new Set(ids).size).toBe(2_501)
  })

  it('is never more than a thousand at once, whatever has gathered meanwhile', async () => {
    const { plane, clock, experiments } = setupAlone()
    plane.trouble = away
    experiments.observe('tone', observation('a'))
    await experiments.flush()
    for (let n = 0; n < 600; n++) {
      experiments.observe('tone', observation('a'))
      experiments.variant('tone', { unit: `u${n}` })
    }
    plane.trouble = undefined
    await clock.pass(5_000)
    const sizes = plane.batches.map(({ exposures, observations }) => exposures.length + observations.length)
    expect(sizes).toEqual([1, 1_000, 200])
  })

  it('stays in order through an outage, in which it is tried ever more rarely', async () => {
    const { plane, clock, experiments, errors } = setupAlone()
    let attempts = 0
    plane.trouble = () => {
      attempts++
      return away()
    }
    for (let n = 0; n < 1_800; n++) {
      experiments.observe('tone', observation('a', `o${n}`))
      await clock.pass(1_000)
    }
    expect(attempts).toBeGreaterThan(20)
    expect(attempts).toBeLessThan(45)
    expect(errors).toHaveLength(attempts)
    plane.trouble = undefined
    await clock.pass(70_000)
    const ids = plane.batches.flatMap(({ observations }) => observations.map(({ id }) => id))
    expect(ids).toEqual(Array.from({ length: 1_800 }, (_, n) => `o${n}`))
  })

  it('is bounded: the oldest observations are dropped and counted, exposures stay', async () => {
    const { plane, clock, experiments, drops } = setupAlone({ maxQueued: 500 })
    plane.trouble = away
    experiments.variant('tone', { unit: 'a' })
    await experiments.flush()
    for (let n = 0; n < 600; n++) experiments.observe('tone', observation('a', `o${n}`))
    plane.trouble = undefined
    await clock.pass(60_000)
    const kept = plane.batches.flatMap(({ observations }) => observations)
    const dropped = drops.reduce((sum, count) => sum + count, 0)
    expect([kept.length + dropped, kept.at(-1)?.id, kept[0]?.id]).toEqual([600, 'o599', `o${dropped}`])
    expect(dropped).toBeLessThan(110)
    expect(plane.batches[0]?.exposures).toHaveLength(1)
  })

  it('is all taken but for what the control plane refuses', async () => {
    const { plane, experiments, drops, errors } = setupAlone()
    plane.trouble = (_path, { body }) => (String(body).includes('no metric') ? refusal(400) : undefined)
    for (let n = 0; n < 900; n++) experiments.observe('tone', observation('a', `o${n}`))
    experiments.observe('tone', { ...observation('a', 'bad'), metric: 'no metric' })
    for (let n = 900; n < 950; n++) experiments.observe('tone', observation('a', `o${n}`))
    await experiments.flush()
    const ids = plane.batches.flatMap(({ observations }) => observations.map(({ id }) => id))
    expect(ids).toEqual(Array.from({ length: 950 }, (_, n) => `o${n}`))
    expect([drops, errors.length]).toEqual([[1], 1])
  })

  it('that makes no sense is told at once, and not sent', async () => {
    const { plane, experiments, errors } = setupAlone()
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
      experiments.observe('tone', { unit: 'a', metric: 'success', value: value as number })
    }
    experiments.observe('tone', observation('x'.repeat(256)))
    experiments.variant('tone', { unit: 'x'.repeat(256) })
    await experiments.flush()
    expect([errors.length, plane.batches]).toEqual([5, []])
  })

  it('and was left aside is told once, with the reason', async () => {
    const { plane, experiments, errors } = setupAlone()
    plane.leftAside = [{ pointer: '/observations/0', reason: 'unknown_metric' }]
    for (let n = 0; n < 3; n++) {
      experiments.observe('tone', observation('a'))
      await experiments.flush()
    }
    expect(errors.map(({ message }) => message)).toEqual(['Left aside (unknown_metric): tone success'])
  })

  it('is sent by a flush, at whatever moment of an earlier one it came', async () => {
    for (let moments = 0; moments < 100; moments++) {
      const { plane, experiments } = setupAlone()
      experiments.observe('tone', observation('a', 'one'))
      const first = experiments.flush()
      for (let moment = 0; moment < moments; moment++) await null
      experiments.observe('tone', observation('a', 'two'))
      await experiments.flush()
      expect(plane.batches.flatMap(({ observations }) => observations.map(({ id }) => id))).toEqual(['one', 'two'])
      await first
      await experiments.close()
    }
  })

  it('is sent when the client is closed', async () => {
    const { plane, experiments } = setupAlone()
    experiments.observe('tone', observation('a', 'one'))
    await experiments.close()
    expect(plane.batches).toMatchObject([{ observations: [{ id: 'one' }] }])
  })

  it('does not keep a client from closing while the control plane is away', async () => {
    const { plane, experiments, errors } = setupAlone()
    plane.trouble = away
    experiments.observe('tone', observation('a'))
    await experiments.close()
    expect(errors).toHaveLength(1)
  })

  it('is sent when a Node process has nothing more to do', async () => {
    const { plane, experiments } = setupAlone()
    experiments.observe('tone', observation('a'))
    process.emit('beforeExit', 0)
    await settled()
    expect(plane.batches).toHaveLength(1)
    await experiments.close()
  })

  it('is sent when a page is left or hidden, so that it outlives the page', async () => {
    const listeners = new Map<string, () => void>()
    vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener))
    vi.stubGlobal('removeEventListener', (name: string) => listeners.delete(name))
    try {
      const { plane, experiments } = setupAlone()
      for (const name of ['pagehide', 'visibilitychange']) {
        for (let n = 0; n < 300; n++) experiments.observe('tone', observation('a'))
        listeners.get(name)!()
        await settled()
      }
      const first = plane.requests[0]!
      expect([first.keepalive, String(first.body).length < 64_000]).toEqual([true, true])
      expect(plane.batches.reduce((sum, { observations }) => sum + observations.length, 0)).toBe(600)
      await experiments.close()
      expect(listeners.size).toBe(0)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

type Trouble = 'none' | 'lost before' | 'lost after' | 'unavailable' | 'strange'
type Step = { kind: 'see'; unit: number } | { kind: 'observe'; unit: number } | { kind: 'pass'; ms: number }

/** What a control plane has, that keeps what it was told once, and takes observations of exposed units only. */
function ledger() {
  const exposed = new Set<string>()
  const observed: string[] = []
  const early: string[] = []
  return {
    exposed,
    observed,
    early,
    record({ exposures, observations }: { exposures: Exposure[]; observations: Observation[] }) {
      for (const { unit, epoch } of exposures) exposed.add(`${unit} ${epoch}`)
      for (const { id, unit } of observations) {
        if (!exposed.has(`${unit} 1`)) early.push(id)
        if (!observed.includes(id)) observed.push(id)
      }
    },
  }
}

it('nothing is lost, doubled or early under whatever failures', async () => {
  const trouble = fc.constantFrom<Trouble>('none', 'none', 'lost before', 'lost after', 'unavailable', 'strange')
  const unit = fc.nat(9)
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('see'), unit }),
    fc.record({ kind: fc.constant('observe'), unit }),
    fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: 20_000 }) }),
  )
  const run = async (steps: readonly Step[], troubles: readonly Trouble[]) => {
    const { plane, clock, experiments, drops } = setupAlone({ bootstrap: testConfiguration([tone]) })
    const said = ledger()
    let at = 0
    plane.trouble = (_path, { body }) => {
      const trouble = troubles[at++] ?? 'none'
      if (trouble === 'lost before') return away()
      if (trouble === 'unavailable') return Response.json({}, { status: 503 })
      said.record(JSON.parse(String(body)))
      if (trouble === 'lost after') return away()
      return trouble === 'strange' ? new Response('<html>') : undefined
    }
    const wanted = { exposed: new Set<string>(), observed: [] as string[] }
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'pass') await clock.pass(step.ms)
      else {
        experiments.variant('tone', { unit: `u${step.unit}` })
        wanted.exposed.add(`u${step.unit} 1`)
        if (step.kind === 'see') continue
        wanted.observed.push(`o${index}`)
        experiments.observe('tone', observation(`u${step.unit}`, `o${index}`))
      }
    }
    for (let n = 0; n < 20; n++) await clock.pass(70_000)
    await experiments.close()
    expect(said).toMatchObject({ ...wanted, early: [] })
    const deliveries = plane.batches.flatMap(({ observations }) => observations.map(({ id }) => id))
    expect(new Set(deliveries).size).toBe(deliveries.length)
    expect(drops).toEqual([])
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.array(trouble, { maxLength: 12 }), run), {
    numRuns: 60,
  })
})
