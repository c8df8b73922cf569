import { prepareTest } from '@fairlead/core/experiment'
import { describe, expect, it, vi } from 'vitest'
import { testConfiguration } from '../testing/index.ts'
import { createExperiments } from './index.ts'
import { bootstrap, controlPlane, settled, setup, setupAlone, tone } from './local-experiments.suite.ts'

const away = () => Promise.reject(new TypeError('connection refused'))
const resync = { type: 'ab_test.resync', testId: null } as const
const units = Array.from({ length: 200 }, (_, index) => `user-${index}`)

describe('a variant', () => {
  it('is the one that the core assigns, by key and by id, and every unit keeps it', async () => {
    const { experiments } = setup()
    await experiments.ready()
    const assign = prepareTest(bootstrap.tests[0]!)
    const seen = new Set<string | null>()
    for (const unit of units) {
      const { id, name, payload, prompt, reason, unit: own } = experiments.variant('tone', { unit })
      seen.add(name)
      expect(assign({ unit })).toMatchObject({ variant: { id, name, payload, prompt }, reason, unit: own })
      expect(experiments.variant('id-of-tone', { unit }).name).toBe(name)
    }
    expect(seen).toEqual(new Set(['plain', 'warm']))
  })

  it('is none, with the reason, where there is none', async () => {
    const targeting = ['==', ['attribute', 'plan'], 'pro']
    const plane = controlPlane([
      { ...tone, targeting },
      { ...tone, key: 'paused', status: 'paused' },
    ])
    const { experiments } = setup({}, plane)
    expect(experiments.variant('tone', { unit: 'a' })).toMatchObject({ name: null, reason: 'unknown_test', unit: 'a' })
    await experiments.ready()
    const none = { id: null, name: null, payload: null, prompt: null }
    expect(experiments.variant('tone')).toEqual({ ...none, reason: 'no_unit', unit: null })
    expect(experiments.variant('paused', { unit: 'a' })).toEqual({ ...none, reason: 'paused', unit: 'a' })
    expect(experiments.variant('other', { unit: 'a' })).toEqual({ ...none, reason: 'unknown_test', unit: 'a' })
    const free = { attributes: { plan: 'free', user: 'a' } }
    expect(experiments.variant('tone', free)).toEqual({ ...none, reason: 'not_targeted', unit: 'a' })
    expect(experiments.variant('tone', { attributes: { plan: 'pro', user: 'a' } }).reason).toBe('assigned')
  })

  it('is there at once with a bootstrap, in a page as on the server that rendered it', async () => {
    const server = setup()
    await server.experiments.ready()
    const rendered = JSON.stringify(server.experiments.configuration())
    const page = setup({ bootstrap: JSON.parse(rendered), events: false })
    for (const unit of units) {
      expect(page.experiments.variant('tone', { unit })).toEqual(server.experiments.variant('tone', { unit }))
    }
    expect([page.experiments.status(), page.plane.asked]).toEqual(['ready', []])
  })

  it('has a payload that nobody can change', () => {
    const { experiments } = setupAlone({ bootstrap: testConfiguration([{ ...tone, forced: { a: 1 } }]) })
    const { payload } = experiments.variant('tone', { unit: 'a' })
    expect(() => Object.assign(payload as object, { style: 'cold' })).toThrow(TypeError)
  })

  it('can be had of all other tests when one of them can’t be prepared', () => {
    const broken = { ...bootstrap.tests[0]!, key: 'broken', id: 'broken', slots: null as never }
    const { experiments, errors } = setupAlone({ bootstrap: { tests: [broken, ...bootstrap.tests] } })
    expect(experiments.variant('broken', { unit: 'a' }).reason).toBe('unknown_test')
    expect(experiments.variant('tone', { unit: 'a' }).reason).toBe('assigned')
    expect(errors).toHaveLength(1)
  })

  it('is not had without an address or a key', () => {
    for (const options of [{ apiKey: 'key' }, { baseUrl: 'http://127.0.0.1' }, { baseUrl: '127.0.0.1', apiKey: 'key' }])
      expect(() => createExperiments(options as never)).toThrow(/^Give a baseUrl .* and an apiKey/)
  })

  it('is one whose unit is a number, wherever that is given', () => {
    const { experiments } = setupAlone()
    const text = experiments.variant('tone', { unit: '7' })
    expect(text).toMatchObject({ reason: 'assigned', unit: '7' })
    expect(experiments.variant('tone', { unit: 7 as never })).toEqual(text)
    expect(experiments.variant('tone', { attributes: { user: 7 } })).toEqual(text)
  })

  it('never throws, whoever is asked for', () => {
    const onError = () => {
      throw new Error('mine')
    }
    const { experiments } = setupAlone({ onError })
    const trap = {
      get user() {
        throw new Error('trap')
      },
    }
    const subjects = [null, 'a', 7, { unit: 7 }, { unit: {} }, { attributes: trap }, { attributes: 'x' }]
    for (const subject of subjects) expect(experiments.variant('tone', subject as never)).toBeTypeOf('object')
    expect(experiments.variant(undefined as never).reason).toBe('unknown_test')
    for (const wrong of [
      null,
      {},
      { unit: 'a', metric: 'm', value: Number.NaN },
      { unit: '', metric: 'm', value: 1 },
    ]) {
      expect(() => experiments.observe('tone', wrong as never)).not.toThrow()
    }
  })
})

describe('the configuration', () => {
  it('is fetched again within a second of a change, and only what has changed is sent', async () => {
    const { plane, clock, experiments } = setup()
    await experiments.ready()
    await settled()
    plane.tell(resync)
    await settled()
    await clock.pass(200)
    expect(plane.asked).toEqual(['all', '"1"'])
    plane.change([{ ...tone, isKilled: true }])
    plane.tell({ type: 'ab_test.changed', testId: 'id-of-tone' })
    await settled()
    await clock.pass(200)
    expect(experiments.variant('tone', { unit: 'a' }).reason).toBe('killed')
    await experiments.close()
  })

  it('is not fetched for a heartbeat, and is for news that come in pieces', async () => {
    const { plane, clock, experiments } = setup()
    await experiments.ready()
    await settled()
    const asksAfter = async (text: string) => {
      void plane.say(text)
      await settled()
      await clock.pass(200)
      return plane.asked.length
    }
    expect(await asksAfter(': data of no interest\n\n')).toBe(1)
    expect(await asksAfter('da')).toBe(1)
    expect(await asksAfter('ta: {}\n\n')).toBe(2)
    await experiments.close()
  })

  it('decides anew over units that were shown a variant by an earlier one, and records none of them again', async () => {
    const { plane, clock, experiments } = setup()
    await experiments.ready()
    await settled()
    const before = units.map((unit) => experiments.variant('tone', { unit }).name)
    const become = async (change: object) => {
      plane.change([{ ...tone, ...change }])
      plane.tell(resync)
      await settled()
      await clock.pass(200)
      return units.map((unit) => experiments.variant('tone', { unit }))
    }
    const halved = await become({ trafficPercentage: 50 })
    expect(new Set(halved.map(({ reason }) => reason))).toEqual(new Set(['assigned', 'not_in_traffic']))
    const other = before[0] === 'warm' ? 'plain' : 'warm'
    const forced = await become({ forced: { [units[0]!]: ['plain', 'warm'].indexOf(other) } })
    expect(forced[0]).toMatchObject({ reason: 'forced', name: other })
    expect(forced.slice(1).map(({ name }) => name)).toEqual(before.slice(1))
    await experiments.flush()
    const exposed = plane.batches.flatMap(({ exposures }) => exposures.map(({ unit }) => unit))
    expect(exposed).toEqual(units)
    await experiments.close()
  })

  it('is the last good one through an outage, and fetched when the control plane is back', async () => {
    const { plane, clock, experiments, errors } = setup()
    await experiments.ready()
    await settled()
    const before = experiments.variant('tone', { unit: 'a' })
    plane.trouble = away
    plane.cut()
    await settled()
    for (let n = 0; n < 30; n++) await clock.pass(10_000)
    expect(experiments.status()).toBe('stale')
    expect(experiments.variant('tone', { unit: 'a' })).toEqual(before)
    expect(errors.length).toBeGreaterThan(3)
    expect(errors.length).toBeLessThan(40)
    plane.change([{ ...tone, isKilled: true }])
    plane.trouble = undefined
    for (let n = 0; n < 7; n++) await clock.pass(10_000)
    expect(experiments.status()).toBe('ready')
    expect(experiments.variant('tone', { unit: 'a' }).reason).toBe('killed')
    await experiments.close()
  })

  it('is asked for every minute where no stream comes through', async () => {
    const plane = controlPlane()
    plane.trouble = (path) => (path === 'ab-test-changes' ? Response.json({}, { status: 502 }) : undefined)
    const { clock, experiments } = setup({}, plane)
    await experiments.ready()
    for (let n = 0; n < 60; n++) await clock.pass(10_000)
    const asked = plane.asked.length
    expect(asked).toBeGreaterThan(10)
    expect(asked).toBeLessThan(30)
    plane.change([{ ...tone, isKilled: true }])
    for (let n = 0; n < 14; n++) await clock.pass(10_000)
    expect(experiments.variant('tone', { unit: 'a' }).reason).toBe('killed')
    await experiments.close()
  })

  it('is read again when something changes while it is being read', async () => {
    const plane = controlPlane()
    const gate = Promise.withResolvers<void>()
    plane.trouble = async (path, init) => {
      if (path !== 'ab-test-configuration') return undefined
      plane.trouble = undefined
      const early = await plane.fetch('http://plane.test/api/v1/ab-test-configuration', init)
      await gate.promise
      return early
    }
    const { clock, experiments } = setup({}, plane)
    await settled()
    plane.change([{ ...tone, isKilled: true }])
    plane.tell(resync)
    await settled()
    await clock.pass(200)
    gate.resolve()
    await settled()
    await clock.pass(200)
    expect(experiments.variant('tone', { unit: 'a' }).reason).toBe('killed')
    await experiments.close()
  })

  it('is waited for 3 s, and no error is thrown where it can’t be had', async () => {
    const hanging = controlPlane()
    hanging.trouble = () => new Promise(() => {})
    const { clock, experiments } = setup({}, hanging)
    const outcome = vi.fn()
    void experiments.ready().then(outcome)
    await clock.pass(2_900)
    expect(outcome).not.toHaveBeenCalled()
    await clock.pass(200)
    expect(outcome).toHaveBeenCalledOnce()
    await experiments.close()
    const gone = controlPlane()
    gone.trouble = away
    const other = setup({}, gone)
    await other.experiments.ready()
    expect([other.experiments.status(), other.experiments.configuration()]).toEqual(['loading', null])
    await other.experiments.close()
  })

  it('tells of its changes, and of its staleness', async () => {
    const { plane, clock, experiments } = setup()
    const heard: string[] = []
    const stop = experiments.subscribe(() => heard.push(experiments.status()))
    experiments.subscribe(() => {
      throw new Error('mine')
    })
    await experiments.ready()
    await settled()
    plane.trouble = away
    plane.tell(resync)
    await settled()
    await clock.pass(200)
    stop()
    plane.trouble = undefined
    await clock.pass(5_000)
    expect(heard).toEqual(['ready', 'stale'])
    expect(experiments.status()).toBe('ready')
    await experiments.close()
  })

  it('is followed no more once it is closed', async () => {
    const { plane, clock, experiments } = setup()
    await experiments.ready()
    await settled()
    await experiments.close()
    await settled()
    expect(plane.streams.size).toBe(0)
    const asked = plane.asked.length
    for (let n = 0; n < 10; n++) await clock.pass(60_000)
    expect(plane.asked).toHaveLength(asked)
  })

  it('is not tried for any more once it is closed in an outage', async () => {
    const { plane, clock, experiments } = setup()
    await experiments.ready()
    await settled()
    let attempts = 0
    plane.trouble = () => {
      attempts++
      return away()
    }
    plane.tell(resync)
    await settled()
    await clock.pass(200)
    plane.cut()
    await settled()
    await clock.pass(10_000)
    await experiments.close()
    const before = attempts
    expect(before).toBeGreaterThan(1)
    for (let n = 0; n < 10; n++) await clock.pass(60_000)
    expect(attempts).toBe(before)
  })

  it('is not tried for any more when what fails was under way as it was closed', async () => {
    const plane = controlPlane()
    const { promise, reject } = Promise.withResolvers<never>()
    let attempts = 0
    plane.trouble = (path) => {
      if (path !== 'ab-test-changes') attempts++
      return promise
    }
    const { clock, experiments, errors } = setup({}, plane)
    await settled()
    await experiments.close()
    reject(new TypeError('connection refused'))
    await settled()
    for (let n = 0; n < 10; n++) await clock.pass(60_000)
    expect([attempts, errors]).toEqual([1, []])
  })

  it('is followed anew when the stream has been silent for 45 s, although it has a heartbeat', async () => {
    const { plane, clock, experiments, errors } = setup()
    await experiments.ready()
    await settled()
    const [dead] = plane.streams
    for (let n = 0; n < 6; n++) {
      plane.say(': still here\n\n')
      await settled()
      await clock.pass(20_000)
    }
    expect([...plane.streams]).toEqual([dead])
    await clock.pass(30_000)
    await clock.pass(5_000)
    expect(plane.streams.size).toBe(1)
    expect([...plane.streams]).not.toEqual([dead])
    expect(errors.map(({ message }) => message)).toEqual(['nothing came for 45000 ms'])
    await experiments.close()
  })
})
