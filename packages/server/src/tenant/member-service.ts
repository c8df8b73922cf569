import type { Member, Role } from '@fairlead/core/tenant'
import { mayGrant } from '@fairlead/core/tenant'
import type { ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { problem } from '../http/index.ts'
import { recordAudit } from './audit.ts'
import type { TenantParts } from './service.ts'
import * as store from './store.ts'

/** Who belongs to the organization, and as what. */
export function createMemberService({ database, directory, newId }: TenantParts) {
  return {
    list: (organizationId: string, page: store.PageOf) =>
      database.withOrganization(organizationId, (db) => store.listMembers(db, page)),

    async changeRole(by: Principal, userId: string, role: Role): Promise<Member> {
      const changed = await database.withOrganization(by.organizationId, async (db) => {
        const member = await claimMember(db, by, userId)
        refuseGrant(by, role)
        if (member.role === 'owner' && role !== 'owner') await refuseLastOwner(db)
        await store.updateMemberRole(db, userId, role)
        await audit(db, by, userId, 'member.role_changed', { from: member.role, to: role })
        return toMember({ ...member, role })
      })
      directory.changed()
      return changed
    },

    async remove(by: Principal, userId: string): Promise<void> {
      await database.withOrganization(by.organizationId, async (db) => {
        const member = await claimMember(db, by, userId)
        if (member.role === 'owner') await refuseLastOwner(db)
        await store.deleteMember(db, userId)
        await audit(db, by, userId, 'member.removed', { role: member.role })
      })
      directory.changed()
    },
  }

  async function audit(db: ScopedDb, by: Principal, userId: string, action: string, data: Record<string, unknown>) {
    const subject = { kind: 'member', id: userId } as const
    await recordAudit(db, by.organizationId, { id: newId(), actor: by, action, subject, data })
  }
}

/** Two owners who demote each other at the same moment must not both succeed: the organization's row is their queue. */
async function claimMember(db: ScopedDb, by: Principal, userId: string): Promise<store.MemberRow> {
  await store.lockOrganization(db)
  const member = await store.findMember(db, userId)
  if (!member) throw problem('tenant.not_found', `There is no member "${userId}".`)
  refuseGrant(by, member.role)
  return member
}

/** Throws `tenant.role_too_high` for a role above what the principal is. */
export function refuseGrant(by: Principal, role: Role): void {
  if (mayGrant(by, role)) return
  throw problem('tenant.role_too_high', `The role "${role}" is above what you are: ask somebody who has it.`, {
    data: { role },
  })
}

async function refuseLastOwner(db: ScopedDb): Promise<void> {
  if ((await store.countOwners(db)) > 1) return
  throw problem('tenant.last_owner', 'This is the only owner: make somebody else an owner first.')
}

export function toMember(row: store.MemberRow): Member {
  return {
    userId: row.user_id,
    email: row.email,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
  }
}
