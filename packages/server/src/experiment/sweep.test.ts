import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertExecutions } from '../analytics/service.ts'
import { silentLogger } from '../database/index.ts'
import { backends, newId } from '../database/testing/index.ts'
import { createPromptServices, createVersionPromotion, refResolver, versionFinder } from '../prompt/index.ts'
import { runFinder } from '../workflow/index.ts'
import { controlPlane, record } from './history.ts'
import type { ExperimentRoom } from './index.ts'
import { createExperimentRoom } from './index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

const metrics = [
  { name: 'success', model: 'proportion' as const, role: 'primary' as const },
  { name: 'cost_usd', model: 'mean' as const, role: 'guardrail' as const, lowerIsBetter: true, margin: 0.1 },
]
const always = { mode: 'always_valid' as const, automatic: true, everyMinutes: 60 }

describe.each(backends)('what happens to tests by itself on %s', (kind) => {
  let plane: ExperimentServer
  let room: ExperimentRoom
  /** A test that could not be tended goes by without a sound, but for this. */
  const warnings: unknown[] = []

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
    const { database } = plane.server.controlPlane
    const services = createPromptServices({
      ...{ database, clock: Date.now, createId: newId, checks: [] },
      audit: () => Promise.resolve(),
    })
    room = createExperimentRoom({
      ...{
        database,
        logger: { ...silentLogger, warn: (told: unknown) => warnings.push(told) },
        newId,
        versions: versionFinder,
        refs: refResolver,
        runs: runFinder,
      },
      promotion: createVersionPromotion(services.refs, services.history),
    })
  })
  afterAll(async () => {
    expect([plane.server.errors, warnings]).toEqual([[], []])
    await plane.close()
  })

  const sweep = () => room.sweep(new AbortController().signal)
  const get = (id: string) => plane.ask('getAbTest', { params: { id } })
  const actions = async (id: string) =>
    (await plane.ask('listAbTestHistory', { params: { id } })).data.map(({ action }) => action).reverse()

  /** The control plane may be the one that does it. */
  const comesTo = (id: string, action: string) =>
    expect.poll(async () => (await actions(id)).at(-1), { timeout: 20_000 }).toBe(action)

  async function newTest(more: object = {}) {
    const prompt = await plane.newPrompt()
    const variants = [
      { name: 'control', ref: { label: 'production' } },
      { name: 'kind', ref: { branch: 'candidate' } },
    ]
    const body = { name: plane.acme.name(), prompt: prompt.id, variants, metrics, stopping: always, ...more }
    return { prompt, id: (await plane.ask('createAbTest', { body })).id }
  }
  async function started(more: object = {}) {
    const test = await newTest(more)
    await plane.ask('startAbTest', { params: { id: test.id } })
    return test
  }
  /** Two hours later. The control plane sweeps, too, whenever it wants: until then it has nothing to do with the test. */
  async function sweepLater(id: string) {
    await plane.server.controlPlane.database.withOrganization(plane.acme.id, async (db) => {
      const started_at = new Date(Date.now() - 2 * 3_600_000)
      await db.updateTable('ab_tests').set({ started_at }).where('id', '=', id).execute()
    })
    await sweep()
  }
  async function endHasCome(id: string) {
    await plane.server.controlPlane.database.withOrganization(plane.acme.id, async (db) => {
      await db.updateTable('ab_tests').set({ end_date: new Date() }).where('id', '=', id).execute()
    })
  }
  /** Units by turns in both variants; of those of `kind`, so many of 20 succeed, at such a cost. */
  async function observe(test: string, { successes = 10, cost = 1, units = 800, onlyKind = false }) {
    const seen = Array.from({ length: units }, (_, index) => {
      const isKind = onlyKind || index % 2 === 1
      return {
        unit: `u${index}`,
        variant: isKind ? 'kind' : 'control',
        success: index % 20 < (isKind ? successes : 10) ? 1 : 0,
        cost: (isKind ? cost : 1) * (1 + (index % 7) / 10),
      }
    })
    await plane.ask('recordAbTestEvents', {
      body: {
        exposures: seen.map(({ unit, variant }) => ({ test, unit, variant })),
        observations: seen.flatMap(({ unit, success, cost }) => [
          { id: unit, test, unit, metric: 'success', value: success },
          { id: unit, test, unit, metric: 'cost_usd', value: cost },
        ]),
      },
    })
  }

  it('starts drafts whose time has come, and ends tests whose time is over', async () => {
    const [due, early] = [
      await newTest({ startDate: '2020-01-01T00:00:00Z', endDate: '2999-01-01T00:00:00Z' }),
      await newTest({ startDate: '2999-01-01T00:00:00Z' }),
    ]
    const over = await started({ endDate: '2999-01-01T00:00:00Z' })
    await endHasCome(over.id)
    await sweep()
    await comesTo(due.id, 'started')
    expect(await get(due.id)).toMatchObject({ status: 'running' })
    expect(await get(early.id)).toMatchObject({ status: 'draft' })
    await comesTo(over.id, 'completed')
    expect(await get(over.id)).toMatchObject({ status: 'completed', winnerVariantId: null })
    expect(await actions(over.id)).toEqual(['created', 'started', 'look', 'completed'])
  })

  it('looks when it is time, ends a test that is won, and promotes the winner', async () => {
    const { id, prompt } = await started({ promotion: { label: 'production' } })
    await observe(id, { successes: 18 })
    await sweepLater(id)
    await comesTo(id, 'promoted')
    const test = await get(id)
    expect(test).toMatchObject({ status: 'completed', isDecided: true, winnerVariantId: test.variants[1]!.id })
    expect(await actions(id)).toEqual(['created', 'started', 'look', 'completed', 'promoting', 'promoted'])
    const label = await plane.ask('getPromptLabel', { params: { id: prompt.id, name: 'production' } })
    expect(label.version.versionNumber).toBe(2)
  })

  it('takes one look in its time, and only says what it saw where it may not end the test', async () => {
    const { id } = await started({ stopping: { ...always, automatic: false } })
    await observe(id, { successes: 18 })
    await sweepLater(id)
    await sweep()
    expect(await get(id)).toMatchObject({ status: 'running' })
    expect(await actions(id)).toEqual(['created', 'started', 'look'])
    expect((await plane.ask('getAbTestResults', { params: { id } })).look).toMatchObject({ outcome: 'winner' })
  })

  it('ends a test whose guardrail gets worse, without a winner', async () => {
    const { id } = await started()
    await observe(id, { successes: 10, cost: 2 })
    await sweepLater(id)
    await comesTo(id, 'completed')
    expect(await get(id)).toMatchObject({ status: 'completed', winnerVariantId: null })
    const { data } = await plane.ask('listAbTestHistory', { params: { id } })
    expect(data[0]!.data).toMatchObject({ reason: 'A guardrail got worse: cost_usd.' })
  })

  it('lets no variant win that a guardrail speaks against', async () => {
    const { id } = await started({ stopping: { ...always, automatic: false } })
    await observe(id, { successes: 18, cost: 2 })
    const look = await plane.ask('takeAbTestLook', { params: { id } })
    expect(look).toMatchObject({ outcome: 'harmful', winnerVariantId: null, harm: [{ metric: 'cost_usd' }] })
    expect(await get(id)).toMatchObject({ status: 'running' })
    expect(await plane.call('stopAbTest', { params: { id }, body: { winner: 'kind' } })).toMatchObject({
      status: 409,
      body: { code: 'experiment.harmful_winner', detail: expect.stringContaining('cost_usd') },
    })
    await plane.ask('stopAbTest', { params: { id }, body: { winner: 'control' } })
  })

  it('lets the control win no more once a variant was dropped, for who drops it chooses whom the control meets', async () => {
    const prompt = await plane.newPrompt()
    const variants = [
      { name: 'control', ref: { label: 'production' } },
      { name: 'kind', ref: { branch: 'candidate' } },
      { name: 'third', ref: { branch: 'main' }, payload: { other: true } },
    ]
    const body = {
      name: plane.acme.name(),
      prompt: prompt.id,
      variants,
      metrics,
      stopping: { ...always, automatic: false },
    }
    const { id } = await plane.ask('createAbTest', { body })
    await plane.ask('startAbTest', { params: { id } })
    await plane.ask('updateAbTest', { params: { id }, ifMatch: '"2"', body: { weights: { third: 0 } } })
    await observe(id, { successes: 2 })
    expect(await plane.ask('takeAbTestLook', { params: { id } })).toMatchObject({
      outcome: 'continue',
      winnerVariantId: null,
    })
  })

  it('ends an automatic test by whichever look decides', async () => {
    const { id } = await started()
    await observe(id, { successes: 18 })
    expect(await plane.ask('takeAbTestLook', { params: { id } })).toMatchObject({ outcome: 'winner' })
    expect(await get(id)).toMatchObject({ status: 'completed', isDecided: true })
  })

  it('ends a test by a look that whoever took it did not live to act upon', async () => {
    const { id } = await started({ stopping: { ...always, automatic: false } })
    await observe(id, { successes: 18 })
    expect(await plane.ask('takeAbTestLook', { params: { id } })).toMatchObject({ outcome: 'winner' })
    const stopping = JSON.stringify({ ...(await get(id)).stopping, automatic: true })
    await plane.server.controlPlane.database.withOrganization(plane.acme.id, (db) =>
      db.updateTable('ab_tests').set({ stopping }).where('id', '=', id).execute(),
    )
    await sweep()
    await comesTo(id, 'completed')
    expect(await get(id)).toMatchObject({ status: 'completed', isDecided: true })
    expect(await actions(id)).toEqual(['created', 'started', 'look', 'completed'])
  })

  it('takes planned looks at their times also while a test is paused, so that nobody chooses them', async () => {
    const { id } = await started({ stopping: { mode: 'planned_looks', horizon: 10_000, everyMinutes: 60 } })
    const always = await started()
    for (const test of [id, always.id]) {
      await plane.ask('pauseAbTest', { params: { id: test } })
      await sweepLater(test)
    }
    await comesTo(id, 'look')
    expect((await actions(always.id)).at(-1)).toBe('paused')
  })

  it('says once in the history why a test does not start', async () => {
    const { id } = await newTest({
      startDate: '2020-01-01T00:00:00Z',
      variants: [
        { name: 'control', ref: { label: 'production' } },
        { name: 'other', ref: { branch: 'missing' } },
      ],
    })
    await sweep()
    await sweep()
    expect(await actions(id)).toEqual(['created', 'start_failed'])
    await plane.ask('stopAbTest', { params: { id }, body: {} })
  })

  it('lets nobody win where units do not lie in variants as they should', async () => {
    const { id } = await started()
    await observe(id, { successes: 18 })
    const exposures = Array.from({ length: 600 }, (_, index) => ({ test: id, unit: `more${index}`, variant: 'kind' }))
    await plane.ask('recordAbTestEvents', { body: { exposures } })
    const { sampleRatio } = await plane.ask('getAbTestResults', { params: { id } })
    expect(sampleRatio).toMatchObject({ isMismatch: true })
    await sweepLater(id)
    expect(await get(id)).toMatchObject({ status: 'running' })
    expect(await plane.call('stopAbTest', { params: { id }, body: { winner: 'kind' } })).toMatchObject({
      status: 409,
      body: { code: 'experiment.sample_ratio_mismatch' },
    })
    await plane.ask('stopAbTest', { params: { id }, body: {} })
  })

  it('gives the better variant of a bandit more units, and every one its floor', async () => {
    const stopping = { ...always, automatic: false }
    const { id } = await started({ bandit: { floor: 0.05, everyMinutes: 60 }, stopping })
    await observe(id, { successes: 12 })
    await sweepLater(id)
    await comesTo(id, 'reweighted')
    const { epoch, variants } = await get(id)
    const [control, kind] = variants.map(({ trafficWeight }) => trafficWeight)
    expect(epoch).toBe(2)
    expect(control! + kind!).toBe(10_000)
    expect(kind! / 10_000).toBeGreaterThan(0.9)
    expect(control).toBeGreaterThanOrEqual(500)
  })

  it('promotes a winner that whoever ended the test did not live to promote', async () => {
    const { id, prompt } = await started({ promotion: { label: 'production' } })
    const { database } = plane.server.controlPlane
    await database.withOrganization(plane.acme.id, async (db) => {
      const [, kind] = await db
        .selectFrom('ab_variants')
        .select('id')
        .where('test_id', '=', id)
        .orderBy('position')
        .execute()
      const completed_at = new Date(Date.now() - 3_600_000)
      const ended = { status: 'completed' as const, completed_at, winner_variant_id: kind!.id, is_decided: true }
      await db.updateTable('ab_tests').set(ended).where('id', '=', id).execute()
    })
    await sweep()
    await comesTo(id, 'promoted')
    const label = await plane.ask('getPromptLabel', { params: { id: prompt.id, name: 'production' } })
    expect(label.version.versionNumber).toBe(2)
  })

  it('knows where a label stood before a promotion that a process did not live to write down', async () => {
    const { id, prompt } = await started({ promotion: { label: 'production' } })
    const { database } = plane.server.controlPlane
    await database.withOrganization(plane.acme.id, async (db) => {
      const test = await db.selectFrom('ab_tests').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      await record(db, test, controlPlane, 'promoting', { label: 'production', from: 1 })
      const variants = await db.selectFrom('ab_variants').select(['id', 'position']).where('test_id', '=', id).execute()
      const winner_variant_id = variants.find(({ position }) => position === 1)!.id
      const ended = { status: 'completed' as const, completed_at: new Date(Date.now() - 3_600_000), winner_variant_id }
      await db.updateTable('ab_tests').set(ended).where('id', '=', id).execute()
    })
    const params = { id: prompt.id, name: 'production' }
    const { etag } = await plane.acme.ask('getPromptLabel', { params })
    await plane.ask('movePromptLabel', { params, ifMatch: etag, body: { to: '2' } })
    await sweep()
    await comesTo(id, 'promoted')
    const { data } = await plane.ask('listAbTestHistory', { params: { id } })
    expect(data[0]).toMatchObject({ action: 'promoted', data: { from: 1, to: 2 } })
  })

  it('takes a winner back that is worse in use than the control was in the test', async () => {
    const { id, prompt } = await started({ promotion: { label: 'production' } })
    await observe(id, { successes: 18 })
    await sweepLater(id)
    await comesTo(id, 'promoted')
    const test = await get(id)
    const version = test.variants[1]!.version!
    const live = async () =>
      (await plane.ask('getPromptLabel', { params: { id: prompt.id, name: 'production' } })).version.versionNumber
    expect(await live()).toBe(2)
    // Who puts a test away has not stopped to care for what it put into use.
    await plane.ask('updateAbTest', { params: { id }, ifMatch: `"${test.revision}"`, body: { archived: true } })
    // What protects the label must not keep there what turns out to be harmful.
    const rule = {
      promptId: prompt.id,
      refKind: 'label' as const,
      pattern: 'production',
      requiredChecks: ['experiment'],
    }
    await plane.ask('createProtectionRule', { body: { ...rule, noDirectCommit: true } })
    await plane.server.controlPlane.database.withOrganization(plane.acme.id, (db) =>
      insertExecutions(
        db,
        Array.from({ length: 300 }, (_, index) => ({
          ...{ organization_id: plane.acme.id, id: newId(), run_id: newId(), kind: 'prompt' as const, model: 'm' },
          ...{ prompt_version_id: version.id, status: 'succeeded' as const, latency_ms: 10, started_at: new Date() },
          cost_nano_usd: 3e9 + (index % 5) * 1e8,
        })),
      ),
    )
    await sweep()
    await comesTo(id, 'rolled_back')
    expect(await live()).toBe(1)
    expect(await actions(id)).toEqual([
      ...['created', 'started', 'look', 'completed', 'promoting', 'promoted', 'changed', 'guarded', 'rolled_back'],
    ])
    await sweep()
    expect((await actions(id)).at(-1)).toBe('rolled_back')
    // Nor does what it won lift protection any more.
    await plane.ask('createProtectionRule', {
      body: { promptId: prompt.id, refKind: 'label', pattern: 'production', requiredChecks: ['experiment'] },
    })
    const params = { id: prompt.id, name: 'production' }
    const { etag } = await plane.acme.ask('getPromptLabel', { params })
    const again = await plane.call('movePromptLabel', { params, ifMatch: etag, body: { to: '2' } })
    expect(again).toMatchObject({ status: 403, body: { code: 'prompt.protected' } })
  })
})
