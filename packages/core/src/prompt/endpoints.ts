import type { Endpoint } from '../base/endpoint.ts'

// Paths are below `/api/v1`; `:id` takes a prompt's id or its key.

/** Prompts, their versions, and what is done with one. */
export const versionEndpoints = {
  createPrompt: { method: 'POST', path: '/prompts', permission: 'prompt:write', etag: true },
  listPrompts: { method: 'GET', path: '/prompts', permission: 'prompt:read' },
  getPrompt: { method: 'GET', path: '/prompts/:id', permission: 'prompt:read', etag: true },
  updatePrompt: { method: 'PATCH', path: '/prompts/:id', permission: 'prompt:write', ifMatch: true, etag: true },
  createPromptVersion: {
    method: 'POST',
    path: '/prompts/:id/versions',
    permission: 'prompt:write',
    ifMatch: 'or-none',
    etag: true,
  },
  listPromptVersions: { method: 'GET', path: '/prompts/:id/versions', permission: 'prompt:read' },
  getPromptVersion: { method: 'GET', path: '/prompts/:id/versions/:version', permission: 'prompt:read', etag: true },
  renderPrompt: { method: 'POST', path: '/prompts/:id/render', permission: 'prompt:read' },
  tryPrompt: { method: 'POST', path: '/prompts/:id/try', permission: 'prompt:try' },
} as const satisfies Record<string, Endpoint>

const read = { method: 'GET', permission: 'prompt:read', etag: true } as const
const move = { method: 'PUT', permission: 'prompt:write', ifMatch: 'or-none', etag: true } as const
const remove = { method: 'DELETE', permission: 'prompt:write', ifMatch: true } as const

/** Branches, labels and tags; an ETag is the commit hash of the version that the ref points at. */
export const refEndpoints = {
  listPromptRefs: { method: 'GET', path: '/prompts/:id/refs', permission: 'prompt:read' },
  getPromptBranch: { ...read, path: '/prompts/:id/branches/:name' },
  movePromptBranch: { ...move, path: '/prompts/:id/branches/:name' },
  removePromptBranch: { ...remove, path: '/prompts/:id/branches/:name' },
  getPromptLabel: { ...read, path: '/prompts/:id/labels/:name' },
  movePromptLabel: { ...move, path: '/prompts/:id/labels/:name' },
  removePromptLabel: { ...remove, path: '/prompts/:id/labels/:name' },
  getPromptTag: { ...read, path: '/prompts/:id/tags/:name' },
  createPromptTag: { method: 'POST', path: '/prompts/:id/tags', permission: 'prompt:write', etag: true },
  removePromptTag: { ...remove, path: '/prompts/:id/tags/:name' },
  listPromptRefLog: { method: 'GET', path: '/prompts/:id/ref-log', permission: 'prompt:read' },
} as const satisfies Record<string, Endpoint>

const commit = { method: 'POST', permission: 'prompt:write', ifMatch: true, etag: true } as const

/** What is done along the history; what commits has the branch's ETag as If-Match. */
export const historyEndpoints = {
  diffPromptVersions: { method: 'GET', path: '/prompts/:id/diff', permission: 'prompt:read' },
  rollBackPrompt: { ...commit, path: '/prompts/:id/rollback' },
  revertPromptVersion: { ...commit, path: '/prompts/:id/revert' },
  cherryPickPromptVersion: { ...commit, path: '/prompts/:id/cherry-pick' },
  previewPromptMerge: { method: 'POST', path: '/prompts/:id/merge/preview', permission: 'prompt:read' },
  mergePrompt: { ...commit, path: '/prompts/:id/merge' },
  listPromptHistory: { method: 'GET', path: '/prompts/:id/history', permission: 'prompt:read' },
  blamePrompt: { method: 'GET', path: '/prompts/:id/blame', permission: 'prompt:read' },
  verifyPromptHistory: { method: 'GET', path: '/prompts/:id/verification', permission: 'prompt:read' },
} as const satisfies Record<string, Endpoint>

/** What applications and workers fetch, and how they hear that it has moved. */
export const deliveryEndpoints = {
  resolvePrompt: { ...read, path: '/prompts/:id/resolved' },
  streamPromptEvents: { method: 'GET', path: '/prompt-events', permission: 'prompt:read', stream: true },
} as const satisfies Record<string, Endpoint>

/** Whole histories that come and go, as to and from git. */
export const transferEndpoints = {
  exportPrompt: { method: 'GET', path: '/prompts/:id/export', permission: 'prompt:read' },
  importPrompt: { method: 'POST', path: '/prompts/import', permission: 'prompt:import' },
} as const satisfies Record<string, Endpoint>

const request = '/prompts/:id/merge-requests/:requestId'

/** What protects refs, and how people let a change through. */
export const reviewEndpoints = {
  listProtectionRules: { method: 'GET', path: '/prompt-protection-rules', permission: 'prompt:read' },
  createProtectionRule: { method: 'POST', path: '/prompt-protection-rules', permission: 'prompt:protect', etag: true },
  getProtectionRule: { method: 'GET', path: '/prompt-protection-rules/:id', permission: 'prompt:read', etag: true },
  updateProtectionRule: {
    method: 'PUT',
    path: '/prompt-protection-rules/:id',
    permission: 'prompt:protect',
    ifMatch: true,
    etag: true,
  },
  deleteProtectionRule: {
    method: 'DELETE',
    path: '/prompt-protection-rules/:id',
    permission: 'prompt:protect',
    ifMatch: true,
  },
  listPromptChecks: { method: 'GET', path: '/prompts/:id/checks', permission: 'prompt:read' },
  setPromptCheck: { method: 'PUT', path: '/prompts/:id/checks', permission: 'prompt:check' },
  createMergeRequest: { method: 'POST', path: '/prompts/:id/merge-requests', permission: 'prompt:write' },
  listMergeRequests: { method: 'GET', path: '/prompts/:id/merge-requests', permission: 'prompt:read' },
  getMergeRequest: { method: 'GET', path: request, permission: 'prompt:read' },
  closeMergeRequest: { method: 'POST', path: `${request}/close`, permission: 'prompt:write' },
  previewMergeRequest: { method: 'GET', path: `${request}/preview`, permission: 'prompt:read' },
  reviewMergeRequest: { method: 'POST', path: `${request}/reviews`, permission: 'prompt:write' },
  mergeMergeRequest: { method: 'POST', path: `${request}/merge`, permission: 'prompt:write' },
} as const satisfies Record<string, Endpoint>

/** The prompt room of the HTTP API, as data. */
export const promptEndpoints = {
  ...versionEndpoints,
  ...deliveryEndpoints,
  ...refEndpoints,
  ...historyEndpoints,
  ...transferEndpoints,
  ...reviewEndpoints,
} as const
