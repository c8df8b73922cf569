import type { ProtectionRule } from '@fairlead/core/prompt'
import type { Role } from '@fairlead/core/tenant'
import type { Database } from '../../database/index.ts'
import type { BackendKind } from '../../database/testing/index.ts'
import { createOrganization, newId, openTestDatabase } from '../../database/testing/index.ts'
import type { Actor } from '../actor.ts'
import type { CheckSource } from '../ports.ts'
import { createPromptServices } from '../services.ts'

/** The services of the prompt room over one test database, with a clock that goes on by a second at every look. */
export async function openPromptRoom(kind: BackendKind, checks: CheckSource[] = []) {
  const database = await openTestDatabase(kind, { poolSize: 6, acquireTimeoutMs: 30_000 })
  let now = 1_800_000_000_000
  const clock = () => (now += 1_000)
  const audited: unknown[] = []
  const audit = async (_db: unknown, _organizationId: string, entry: unknown) => void audited.push(entry)
  const services = createPromptServices({ database, clock, createId: newId, checks, audit })
  return { database, audited, ...services, newOrganization: () => createOrganization(database) }
}

export type TestPromptRoom = Awaited<ReturnType<typeof openPromptRoom>>

export function keyActor(name = 'A key'): Actor {
  return {
    author: { name, email: 'key@example.com' },
    userId: null,
    responsibleUserId: null,
    kind: 'key',
    id: newId(),
    role: null,
  }
}

/** A rule that asks for nothing. */
export const noRule: Omit<ProtectionRule, 'id' | 'createdAt' | 'updatedAt' | 'refKind'> = {
  promptId: null,
  pattern: 'main',
  noDirectCommit: false,
  requiredApprovals: 0,
  dismissStale: true,
  authorMayApprove: false,
  linearHistory: false,
  requiredChecks: [],
  allowReset: false,
  bypassRoles: [],
  includeAdmins: true,
}

/** A member of the organization. */
export async function personActor(database: Database, organizationId: string, role: Role = 'editor'): Promise<Actor> {
  const id = newId()
  const name = `A ${role}`
  await database.withSystem(async (db) => {
    await db
      .insertInto('users')
      .values({ id, issuer: 'https://issuer.example.com', subject: id, name, email: `${id}@example.com` } as never)
      .execute()
    await db
      .insertInto('memberships')
      .values({ organization_id: organizationId, user_id: id, role } as never)
      .execute()
  })
  return { author: { name, email: `${id}@example.com` }, userId: id, responsibleUserId: id, kind: 'user', id, role }
}
