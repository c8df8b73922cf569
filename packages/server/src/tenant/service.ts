import type { Clock, Permission } from '@fairlead/core/base'
import type { Organization } from '@fairlead/core/tenant'
import type { Database } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { problem } from '../http/index.ts'
import { recordAudit } from './audit.ts'
import type { BrowserTokens } from './browser-token.ts'
import type { CredentialDirectory } from './credential-directory.ts'
import { createInvitationService } from './invitation-service.ts'
import { createKeyService } from './key-service.ts'
import { createMemberService } from './member-service.ts'
import * as store from './store.ts'

export interface TenantParts {
  database: Database
  directory: CredentialDirectory
  browserTokens: BrowserTokens
  clock: Clock
  newId: () => string
}

export type TenantService = ReturnType<typeof createTenantService>

/** The rules of organizations, people and credentials. Every change is one transaction with its audit entry. */
export function createTenantService(parts: TenantParts) {
  const { database, browserTokens, newId } = parts
  return {
    keys: createKeyService(parts),
    members: createMemberService(parts),
    invitations: createInvitationService(parts),

    getOrganization: (organizationId: string): Promise<VersionedOrganization> =>
      database.withOrganization(organizationId, async (db) => toOrganization(await store.requireOrganization(db))),

    /** Replaces name and settings if nobody did since `revision`. */
    updateOrganization: (by: Principal, revision: string, change: OrganizationChange): Promise<VersionedOrganization> =>
      database.withOrganization(by.organizationId, async (db) => {
        const row = await store.updateOrganization(db, { revision, ...change })
        if (!row) throw changedMeanwhile(toOrganization(await store.requireOrganization(db)))
        const subject = { kind: 'organization', id: row.id } as const
        await recordAudit(db, row.id, {
          id: newId(),
          actor: by,
          action: 'organization.updated',
          subject,
          data: { ...change },
        })
        return toOrganization(row)
      }),

    /** A token for a page, with scopes that its minter has. */
    async mintBrowserToken(by: Principal, { scopes, subject, expiresInSeconds }: BrowserTokenRequest) {
      const wider = scopes.filter((scope) => !by.permissions.has(scope))
      if (wider.length > 0) {
        throw problem('tenant.scope_too_wide', `You can't give what you don't have: ${wider.join(', ')}.`, {
          data: { scopes: wider },
        })
      }
      if (by.kind !== 'key' && by.kind !== 'user') {
        throw problem('auth.forbidden', 'A browser token is minted with an API key or by a member.')
      }
      const mintedBy = { kind: by.kind, id: by.id }
      return browserTokens.mint(
        { organizationId: by.organizationId, subject, scopes: [...scopes], mintedBy },
        expiresInSeconds,
      )
    },
  }
}

export interface OrganizationChange {
  name: string
  settings: Record<string, unknown> | undefined
}

export interface BrowserTokenRequest {
  scopes: readonly Permission[]
  subject: string
  expiresInSeconds: number
}

export interface VersionedOrganization {
  organization: Organization
  /** Its ETag: the revision. */
  etag: string
}

function toOrganization(row: store.OrganizationRow): VersionedOrganization {
  const { id, slug, name } = row
  const settings = row.settings as Record<string, unknown>
  return {
    organization: { id, slug, name, settings, createdAt: row.created_at.toISOString() },
    etag: String(row.revision),
  }
}

function changedMeanwhile({ organization, etag }: VersionedOrganization) {
  return problem(
    'tenant.organization_changed',
    'The organization has changed since it was read. Read it again and redo the change.',
    {
      data: { current: organization, etag },
    },
  )
}
