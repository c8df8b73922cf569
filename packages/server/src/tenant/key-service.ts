import type { Permission } from '@fairlead/core/base'
import type { ApiKey, NewApiKey } from '@fairlead/core/tenant'
import type { ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { problem } from '../http/index.ts'
import { createSecret, formatApiKey, hashSecret } from './api-key.ts'
import { recordAudit } from './audit.ts'
import type { TenantParts } from './service.ts'
import * as store from './store.ts'

export interface NewKey {
  name: string
  environment: 'live' | 'test'
  scopes: readonly Permission[]
  expiresAt?: string | undefined
}

/** API keys: made, rotated, revoked. A secret leaves once, with the answer that made it. */
export function createKeyService({ database, directory, newId }: TenantParts) {
  return {
    list: (organizationId: string, page: store.PageOf) =>
      database.withOrganization(organizationId, (db) => store.listKeys(db, page)),

    get: (organizationId: string, id: string): Promise<ApiKey> =>
      database.withOrganization(organizationId, async (db) => toApiKey(await requireKey(db, id))),

    /** Nobody makes a key that may do what they may not, or outlives them: a key that ends makes none that ends later. */
    async create(by: Principal, key: NewKey): Promise<NewApiKey> {
      refuseWiderScopes(by, key.scopes)
      return database.withOrganization(by.organizationId, async (db) => {
        const end = await endOf(db, by)
        refuseLaterEnd(end, key.expiresAt)
        const made = { ...key, expiresAt: key.expiresAt ?? end?.toISOString(), maker: by.responsibleUserId }
        return insert(db, by, made, null)
      })
    },

    /** A new key of the same name, scopes and end; the old one goes on working for `overlapSeconds`. */
    async rotate(by: Principal, id: string, overlapSeconds: number): Promise<NewApiKey> {
      const rotated = await database.withOrganization(by.organizationId, async (db) => {
        const old = await requireKey(db, id)
        // Its holder gets a secret with these scopes until that time: that is as good as making one.
        refuseWiderScopes(by, old.scopes as Permission[])
        const end = await endOf(db, by)
        if (end) refuseLaterEnd(end, old.expires_at?.toISOString() ?? 'never')
        if (!(await store.expireKeyIn(db, id, overlapSeconds))) throw notActive(id)
        const expiresAt = old.expires_at?.toISOString()
        const maker = by.responsibleUserId ?? old.created_by
        return insert(db, by, { ...old, scopes: old.scopes as Permission[], expiresAt, maker }, id)
      })
      directory.changed()
      return rotated
    },

    /** Ends a key at once. Doing it again changes nothing. */
    async revoke(by: Principal, id: string): Promise<void> {
      await database.withOrganization(by.organizationId, async (db) => {
        await requireKey(db, id)
        if (!(await store.revokeKey(db, id))) return
        await recordAudit(db, by.organizationId, {
          id: newId(),
          actor: by,
          action: 'key.revoked',
          subject: { kind: 'key', id },
        })
      })
      directory.changed()
    },
  }

  /** `maker` answers for what is done with the key, also where another key of theirs has made it. */
  async function insert(
    db: ScopedDb,
    by: Principal,
    key: NewKey & { maker: string | null },
    replaces: string | null,
  ): Promise<NewApiKey> {
    const { name, environment, scopes, expiresAt, maker } = key
    const secret = createSecret()
    const id = newId()
    const row = await store.insertKey(db, {
      organization_id: by.organizationId,
      id,
      name,
      environment,
      secret_hash: hashSecret(secret),
      scopes: [...new Set(scopes)],
      created_by: maker,
      expires_at: expiresAt ?? null,
      replaces_key_id: replaces,
    })
    await recordAudit(db, by.organizationId, {
      id: newId(),
      actor: by,
      action: replaces === null ? 'key.created' : 'key.rotated',
      subject: { kind: 'key', id },
      data: { name, environment, scopes: row.scopes, expiresAt: expiresAt ?? null, replaces },
    })
    return { ...toApiKey(row), secret: formatApiKey({ environment, id, secret }) }
  }
}

async function requireKey(db: ScopedDb, id: string): Promise<store.KeyRow> {
  const row = await store.findKey(db, id)
  if (row) return row
  throw problem('tenant.not_found', `There is no API key "${id}".`)
}

function refuseWiderScopes(by: Principal, scopes: readonly Permission[]): void {
  const wider = scopes.filter((scope) => !by.permissions.has(scope))
  if (wider.length === 0) return
  throw problem('tenant.scope_too_wide', `You can't give what you don't have: ${wider.join(', ')}.`, {
    data: { scopes: wider },
  })
}

/** When who acts stops acting: the end of their key; undefined for a key without one, and for people. */
async function endOf(db: ScopedDb, by: Principal): Promise<Date | undefined> {
  const key = by.kind === 'key' ? await store.findKey(db, by.id) : undefined
  return key?.expires_at ?? undefined
}

/** `wanted` is a time or "never"; without one the key ends with its maker. */
function refuseLaterEnd(end: Date | undefined, wanted: string | undefined): void {
  if (!end || wanted === undefined || Date.parse(wanted) <= end.getTime()) return
  const until = end.toISOString()
  const what = wanted === 'never' ? 'that never ends' : `that ends at ${wanted}`
  throw problem(
    'tenant.expiry_too_late',
    `You can't give what you don't have: a key ${what}. Yours ends at ${until}.`,
    {
      data: { expiresAt: until },
    },
  )
}

function notActive(id: string) {
  return problem('tenant.key_not_active', `The API key "${id}" has ended: it is revoked or expired. Make a new one.`)
}

export function toApiKey(row: store.KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    environment: row.environment,
    scopes: row.scopes as Permission[],
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    replacesKeyId: row.replaces_key_id,
  }
}
