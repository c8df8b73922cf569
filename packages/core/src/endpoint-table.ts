import { analyticsEndpoints } from './analytics/endpoints.ts'
import { experimentEndpoints } from './experiment/endpoints.ts'
import { promptEndpoints } from './prompt/endpoints.ts'
import { tenantEndpoints } from './tenant/endpoints.ts'
import { workflowEndpoints } from './workflow/endpoints.ts'

/** Every endpoint of the HTTP API by name. */
export const endpoints = {
  ...tenantEndpoints,
  ...workflowEndpoints,
  ...promptEndpoints,
  ...experimentEndpoints,
  ...analyticsEndpoints,
} as const

export type EndpointName = keyof typeof endpoints
