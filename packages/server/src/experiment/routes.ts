import { FairleadError } from '@fairlead/core/base'
import type { experimentEndpoints, SamplePlan, SampleSize, TestEvent } from '@fairlead/core/experiment'
import { planSampleSize } from '@fairlead/core/experiment'
import type { ChangeFeed } from '../database/index.ts'
import type { Handlers } from '../http/index.ts'
import { pageOf, streamChanges } from '../http/index.ts'
import type { AssignService } from './assign-service.ts'
import type { ConfigurationService } from './configuration-service.ts'
import { tagOfConfiguration } from './configuration-service.ts'
import { invalid } from './draft-check.ts'
import type { EvidenceService } from './evidence-service.ts'
import type { LifecycleService } from './lifecycle-service.ts'
import type { LookService } from './look-service.ts'
import { ruleOf } from './look-service.ts'
import type { PromoteService } from './promote-service.ts'
import type { ResultService } from './result-service.ts'
import { endByRule } from './rule-ending.ts'
import type { SharingService } from './sharing-service.ts'
import { simulateRule } from './simulation.ts'
import type { TestService } from './test-service.ts'
import type { HistoryRow } from './test-store.ts'

export interface ExperimentServices {
  tests: TestService
  lifecycle: LifecycleService
  assigning: AssignService
  evidence: EvidenceService
  results: ResultService
  promotion: PromoteService
  looks: LookService
  configuration: ConfigurationService
  changes: ChangeFeed
  sharing: SharingService
}

/** The experiment room over HTTP: `:id` takes a test's id or its key. */
export function createExperimentRoutes(services: ExperimentServices): Handlers<keyof typeof experimentEndpoints> {
  return {
    ...testRoutes(services),
    ...evidenceRoutes(services),
    ...deliveryRoutes(services),
    ...sharingRoutes(services),
  }
}

function testRoutes({ tests, lifecycle, promotion }: ExperimentServices) {
  const answer = <Test extends { revision: number }>(body: Test) => ({
    status: 200 as const,
    body,
    etag: String(body.revision),
  })
  return {
    async createAbTest({ principal, body }) {
      const test = await tests.create(principal, body)
      return { status: 201, body: test, location: `/ab-tests/${test.id}`, etag: String(test.revision) }
    },
    async listAbTests({ organizationId, query: { limit, ...filter }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const found = await tests.list(organizationId, filter, { limit: limit + 1, after })
      return {
        status: 200,
        body: pageOf(found, { limit, cursor, item: (test) => test, position: ({ id }) => [id] }),
      }
    },
    getAbTest: async ({ organizationId, params }) => answer(await tests.get(organizationId, params.id)),
    updateAbTest: async ({ principal, params, body, ifMatch }) =>
      answer(await tests.update(principal, params.id, ifMatch, body)),
    startAbTest: async ({ organizationId, principal, params }) =>
      answer(await lifecycle.start(organizationId, principal, params.id)),
    pauseAbTest: async ({ organizationId, principal, params }) =>
      answer(await lifecycle.pause(organizationId, principal, params.id)),
    resumeAbTest: async ({ organizationId, principal, params }) =>
      answer(await lifecycle.resume(organizationId, principal, params.id)),
    async stopAbTest({ organizationId, principal, params, body }) {
      const test = await lifecycle.complete(organizationId, principal, params.id, body)
      await promotion.promote(organizationId, principal, test)
      return answer(test)
    },
    planAbTest: async ({ body }) => ({ status: 200, body: planned(body) }),
    async simulateAbTest({ organizationId, params, body }) {
      const test = await tests.get(organizationId, params.id)
      const primary = test.metrics.find(({ role }) => role === 'primary')!
      const weights = test.variants.map(({ trafficWeight }) => trafficWeight)
      return { status: 200, body: await simulateRule(ruleOf(test.stopping, primary), primary, weights, body) }
    },
    async listAbTestHistory({ organizationId, params, query: { limit }, cursor }) {
      const [after] = cursor.after('number') ?? []
      const rows = await tests.history(organizationId, params.id, { limit: limit + 1, after })
      return { status: 200, body: pageOf(rows, { limit, cursor, item: toEntry, position: ({ seq }) => [seq] }) }
    },
  } satisfies Partial<Handlers<keyof typeof experimentEndpoints>>
}

function evidenceRoutes({ tests, lifecycle, promotion, assigning, evidence, results, looks }: ExperimentServices) {
  return {
    assignAbTest: async ({ organizationId, params, body }) => ({
      status: 200,
      body: await assigning.assign(organizationId, params.id, body),
    }),
    async listAbTestAssignments({ organizationId, params, query: { limit, unit }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const found = await assigning.list(organizationId, params.id, unit, { limit: limit + 1, after })
      return { status: 200, body: pageOf(found, { limit, cursor, item: (one) => one, position: (one) => [one.unit] }) }
    },
    recordAbTestEvents: async ({ organizationId, body }) => ({
      status: 200,
      body: await evidence.record(organizationId, body),
    }),
    getAbTestResults: async ({ organizationId, params, query }) => ({
      status: 200,
      body: await results.get(organizationId, params.id, { ...query, density: query.density === 'true' }),
    }),
    async compareAbTests({ organizationId, query }) {
      const data = await Promise.all(
        query.tests.map(async (name) => ({
          test: await tests.get(organizationId, name),
          results: await results.get(organizationId, name),
        })),
      )
      return { status: 200, body: { data } }
    },
    async listAbTestSnapshots({ organizationId, params, query: { limit, metric }, cursor }) {
      const after = cursor.after('string', 'string')
      const found = await results.snapshots(organizationId, params.id, metric, { limit: limit + 1, after })
      return {
        status: 200,
        body: pageOf(found, { limit, cursor, item: (one) => one, position: ({ recordedAt, id }) => [recordedAt, id] }),
      }
    },
    async takeAbTestLook({ organizationId, principal, params }) {
      const look = await looks.take(organizationId, principal, params.id)
      const { id, stopping } = await tests.get(organizationId, params.id)
      if (stopping.automatic && look.outcome !== 'continue')
        await endByRule({ lifecycle, promotion }, organizationId, id, look)
      return { status: 200, body: look }
    },
  } satisfies Partial<Handlers<keyof typeof experimentEndpoints>>
}

function deliveryRoutes({ configuration, changes }: ExperimentServices) {
  return {
    async getAbTestConfiguration({ organizationId }) {
      const body = await configuration.get(organizationId)
      return { status: 200, body, etag: tagOfConfiguration(body) }
    },
    async streamAbTestChanges({ organizationId, query, signal }) {
      const follow = query.follow !== 'false'
      return { stream: (response) => streamChanges(changes, { organizationId, follow, signal, eventOf }, response) }
    },
  } satisfies Partial<Handlers<keyof typeof experimentEndpoints>>
}

function sharingRoutes({ sharing }: ExperimentServices) {
  return {
    createAbTestLayer: async ({ principal, body }) => ({
      status: 201,
      body: await sharing.createLayer(principal, body.name),
    }),
    async listAbTestLayers({ organizationId, query: { limit }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const found = await sharing.listLayers(organizationId, { limit: limit + 1, after })
      return { status: 200, body: pageOf(found, { limit, cursor, item: (one) => one, position: ({ id }) => [id] }) }
    },
    createAbTestHoldout: async ({ principal, body }) => ({
      status: 201,
      body: await sharing.createHoldout(principal, body),
    }),
    async listAbTestHoldouts({ organizationId, query: { limit }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const found = await sharing.listHoldouts(organizationId, { limit: limit + 1, after })
      return { status: 200, body: pageOf(found, { limit, cursor, item: (one) => one, position: ({ id }) => [id] }) }
    },
    async deleteAbTestHoldout({ organizationId, params }) {
      await sharing.deleteHoldout(organizationId, params.id)
      return { status: 204 }
    },
  } satisfies Partial<Handlers<keyof typeof experimentEndpoints>>
}

function toEntry(row: HistoryRow) {
  return {
    seq: row.seq,
    action: row.action,
    actor: { kind: row.actor_kind, id: row.actor_id },
    data: row.data as Record<string, unknown>,
    at: row.at.toISOString(),
  }
}

/** What can't be planned, such as a share of more than all, is the asker's fault. */
function planned(plan: SamplePlan): SampleSize {
  try {
    return planSampleSize(plan)
  } catch (error) {
    if (!(error instanceof FairleadError) || error.code !== 'experiment.invalid_evidence') throw error
    const field = String(error.data?.field)
    throw invalid([{ pointer: `/${field}`, message: error.message.slice(`${field} `.length, -1) }])
  }
}

function eventOf(testId: string | null): TestEvent {
  return { type: testId === null ? 'ab_test.resync' : 'ab_test.changed', testId }
}
