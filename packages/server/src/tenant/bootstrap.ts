import { randomBytes } from 'node:crypto'
import type { Permission } from '@fairlead/core/base'
import { FairleadError, isId, permissions } from '@fairlead/core/base'
import type { ApiKey, NewApiKey } from '@fairlead/core/tenant'
import type { Database } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import * as accounts from './account-store.ts'
import { toApiKey } from './key-service.ts'
import type { TenantService } from './service.ts'

export interface BootstrapRequest {
  name: string
  /** Lower-case letters, digits and dashes. */
  slug: string
  keyName: string
}

export interface BootstrappedOrganization {
  organization: { id: string; slug: string; name: string }
  /** May do everything in the organization; its secret is shown here and never again. */
  key: NewApiKey
}

export interface OperatorKey {
  name: string
  scopes?: readonly Permission[]
  environment?: 'live' | 'test'
  expiresAt?: string
}

const slugPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** What is done from outside of every organization: by whoever runs the server, never over HTTP. */
export function createOperator(database: Database, tenant: TenantService, newId: () => string) {
  async function requireOrganization(slug: string): Promise<{ id: string }> {
    const organization = await database.withSystem((db) => accounts.findOrganizationBySlug(db, slug))
    if (organization) return organization
    throw new FairleadError('tenant.not_found', `There is no organization "${slug}".`)
  }

  return {
    listOrganizations: () => database.withSystem(accounts.listOrganizations),

    /** Creates an organization with a key of all scopes. Throws `tenant.slug_taken` and `tenant.invalid_slug`. */
    async bootstrapOrganization({ name, slug, keyName }: BootstrapRequest): Promise<BootstrappedOrganization> {
      if (!slugPattern.test(slug)) {
        throw new FairleadError(
          'tenant.invalid_slug',
          `The slug "${slug}" must be 1 to 63 lower-case letters, digits or dashes, with no dash at either end.`,
        )
      }
      const id = newId()
      if (!(await database.withSystem((db) => accounts.insertOrganization(db, { id, slug, name })))) {
        throw new FairleadError('tenant.slug_taken', `There is an organization "${slug}" already. Choose another slug.`)
      }
      const key = await tenant.keys.create(systemOf(id), { name: keyName, environment: 'live', scopes: permissions })
      return { organization: { id, slug, name }, key }
    },

    /** The first organization of an empty database, undefined when there is one, by whichever replica. */
    async bootstrapFirst(request: BootstrapRequest): Promise<BootstrappedOrganization | undefined> {
      if ((await this.listOrganizations()).length > 0) return undefined
      try {
        return await this.bootstrapOrganization(request)
      } catch (error) {
        // Another replica was faster.
        if (error instanceof FairleadError && error.code === 'tenant.slug_taken') return undefined
        throw error
      }
    },

    /** Throws `tenant.not_found`. */
    organizationOf: async (slug: string): Promise<string> => (await requireOrganization(slug)).id,

    /** A key for that organization; every scope unless some are given. Throws `tenant.not_found`. */
    createKey: async (
      slug: string,
      { name, scopes = permissions, environment = 'live', expiresAt }: OperatorKey,
    ): Promise<NewApiKey> => {
      const { id } = await requireOrganization(slug)
      return tenant.keys.create(systemOf(id), { name, environment, scopes, expiresAt })
    },

    /** All keys of that organization, newest first. Throws `tenant.not_found`. */
    listKeys: async (slug: string): Promise<ApiKey[]> => {
      const { id } = await requireOrganization(slug)
      const rows = await tenant.keys.list(id, { limit: Number.MAX_SAFE_INTEGER - 1, after: undefined })
      return rows.map(toApiKey)
    },

    /** Throws `tenant.not_found`. */
    revokeKey: async (slug: string, keyId: string): Promise<void> => {
      const { id } = await requireOrganization(slug)
      if (!isId(keyId)) throw new FairleadError('tenant.not_found', `There is no API key "${keyId}": that is no id.`)
      await tenant.keys.revoke(systemOf(id), keyId)
    },
  }
}

export type Operator = ReturnType<typeof createOperator>

/** Whoever runs the server, acting in an organization. */
function systemOf(organizationId: string, scopes: readonly Permission[] = permissions): Principal {
  return {
    kind: 'system',
    id: 'operator',
    organizationId,
    role: null,
    permissions: new Set(scopes),
    userId: null,
    responsibleUserId: null,
    name: 'Operator',
    email: null,
  }
}

/** The secret that signs and encrypts: the configured one, else one that is made once and kept in the database. */
export async function resolveServerSecret(database: Database, configured: string | undefined): Promise<Uint8Array> {
  if (configured !== undefined) return Buffer.from(configured)
  return database.withSystem((db) => accounts.serverSecret(db, 'signing', randomBytes(32)))
}
