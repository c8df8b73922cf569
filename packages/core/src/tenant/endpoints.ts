import type { Endpoint } from '../base/endpoint.ts'

/** The tenant room of the HTTP API, as data. Paths are below `/api/v1`; the organization is the credential's. */
export const tenantEndpoints = {
  getPrincipal: { method: 'GET', path: '/me', permission: null },
  getOrganization: { method: 'GET', path: '/organization', permission: 'organization:read', etag: true },
  updateOrganization: {
    method: 'PUT',
    path: '/organization',
    permission: 'organization:write',
    ifMatch: true,
    etag: true,
  },
  listMembers: { method: 'GET', path: '/members', permission: 'member:read' },
  updateMember: { method: 'PUT', path: '/members/:userId', permission: 'member:write' },
  removeMember: { method: 'DELETE', path: '/members/:userId', permission: 'member:write' },
  listInvitations: { method: 'GET', path: '/invitations', permission: 'member:read' },
  createInvitation: { method: 'POST', path: '/invitations', permission: 'member:write' },
  revokeInvitation: { method: 'DELETE', path: '/invitations/:id', permission: 'member:write' },
  acceptInvitation: { method: 'POST', path: '/invitations/accept', permission: null, identity: 'user' },
  listKeys: { method: 'GET', path: '/keys', permission: 'key:read' },
  createKey: { method: 'POST', path: '/keys', permission: 'key:write' },
  getKey: { method: 'GET', path: '/keys/:id', permission: 'key:read' },
  rotateKey: { method: 'POST', path: '/keys/:id/rotate', permission: 'key:write' },
  revokeKey: { method: 'DELETE', path: '/keys/:id', permission: 'key:write' },
  createBrowserToken: { method: 'POST', path: '/browser-tokens', permission: 'token:write' },
} as const satisfies Record<string, Endpoint>
