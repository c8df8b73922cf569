import type { Invitation, Member, Role } from '@fairlead/core/tenant'
import type { Principal, UserIdentity } from '../http/index.ts'
import { problem } from '../http/index.ts'
import { createSecret, hashSecret } from './api-key.ts'
import { recordAudit } from './audit.ts'
import { refuseGrant, toMember } from './member-service.ts'
import type { TenantParts } from './service.ts'
import * as store from './store.ts'

const weekSeconds = 7 * 86_400
const tokenPrefix = 'fli_'

/** Invitations: a token that leaves once, good for the person whose verified e-mail address it was made for. */
export function createInvitationService({ database, directory, clock, newId }: TenantParts) {
  return {
    list: (organizationId: string, page: store.PageOf) =>
      database.withOrganization(organizationId, (db) => store.listInvitations(db, page)),

    toInvitation: (row: store.InvitationRow) => toInvitation(row, clock()),

    async create(by: Principal, { email, role, expiresInSeconds = weekSeconds }: NewInvitation) {
      refuseGrant(by, role)
      const token = tokenPrefix + createSecret()
      return database.withOrganization(by.organizationId, async (db) => {
        const row = await store.insertInvitation(db, {
          organization_id: by.organizationId,
          id: newId(),
          email,
          role,
          token_hash: hashSecret(token),
          invited_by: by.userId,
          expiresInSeconds,
        })
        const subject = { kind: 'invitation', id: row.id } as const
        await recordAudit(db, by.organizationId, {
          id: newId(),
          actor: by,
          action: 'invitation.created',
          subject,
          data: { email, role },
        })
        return { ...toInvitation(row, clock()), token }
      })
    },

    /** Revoking what was accepted or revoked already changes nothing. */
    async revoke(by: Principal, id: string): Promise<void> {
      await database.withOrganization(by.organizationId, async (db) => {
        const row = await store.findInvitation(db, id)
        if (!row) throw problem('tenant.not_found', `There is no invitation "${id}".`)
        if (row.accepted_at || row.revoked_at) return
        refuseGrant(by, row.role)
        await store.revokeInvitation(db, id)
        const subject = { kind: 'invitation', id } as const
        await recordAudit(db, by.organizationId, { id: newId(), actor: by, action: 'invitation.revoked', subject })
      })
    },

    /** Accepting one's own invitation again answers the same, so that a lost answer can be asked for again. */
    async accept(person: UserIdentity, token: string): Promise<Member> {
      const invitation = await database.withSystem((db) => store.findInvitationByToken(db, hashSecret(token)))
      if (!invitation) throw problem('tenant.not_found', 'There is no invitation with this token.')
      refuseOtherPerson(person, invitation.email)
      const { organization_id, id, role } = invitation
      const member = await database.withOrganization(organization_id, async (db) => {
        if (await store.acceptInvitation(db, id, person.userId)) {
          await store.insertMember(db, { organization_id, user_id: person.userId, role })
          const actor = { kind: 'user', id: person.userId } as const
          const subject = { kind: 'invitation', id } as const
          await recordAudit(db, organization_id, {
            id: newId(),
            actor,
            action: 'invitation.accepted',
            subject,
            data: { role },
          })
        } else if (invitation.accepted_by !== person.userId) throw notUsable()
        return store.findMember(db, person.userId)
      })
      if (!member) throw notUsable()
      directory.changed()
      return toMember(member)
    },
  }
}

export interface NewInvitation {
  email: string
  role: Role
  expiresInSeconds?: number | undefined
}

function refuseOtherPerson({ email, emailVerified }: UserIdentity, invited: string): void {
  if (emailVerified && email?.toLowerCase() === invited.toLowerCase()) return
  throw problem(
    'tenant.email_mismatch',
    'The invitation is for another e-mail address than the verified one of your account.',
  )
}

function notUsable() {
  return problem(
    'tenant.invitation_not_usable',
    'The invitation was used, revoked, or has expired. Ask for another one.',
  )
}

function toInvitation(row: store.InvitationRow, now: number): Invitation {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    status: statusOf(row, now),
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
  }
}

function statusOf({ accepted_at, revoked_at, expires_at }: store.InvitationRow, now: number): Invitation['status'] {
  if (accepted_at) return 'accepted'
  if (revoked_at) return 'revoked'
  return expires_at.getTime() <= now ? 'expired' : 'pending'
}
