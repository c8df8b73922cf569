import type { analyticsEndpoints } from '@fairlead/core/analytics'
import type { Handlers } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import type { ScoreService } from './score-service.ts'
import type { AnalyticsService } from './service.ts'
import { positionOf, toExecution } from './service.ts'

/** The analytics room over HTTP. */
export function createAnalyticsRoutes(
  service: AnalyticsService,
  scores: ScoreService,
): Handlers<keyof typeof analyticsEndpoints> {
  return {
    listPrices: async ({ organizationId, query: { limit, model }, cursor }) => {
      const prices = await service.listPrices(organizationId, model, { limit, after: cursor.after('string', 'string') })
      return { status: 200, body: pageOf(prices, { limit, cursor, item: (price) => price, position: positionOf }) }
    },
    createPrice: async ({ principal, body }) => ({ status: 201, body: await service.createPrice(principal, body) }),
    deletePrice: async ({ principal, params }) => {
      await service.deletePrice(principal, params.id)
      return { status: 204 }
    },
    createScore: async ({ principal, body }) => ({ status: 201, body: await scores.create(principal, body) }),
    listScores: async ({ organizationId, query: { limit, cursor: _cursor, ...filter }, cursor }) => {
      const page = { limit: limit + 1, after: cursor.after('string')?.[0] }
      const found = await scores.list(organizationId, filter, page)
      return { status: 200, body: pageOf(found, { limit, cursor, item: (one) => one, position: ({ id }) => [id] }) }
    },
    listExecutions: async ({ organizationId, query: { limit, runId, promptId, model }, cursor }) => {
      const page = { limit, after: cursor.after('string')?.[0] }
      const rows = await service.listExecutions(organizationId, { runId, promptId, model }, page)
      return { status: 200, body: pageOf(rows, { limit, cursor, item: toExecution, position: ({ id }) => [id] }) }
    },
  }
}
