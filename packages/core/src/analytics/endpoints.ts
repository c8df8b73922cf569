import type { Endpoint } from '../base/endpoint.ts'

/** The analytics room of the HTTP API, as data. Paths are below `/api/v1`. */
export const analyticsEndpoints = {
  listPrices: { method: 'GET', path: '/prices', permission: 'analytics:read' },
  createPrice: { method: 'POST', path: '/prices', permission: 'price:write' },
  deletePrice: { method: 'DELETE', path: '/prices/:id', permission: 'price:write' },
  createScore: { method: 'POST', path: '/scores', permission: 'score:write' },
  listScores: { method: 'GET', path: '/scores', permission: 'analytics:read' },
  listExecutions: { method: 'GET', path: '/executions', permission: 'analytics:read' },
} as const satisfies Record<string, Endpoint>
