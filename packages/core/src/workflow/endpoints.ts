import type { Endpoint } from '../base/endpoint.ts'

/** The workflow room of the HTTP API, as data. Paths are below `/api/v1`. */
export const workflowEndpoints = {
  createWorkflow: { method: 'POST', path: '/workflows', permission: 'workflow:write', etag: true },
  listWorkflows: { method: 'GET', path: '/workflows', permission: 'workflow:read' },
  validateWorkflow: { method: 'POST', path: '/workflows/validate', permission: 'workflow:read' },
  getWorkflow: { method: 'GET', path: '/workflows/:id', permission: 'workflow:read', etag: true },
  updateWorkflow: { method: 'PUT', path: '/workflows/:id', permission: 'workflow:write', ifMatch: true, etag: true },
  archiveWorkflow: { method: 'DELETE', path: '/workflows/:id', permission: 'workflow:write', ifMatch: true },
  listWorkflowVersions: { method: 'GET', path: '/workflows/:id/versions', permission: 'workflow:read' },
  executeWorkflow: { method: 'POST', path: '/workflows/:id/execute', permission: 'run:execute' },
  listWorkflowRuns: { method: 'GET', path: '/workflows/:id/runs', permission: 'run:read' },
  listRuns: { method: 'GET', path: '/runs', permission: 'run:read' },
  getRun: { method: 'GET', path: '/runs/:id', permission: 'run:read' },
  streamRunEvents: { method: 'GET', path: '/runs/:id/events', permission: 'run:read', stream: true },
  resumeRun: { method: 'POST', path: '/runs/:id/resume', permission: 'run:resume' },
  cancelRun: { method: 'POST', path: '/runs/:id/cancel', permission: 'run:execute' },
  getCatalog: { method: 'GET', path: '/catalog', permission: 'workflow:read' },
} as const satisfies Record<string, Endpoint>
