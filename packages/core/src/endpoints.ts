// All in one, or by room, for a client that loads its rooms one by one.
export { analyticsEndpoints } from './analytics/endpoints.ts'
export { type EndpointName, endpoints } from './endpoint-table.ts'
export { experimentEndpoints } from './experiment/endpoints.ts'
export { promptEndpoints } from './prompt/endpoints.ts'
export { tenantEndpoints } from './tenant/endpoints.ts'
export { workflowEndpoints } from './workflow/endpoints.ts'
