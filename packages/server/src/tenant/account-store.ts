import type { Role } from '@fairlead/core/tenant'
import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'

export type UserRow = Selectable<Tables['users']>
export type MembershipRow = { organization_id: string; slug: string; role: Role }

export interface UserClaims {
  issuer: string
  subject: string
  email: string | null
  name: string | null
}

/** In a system scope, as all of this file. The user of these claims, made at the first sight and kept up to date. */
export async function upsertUser(db: ScopedDb, id: string, claims: UserClaims): Promise<UserRow> {
  const known = await db
    .selectFrom('users')
    .selectAll()
    .where('issuer', '=', claims.issuer)
    .where('subject', '=', claims.subject)
    .where(sql<boolean>`last_seen_at > now() - interval '1 minute'`)
    .executeTakeFirst()
  if (known && known.email === claims.email && known.name === claims.name) return known
  const seen = { email: claims.email, name: claims.name, last_seen_at: sql<Date>`now()` }
  return db
    .insertInto('users')
    .values({ id, issuer: claims.issuer, subject: claims.subject, ...seen })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doUpdateSet(seen))
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function membershipsOf(db: ScopedDb, userId: string): Promise<MembershipRow[]> {
  return db
    .selectFrom('memberships')
    .innerJoin('organizations', 'organizations.id', 'memberships.organization_id')
    .select(['memberships.organization_id', 'organizations.slug', 'memberships.role'])
    .where('memberships.user_id', '=', userId)
    .orderBy('organizations.slug')
    .execute()
}

/** False when the slug is taken. */
export async function insertOrganization(
  db: ScopedDb,
  row: { id: string; slug: string; name: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('organizations')
    .values(row)
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function findOrganizationBySlug(
  db: ScopedDb,
  slug: string,
): Promise<{ id: string; name: string } | undefined> {
  return db.selectFrom('organizations').select(['id', 'name']).where('slug', '=', slug).executeTakeFirst()
}

export async function listOrganizations(db: ScopedDb): Promise<{ id: string; slug: string; name: string }[]> {
  return db.selectFrom('organizations').select(['id', 'slug', 'name']).orderBy('slug').execute()
}

/** The secret of that name, made at the first call of all replicas. */
export async function serverSecret(db: ScopedDb, name: string, fresh: Uint8Array): Promise<Buffer> {
  await db
    .insertInto('server_secrets')
    .values({ name, value: fresh })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { value } = await db
    .selectFrom('server_secrets')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return value
}
