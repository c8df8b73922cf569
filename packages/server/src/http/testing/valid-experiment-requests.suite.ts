import type { experimentEndpoints } from '@fairlead/core/experiment'
import type { ValidRequest } from './call.suite.ts'
import type { Inhabitant } from './inhabited-server.suite.ts'
import { newPrompt } from './prompts.suite.ts'

type Requests = { [Each in keyof typeof experimentEndpoints]: (by: Inhabitant) => Promise<ValidRequest<Each>> }

const variants = (by: Inhabitant) => [
  { name: 'control', trafficWeight: 60, payload: { note: by.name() } },
  { name: 'other', trafficWeight: 40, payload: ['a', 1, null] },
]
const metrics = [
  { name: 'success', model: 'proportion' as const, role: 'primary' as const, prior: [2, 3] as [number, number] },
  { name: 'cost_usd', model: 'log_normal' as const, role: 'guardrail' as const, lowerIsBetter: true, margin: 0.05 },
  { name: 'latency_ms', model: 'quantile' as const, lowerIsBetter: true, quantile: 0.95 },
]

async function newTest(by: Inhabitant): Promise<{ id: string; etag: string }> {
  const body = { name: by.name(), variants: variants(by), metrics }
  const created = await by.ask('createAbTest', { body })
  return { id: created.body.id, etag: created.etag }
}

async function runningTest(by: Inhabitant): Promise<{ id: string; etag: string }> {
  const { id } = await newTest(by)
  const { etag } = await by.ask('startAbTest', { params: { id } })
  return { id, etag }
}

/** A test of which two units have been seen in each variant. */
async function seenTest(by: Inhabitant): Promise<{ id: string }> {
  const { id } = await runningTest(by)
  await by.ask('recordAbTestEvents', { body: events(by, id) })
  return { id }
}

function events(by: Inhabitant, test: string) {
  const units = ['control', 'control', 'other', 'other'].map((variant) => ({ test, variant, unit: by.name() }))
  return {
    exposures: units.map((exposure) => ({ ...exposure, epoch: 1 })),
    observations: units.flatMap(({ unit }, index) => [
      { id: by.name(), test, unit, metric: 'success', value: index % 2 },
      { id: by.name(), test, unit, metric: 'cost_usd', value: 0.01 * (index + 1) },
      { id: by.name(), test, unit, metric: 'latency_ms', value: 100 * (index + 1) },
    ]),
  }
}

export const experimentRequests: Requests = {
  // Without a promotion, which needs a permission of its own.
  createAbTest: async (by) => {
    const { id: prompt } = await newPrompt(by)
    const layer = await by.ask('createAbTestLayer', { body: { name: by.name() } })
    return {
      body: {
        name: by.name(),
        key: by.name().toLowerCase(),
        description: by.name(),
        prompt,
        label: 'production',
        unit: 'user',
        trafficPercentage: 50,
        targeting: 'plan == "pro" && age >= 18',
        forced: { [by.name()]: 'b' },
        layer: { id: layer.body.id, percentage: 25 },
        variants: [
          { name: 'a', ref: { branch: 'main' } },
          { name: 'b', trafficWeight: 10, ref: { version: 1 }, payload: { by: by.name() } },
        ],
        metrics,
        stopping: { mode: 'planned_looks', horizon: 10_000, effect: { relative: 0.2 }, automatic: true },
        startDate: '2999-01-01T00:00:00Z',
        endDate: '2999-02-01T00:00:00Z',
      },
    }
  },
  listAbTests: async () => ({ query: { status: 'draft' as const, archived: 'include' as const } }),
  getAbTest: async (by) => ({ params: { id: (await newTest(by)).id } }),
  updateAbTest: async (by) => {
    const { id, etag } = await runningTest(by)
    return {
      params: { id },
      ifMatch: etag,
      body: { description: by.name(), trafficPercentage: 80, weights: { other: 90 }, forced: { [by.name()]: 'other' } },
    }
  },
  startAbTest: async (by) => ({ params: { id: (await newTest(by)).id } }),
  pauseAbTest: async (by) => ({ params: { id: (await runningTest(by)).id } }),
  resumeAbTest: async (by) => {
    const { id } = await runningTest(by)
    await by.ask('pauseAbTest', { params: { id } })
    return { params: { id } }
  },
  stopAbTest: async (by) => ({
    params: { id: (await seenTest(by)).id },
    body: { winner: 'other', reason: by.name() },
  }),
  planAbTest: async (by) => ({
    body: {
      metric: { kind: 'proportion' as const, baseline: 0.1 },
      effect: { relative: 0.1 },
      runs: { perUnit: 3, correlation: 0.3 },
      // Another one each time.
      unitsPerDay: 1_000 + Number(by.name().split('-').at(-1)),
    },
  }),
  simulateAbTest: async (by) => ({
    params: { id: (await newTest(by)).id },
    body: { baseline: 0.3, effect: { relative: 0.3 }, units: 4_000, looks: 5, tests: 40 },
  }),
  listAbTestHistory: async (by) => ({ params: { id: (await seenTest(by)).id } }),

  assignAbTest: async (by) => ({
    params: { id: (await runningTest(by)).id },
    body: { unit: by.name(), attributes: { plan: by.name() } },
  }),
  listAbTestAssignments: async (by) => ({ params: { id: (await seenTest(by)).id } }),
  recordAbTestEvents: async (by) => ({ body: events(by, (await runningTest(by)).id) }),
  getAbTestResults: async (by) => ({
    params: { id: (await seenTest(by)).id },
    query: { density: 'true' as const },
  }),
  compareAbTests: async (by) => ({
    query: { tests: `${(await seenTest(by)).id},${(await newTest(by)).id}` } as never,
  }),
  listAbTestSnapshots: async (by) => {
    const { id } = await seenTest(by)
    await by.ask('takeAbTestLook', { params: { id } })
    return { params: { id }, query: { metric: 'success' } }
  },
  takeAbTestLook: async (by) => ({ params: { id: (await seenTest(by)).id } }),

  getAbTestConfiguration: async (by) => {
    await runningTest(by)
    return {}
  },
  streamAbTestChanges: async () => ({ query: { follow: 'false' as const } }),

  createAbTestLayer: async (by) => ({ body: { name: by.name() } }),
  listAbTestLayers: async () => ({}),
  createAbTestHoldout: async (by) => ({ body: { name: by.name(), percentage: 2.5 } }),
  listAbTestHoldouts: async () => ({}),
  deleteAbTestHoldout: async (by) => ({
    params: {
      id: (await by.ask('createAbTestHoldout', { body: { name: by.name(), percentage: 5 } })).body.id,
    },
  }),
}
