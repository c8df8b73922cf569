import type { Endpoint } from '../base/endpoint.ts'

const read = { method: 'GET', permission: 'experiment:read' } as const
const write = { permission: 'experiment:write', etag: true } as const
const test = '/ab-tests/:id'

/** A/B tests and their lifecycle. Paths are below `/api/v1`; `:id` takes a test's id or its key. An ETag is a test's revision. */
export const abTestEndpoints = {
  createAbTest: { ...write, method: 'POST', path: '/ab-tests' },
  listAbTests: { ...read, path: '/ab-tests' },
  getAbTest: { ...read, path: test, etag: true },
  updateAbTest: { ...write, method: 'PATCH', path: test, ifMatch: true },
  startAbTest: { ...write, method: 'PUT', path: `${test}/start` },
  pauseAbTest: { ...write, method: 'PUT', path: `${test}/pause` },
  resumeAbTest: { ...write, method: 'PUT', path: `${test}/resume` },
  stopAbTest: { ...write, method: 'PUT', path: `${test}/stop` },
  planAbTest: { method: 'POST', path: '/ab-test-plans', permission: 'experiment:read' },
  simulateAbTest: { method: 'POST', path: `${test}/simulation`, permission: 'experiment:read' },
  listAbTestHistory: { ...read, path: `${test}/history` },
} as const satisfies Record<string, Endpoint>

/** Who was shown what, what was observed, and what follows from it. */
export const abEvidenceEndpoints = {
  assignAbTest: { method: 'POST', path: `${test}/assignments`, permission: 'experiment:record' },
  listAbTestAssignments: { ...read, path: `${test}/assignments` },
  recordAbTestEvents: { method: 'POST', path: '/ab-test-events', permission: 'experiment:record' },
  getAbTestResults: { ...read, path: `${test}/results` },
  compareAbTests: { ...read, path: '/ab-test-comparison' },
  listAbTestSnapshots: { ...read, path: `${test}/results/history` },
  takeAbTestLook: { method: 'POST', path: `${test}/looks`, permission: 'experiment:write' },
} as const satisfies Record<string, Endpoint>

/** What applications assign by on their own, and how they hear that it has changed. */
export const abDeliveryEndpoints = {
  getAbTestConfiguration: { ...read, path: '/ab-test-configuration', etag: true },
  streamAbTestChanges: { ...read, path: '/ab-test-changes', stream: true },
} as const satisfies Record<string, Endpoint>

/** What tests share: layers keep them apart, holdouts keep units out of all of them. */
export const abSharingEndpoints = {
  createAbTestLayer: { method: 'POST', path: '/ab-test-layers', permission: 'experiment:write' },
  listAbTestLayers: { ...read, path: '/ab-test-layers' },
  createAbTestHoldout: { method: 'POST', path: '/ab-test-holdouts', permission: 'experiment:write' },
  listAbTestHoldouts: { ...read, path: '/ab-test-holdouts' },
  deleteAbTestHoldout: { method: 'DELETE', path: '/ab-test-holdouts/:id', permission: 'experiment:write' },
} as const satisfies Record<string, Endpoint>

/** The experiment room of the HTTP API, as data. */
export const experimentEndpoints = {
  ...abTestEndpoints,
  ...abEvidenceEndpoints,
  ...abDeliveryEndpoints,
  ...abSharingEndpoints,
} as const
