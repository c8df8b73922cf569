import type { Endpoint } from '../base/endpoint.ts'

/** The prompt room of the HTTP API, as data. Paths are below `/api/v1`; `:id` takes a prompt's id or its key. */
export const promptEndpoints = {
  createPrompt: { method: 'POST', path: '/prompts', permission: 'prompt:write', etag: true },
  listPrompts: { method: 'GET', path: '/prompts', permission: 'prompt:read' },
  getPrompt: { method: 'GET', path: '/prompts/:id', permission: 'prompt:read', etag: true },
  createPromptVersion: {
    method: 'POST',
    path: '/prompts/:id/versions',
    permission: 'prompt:write',
    ifMatch: true,
    etag: true,
  },
  listPromptVersions: { method: 'GET', path: '/prompts/:id/versions', permission: 'prompt:read' },
  getPromptVersion: { method: 'GET', path: '/prompts/:id/versions/:version', permission: 'prompt:read', etag: true },
  getPromptBranch: { method: 'GET', path: '/prompts/:id/branches/:name', permission: 'prompt:read', etag: true },
  renderPrompt: { method: 'POST', path: '/prompts/:id/render', permission: 'prompt:read' },
  tryPrompt: { method: 'POST', path: '/prompts/:id/try', permission: 'prompt:try' },
} as const satisfies Record<string, Endpoint>
