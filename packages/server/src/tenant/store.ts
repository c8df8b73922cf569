import type { Role } from '@fairlead/core/tenant'
import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'

export type OrganizationRow = Selectable<Tables['organizations']>
export type KeyRow = Selectable<Tables['api_keys']>
export type InvitationRow = Selectable<Tables['invitations']>
export type MemberRow = { user_id: string; role: Role; created_at: Date; email: string | null; name: string | null }

/** Rows of the page after `id`, one more than the page holds. */
export interface PageOf {
  limit: number
  after: string | undefined
}

const now = sql<Date>`now()`
const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`

/** The organization of the scope. */
export async function requireOrganization(db: ScopedDb): Promise<OrganizationRow> {
  return db.selectFrom('organizations').selectAll().executeTakeFirstOrThrow()
}

/** Changes the organization if nobody did since that revision; undefined when somebody did. */
export async function updateOrganization(
  db: ScopedDb,
  { revision, name, settings }: { revision: string; name: string; settings: Record<string, unknown> | undefined },
): Promise<OrganizationRow | undefined> {
  return db
    .updateTable('organizations')
    .set((row) => ({
      name,
      ...(settings && { settings: JSON.stringify(settings) }),
      revision: row('revision', '+', 1),
      updated_at: now,
    }))
    .where(sql<boolean>`revision::text = ${revision}`)
    .returningAll()
    .executeTakeFirst()
}

/** Makes changes to the organization's members wait for each other until the transaction ends. */
export async function lockOrganization(db: ScopedDb): Promise<void> {
  await db.selectFrom('organizations').select('id').forUpdate().execute()
}

function members(db: ScopedDb) {
  return db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(['memberships.user_id', 'memberships.role', 'memberships.created_at', 'users.email', 'users.name'])
}

export async function listMembers(db: ScopedDb, { limit, after }: PageOf): Promise<MemberRow[]> {
  const query = after === undefined ? members(db) : members(db).where('memberships.user_id', '>', after)
  return query
    .orderBy('memberships.user_id')
    .limit(limit + 1)
    .execute()
}

export async function findMember(db: ScopedDb, userId: string): Promise<MemberRow | undefined> {
  return members(db).where('memberships.user_id', '=', userId).executeTakeFirst()
}

export async function countOwners(db: ScopedDb): Promise<number> {
  const { count } = await db
    .selectFrom('memberships')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Makes the user a member; whoever is one already keeps the role. */
export async function insertMember(db: ScopedDb, row: Insertable<Tables['memberships']>): Promise<void> {
  await db
    .insertInto('memberships')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doNothing())
    .execute()
}

export async function updateMemberRole(db: ScopedDb, userId: string, role: Role): Promise<void> {
  await db.updateTable('memberships').set({ role }).where('user_id', '=', userId).execute()
}

export async function deleteMember(db: ScopedDb, userId: string): Promise<void> {
  await db.deleteFrom('memberships').where('user_id', '=', userId).execute()
}

export async function insertInvitation(
  db: ScopedDb,
  { expiresInSeconds, ...row }: Omit<Insertable<Tables['invitations']>, 'expires_at'> & { expiresInSeconds: number },
): Promise<InvitationRow> {
  return db
    .insertInto('invitations')
    .values({ ...row, expires_at: inSeconds(expiresInSeconds) })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function listInvitations(db: ScopedDb, { limit, after }: PageOf): Promise<InvitationRow[]> {
  let query = db.selectFrom('invitations').selectAll()
  if (after !== undefined) query = query.where('id', '<', after)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export async function findInvitation(db: ScopedDb, id: string): Promise<InvitationRow | undefined> {
  return db.selectFrom('invitations').selectAll().where('id', '=', id).executeTakeFirst()
}

/** In a system scope: whoever is invited belongs to no organization yet. */
export async function findInvitationByToken(db: ScopedDb, tokenHash: Uint8Array): Promise<InvitationRow | undefined> {
  return db.selectFrom('invitations').selectAll().where('token_hash', '=', Buffer.from(tokenHash)).executeTakeFirst()
}

/** False when the invitation was accepted, revoked or expired meanwhile. */
export async function acceptInvitation(db: ScopedDb, id: string, userId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('invitations')
    .set({ accepted_at: now, accepted_by: userId })
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function revokeInvitation(db: ScopedDb, id: string): Promise<void> {
  await db
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}

export async function insertKey(db: ScopedDb, row: Insertable<Tables['api_keys']>): Promise<KeyRow> {
  return db.insertInto('api_keys').values(row).returningAll().executeTakeFirstOrThrow()
}

export async function listKeys(db: ScopedDb, { limit, after }: PageOf): Promise<KeyRow[]> {
  let query = db.selectFrom('api_keys').selectAll()
  if (after !== undefined) query = query.where('id', '<', after)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export async function findKey(db: ScopedDb, id: string): Promise<KeyRow | undefined> {
  return db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
}

/** True when this call revoked it, false when it was revoked already. */
export async function revokeKey(db: ScopedDb, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Lets the key end in so many seconds, unless it ends before. False when it has ended already. */
export async function expireKeyIn(db: ScopedDb, id: string, seconds: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ expires_at: sql<Date>`least(expires_at, ${inSeconds(seconds)})` })
    .where('id', '=', id)
    .where(isActive)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export type CredentialRow = Pick<
  KeyRow,
  'organization_id' | 'id' | 'name' | 'environment' | 'secret_hash' | 'scopes' | 'created_by'
>

const isActive = sql<boolean>`revoked_at is null and (expires_at is null or expires_at > now())`

/** In a system scope: a key is looked up before its organization is known. Ended keys are not found. */
export async function findCredential(db: ScopedDb, id: string): Promise<CredentialRow | undefined> {
  return db
    .selectFrom('api_keys')
    .select(['organization_id', 'id', 'name', 'environment', 'secret_hash', 'scopes', 'created_by'])
    .where('id', '=', id)
    .where(isActive)
    .executeTakeFirst()
}

/** In a system scope. At most once a minute, however many replicas see the key. */
export async function touchKey(db: ScopedDb, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where(sql<boolean>`(last_used_at is null or last_used_at < now() - interval '1 minute')`)
    .execute()
}
