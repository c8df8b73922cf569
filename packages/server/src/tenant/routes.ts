import type { tenantEndpoints } from '@fairlead/core/tenant'
import type { HandlerContext, Handlers, PageCursor } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import { toApiKey } from './key-service.ts'
import { toMember } from './member-service.ts'
import type { TenantService } from './service.ts'

type Routes = Handlers<keyof typeof tenantEndpoints>

/** The tenant room over HTTP. */
export function createTenantRoutes(service: TenantService): Routes {
  return {
    ...organizationRoutes(service),
    ...memberRoutes(service.members),
    ...invitationRoutes(service.invitations),
    ...keyRoutes(service),
  }
}

function organizationRoutes(
  service: TenantService,
): Pick<Routes, 'getPrincipal' | 'getOrganization' | 'updateOrganization'> {
  return {
    getPrincipal: async ({ principal: { kind, id, organizationId, role, permissions } }) => {
      if (kind === 'system') throw new Error('The system has no credential to ask with.')
      return { status: 200, body: { kind, id, organizationId, role, permissions: [...permissions] } }
    },
    getOrganization: async ({ organizationId }) => {
      const { organization, etag } = await service.getOrganization(organizationId)
      return { status: 200, body: organization, etag }
    },
    updateOrganization: async ({ principal, ifMatch, body: { name, settings } }) => {
      const { organization, etag } = await service.updateOrganization(principal, ifMatch, { name, settings })
      return { status: 200, body: organization, etag }
    },
  }
}

function memberRoutes(
  members: TenantService['members'],
): Pick<Routes, 'listMembers' | 'updateMember' | 'removeMember'> {
  return {
    listMembers: async ({ organizationId, query, cursor }) => {
      const rows = await members.list(organizationId, keyset(query, cursor))
      return {
        status: 200,
        body: pageOf(rows, { ...query, cursor, item: toMember, position: ({ user_id }) => [user_id] }),
      }
    },
    updateMember: async ({ principal, params, body }) => {
      return { status: 200, body: await members.changeRole(principal, params.userId, body.role) }
    },
    removeMember: async ({ principal, params }) => {
      await members.remove(principal, params.userId)
      return { status: 204 }
    },
  }
}

function invitationRoutes(
  invitations: TenantService['invitations'],
): Pick<Routes, 'listInvitations' | 'createInvitation' | 'revokeInvitation' | 'acceptInvitation'> {
  return {
    listInvitations: async ({ organizationId, query, cursor }) => {
      const rows = await invitations.list(organizationId, keyset(query, cursor))
      return {
        status: 200,
        body: pageOf(rows, { ...query, cursor, item: invitations.toInvitation, position: ({ id }) => [id] }),
      }
    },
    createInvitation: async ({ principal, body }) => ({ status: 201, body: await invitations.create(principal, body) }),
    revokeInvitation: async ({ principal, params }) => {
      await invitations.revoke(principal, params.id)
      return { status: 204 }
    },
    acceptInvitation: async ({ principal, body }) => ({
      status: 200,
      body: await invitations.accept(principal, body.token),
    }),
  }
}

function keyRoutes(
  service: TenantService,
): Pick<Routes, 'listKeys' | 'createKey' | 'getKey' | 'rotateKey' | 'revokeKey' | 'createBrowserToken'> {
  const { keys } = service
  return {
    listKeys: async ({ organizationId, query, cursor }) => {
      const rows = await keys.list(organizationId, keyset(query, cursor))
      return { status: 200, body: pageOf(rows, { ...query, cursor, item: toApiKey, position: ({ id }) => [id] }) }
    },
    createKey: async ({ principal, body }) => {
      const key = await keys.create(principal, body)
      return { status: 201, body: key, location: `/keys/${key.id}` }
    },
    getKey: async ({ organizationId, params }) => ({ status: 200, body: await keys.get(organizationId, params.id) }),
    rotateKey: async ({ principal, params, body }) => {
      const key = await keys.rotate(principal, params.id, body.overlapSeconds)
      return { status: 201, body: key, location: `/keys/${key.id}` }
    },
    revokeKey: async ({ principal, params }) => {
      await keys.revoke(principal, params.id)
      return { status: 204 }
    },
    createBrowserToken: async ({ principal, body }) => ({
      status: 201,
      body: await service.mintBrowserToken(principal, body),
    }),
  }
}

function keyset(
  { limit }: HandlerContext<'listKeys'>['query'],
  cursor: PageCursor,
): { limit: number; after: string | undefined } {
  return { limit, after: cursor.after('string')?.[0] }
}
