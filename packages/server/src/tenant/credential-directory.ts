import type { Clock } from '@fairlead/core/base'
import { createId } from '@fairlead/core/base'
import type { Database } from '../database/index.ts'
import * as accounts from './account-store.ts'
import { ShortCache } from './short-cache.ts'
import * as store from './store.ts'

/** A user with what it may enter. */
export interface Account {
  user: accounts.UserRow
  memberships: accounts.MembershipRow[]
}

/** What credentials stand for, as of at most half a second ago on every replica. */
export interface CredentialDirectory {
  /** A key that is valid now, else undefined. */
  findKey(id: string): Promise<store.CredentialRow | undefined>
  /** The user of verified claims, made at its first sight. */
  resolveUser(claims: accounts.UserClaims): Promise<Account>
  membershipsOf(userId: string): Promise<accounts.MembershipRow[]>
  /** Remembers, at most once a minute and in the background, that a key was used. */
  keyUsed(id: string): void
  /** Forgets everything that this process remembers: somebody was given or lost something. */
  changed(): void
  /** Waits for what goes on in the background. */
  close(): Promise<void>
}

const ttlMs = 500
const usedAgainMs = 60_000

export function createCredentialDirectory(database: Database, clock: Clock): CredentialDirectory {
  const keys = new ShortCache<store.CredentialRow | undefined>({ clock, ttlMs })
  const users = new ShortCache<Account>({ clock, ttlMs })
  const members = new ShortCache<accounts.MembershipRow[]>({ clock, ttlMs })
  const used = new Map<string, number>()
  const background = new Set<Promise<unknown>>()
  const newId = () => createId(clock, (bytes) => crypto.getRandomValues(bytes))
  return {
    findKey: (id) => keys.get(id, () => database.withSystem((db) => store.findCredential(db, id))),
    resolveUser: (claims) =>
      users.get(JSON.stringify(claims), () =>
        database.withSystem(async (db) => {
          const user = await accounts.upsertUser(db, newId(), claims)
          return { user, memberships: await accounts.membershipsOf(db, user.id) }
        }),
      ),
    membershipsOf: (userId) =>
      members.get(userId, () => database.withSystem((db) => accounts.membershipsOf(db, userId))),
    keyUsed(id) {
      const now = clock()
      if (now - (used.get(id) ?? Number.NEGATIVE_INFINITY) < usedAgainMs) return
      used.set(id, now)
      // Nobody's request fails because this does.
      const touched = database.withSystem((db) => store.touchKey(db, id)).catch(() => used.delete(id))
      background.add(touched)
      void touched.then(() => background.delete(touched))
    },
    changed() {
      keys.clear()
      users.clear()
      members.clear()
    },
    async close() {
      await Promise.all(background)
    },
  }
}
