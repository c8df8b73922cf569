import type { ResponseOf } from '@fairlead/core/contract'
import type { Role } from '@fairlead/core/tenant'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends, newId } from '../database/testing/index.ts'
import { expectProblem } from '../http/testing/expect-problem.suite.ts'
import type { Inhabitant, InhabitedServer } from '../http/testing/inhabited-server.suite.ts'
import { openInhabitedServer } from '../http/testing/inhabited-server.suite.ts'

let server: InhabitedServer
let acme: Inhabitant
let count = 0

const invite = (email: string, role: Role, credential = acme.key) =>
  server.call('createInvitation', { credential, body: { email, role } })
const accept = (token: string, credential: string) => server.call('acceptInvitation', { credential, body: { token } })
const change = (userId: string, role: Role, credential: string) =>
  server.call('updateMember', { credential, params: { userId }, body: { role } })
const remove = (userId: string, credential: string) => server.call('removeMember', { credential, params: { userId } })

async function tokenOf(email: string, role: Role): Promise<string> {
  return (await acme.ask('createInvitation', { body: { email, role } })).body.token
}

/** Lets time pass where it counts: in the database. */
async function expire(table: 'invitations' | 'api_keys', id: string): Promise<void> {
  await server.controlPlane.database.withOrganization(acme.id, (db) =>
    sql`update ${sql.table(table)} set expires_at = now() - interval '1 s' where id = ${id}`.execute(db),
  )
}

async function roleOf(userId: string): Promise<Role | undefined> {
  const { body } = await acme.ask('listMembers', {})
  return body.data.find((member) => member.userId === userId)?.role
}

describe.each(backends)('the tenant room on %s', (kind) => {
  beforeAll(async () => {
    server = await openInhabitedServer({}, kind)
  })
  afterAll(async () => {
    await server.close()
  })
  // An organization of its own for each test.
  beforeEach(async () => {
    acme = await server.inhabit(`acme-${++count}`)
  })

  describe('an invitation', () => {
    test('makes the person whose address it names a member, once', async () => {
      const { token, email } = await acme.stranger()
      expectProblem(await server.call('getPrincipal', { credential: token }), {
        status: 403,
        code: 'auth.no_organization',
      })
      const invitation = (await invite(email, 'editor')).body as ResponseOf<'createInvitation'>
      expect(invitation).toMatchObject({ email, role: 'editor', status: 'pending' })
      const member = await accept(invitation.token, token)
      expect(member.body).toMatchObject({ email, role: 'editor' })
      expect((await server.call('getPrincipal', { credential: token })).body).toMatchObject({
        kind: 'user',
        role: 'editor',
      })
      // A lost answer can be asked for again.
      expect((await accept(invitation.token, token)).body).toEqual(member.body)
      const { body } = await acme.ask('listInvitations', {})
      expect(body.data).toMatchObject([{ id: invitation.id, status: 'accepted' }])
      expect(JSON.stringify(body)).not.toContain(invitation.token)
    })

    test('is of no use to anybody else', async () => {
      const [invited, other] = [await acme.stranger(), await acme.stranger()]
      const token = await tokenOf(invited.email, 'admin')
      expectProblem(await accept(token, other.token), { status: 403, code: 'tenant.email_mismatch' })
      expectProblem(await accept('fli_unknown', other.token), { status: 404, code: 'tenant.not_found' })
      expect((await accept(token, invited.token)).status).toBe(200)
      expectProblem(await accept(token, other.token), { status: 403, code: 'tenant.email_mismatch' })
    })

    test('does not mind how the address is written', async () => {
      const { token, email } = await acme.stranger()
      expect((await accept(await tokenOf(email.toUpperCase(), 'viewer'), token)).status).toBe(200)
    })

    test.each(['revoked', 'expired'] as const)('that is %s makes nobody a member', async (end) => {
      const { token, email } = await acme.stranger()
      const { body } = await acme.ask('createInvitation', { body: { email, role: 'viewer' } })
      if (end === 'revoked') await acme.ask('revokeInvitation', { params: { id: body.id } })
      else await expire('invitations', body.id)
      expectProblem(await accept(body.token, token), { status: 409, code: 'tenant.invitation_not_usable' })
      expect((await acme.ask('listInvitations', {})).body.data).toMatchObject([{ status: end }])
    })

    test('does not bring back who was removed, and does not lower who is more already', async () => {
      const { token, email } = await acme.stranger()
      const first = await tokenOf(email, 'editor')
      const { userId } = (await accept(first, token)).body as ResponseOf<'acceptInvitation'>
      expect((await accept(await tokenOf(email, 'viewer'), token)).body).toMatchObject({ role: 'editor' })
      await acme.ask('removeMember', { params: { userId } })
      expectProblem(await accept(first, token), { status: 409, code: 'tenant.invitation_not_usable' })
    })
  })

  describe('nobody reaches above what they are', () => {
    test('an admin makes, changes and removes no owner, and invites none', async () => {
      const [owner, admin, viewer] = [await acme.join('owner'), await acme.join('admin'), await acme.join('viewer')]
      const refused = { status: 403, code: 'tenant.role_too_high' }
      expectProblem(await change(owner.userId, 'viewer', admin.token), refused)
      expectProblem(await remove(owner.userId, admin.token), refused)
      expectProblem(await change(admin.userId, 'owner', admin.token), refused)
      expectProblem(await change(viewer.userId, 'owner', admin.token), refused)
      expectProblem(await invite('a@example.com', 'owner', admin.token), refused)
      expect((await change(viewer.userId, 'admin', admin.token)).status).toBe(200)
      expect([await roleOf(owner.userId), await roleOf(admin.userId)]).toEqual(['owner', 'admin'])
    })

    test('an admin does not get there by a key either', async () => {
      const [owner, admin] = [await acme.join('owner'), await acme.join('admin')]
      const { body } = await server.call('getPrincipal', { credential: admin.token })
      const scopes = (body as ResponseOf<'getPrincipal'>).permissions
      const key = await server.call('createKey', { credential: admin.token, body: { name: 'mighty', scopes } })
      const { secret } = key.body as ResponseOf<'createKey'>
      const refused = { status: 403, code: 'tenant.role_too_high' }
      expectProblem(await change(admin.userId, 'owner', secret), refused)
      expectProblem(await invite('a@example.com', 'owner', secret), refused)
      expectProblem(await remove(owner.userId, secret), refused)
      const mightier = await server.call('createKey', {
        credential: secret,
        body: { name: 'x', scopes: ['owner:write'] },
      })
      expectProblem(mightier, { status: 403, code: 'tenant.scope_too_wide' })
    })

    test('a key makes and rotates no key that may do more', async () => {
      const small = await acme.ask('createKey', { body: { name: 'small', scopes: ['key:write', 'run:read'] } })
      const wide = await acme.ask('createKey', { body: { name: 'wide', scopes: ['key:write', 'prompt:write'] } })
      const credential = small.body.secret
      const refused = { status: 403, code: 'tenant.scope_too_wide' }
      const made = await server.call('createKey', {
        credential,
        body: { name: 'x', scopes: ['run:read', 'prompt:write'] },
      })
      expect(expectProblem(made, refused).scopes).toEqual(['prompt:write'])
      const params = { id: wide.body.id }
      expectProblem(await server.call('rotateKey', { credential, params, body: {} }), refused)
      const same = await server.call('createKey', { credential, body: { name: 'x', scopes: ['run:read', 'run:read'] } })
      expect((same.body as ResponseOf<'createKey'>).scopes).toEqual(['run:read'])
    })
  })

  describe('the last owner', () => {
    test('stays: nobody removes or lowers them, not even they themselves', async () => {
      const owner = await acme.join('owner')
      for (const credential of [owner.token, acme.key]) {
        expectProblem(await change(owner.userId, 'admin', credential), { status: 409, code: 'tenant.last_owner' })
        expectProblem(await remove(owner.userId, credential), { status: 409, code: 'tenant.last_owner' })
      }
      const other = await acme.join('owner')
      expect((await remove(owner.userId, owner.token)).status).toBe(204)
      expectProblem(await remove(other.userId, acme.key), { status: 409, code: 'tenant.last_owner' })
    })

    test('stays also when two owners remove each other at the same moment', async () => {
      const [one, two] = [await acme.join('owner'), await acme.join('owner')]
      const removed = await Promise.all([remove(two.userId, one.token), remove(one.userId, two.token)])
      expect(removed.map(({ status }) => status).toSorted()[0]).toBe(204)
      expect((await acme.ask('listMembers', {})).body.data).toHaveLength(1)
    })
  })

  describe('a key', () => {
    const works = async (secret: string) => (await server.call('getPrincipal', { credential: secret })).status === 200

    test('shows its secret once', async () => {
      const { body } = await acme.ask('createKey', { body: { name: 'once', scopes: ['run:read'] } })
      expect(await works(body.secret)).toBe(true)
      const { secret, ...rest } = body
      const [, , , hidden] = secret.split('_')
      const read = (await acme.ask('getKey', { params: { id: body.id } })).body
      expect({ ...read, lastUsedAt: null }).toEqual(rest)
      expect(JSON.stringify([read, (await acme.ask('listKeys', {})).body])).not.toContain(hidden)
    })

    test('goes on working for a while after it was rotated, and ends with that while', async () => {
      const { body: old } = await acme.ask('createKey', { body: { name: 'rotated', scopes: ['run:read'] } })
      const rotate = (overlapSeconds: number, id: string) =>
        acme.ask('rotateKey', { params: { id }, body: { overlapSeconds } })
      const { body: next } = await rotate(60, old.id)
      expect(next).toMatchObject({ name: 'rotated', scopes: ['run:read'], replacesKeyId: old.id })
      expect([await works(old.secret), await works(next.secret)]).toEqual([true, true])
      const { body: last } = await rotate(0, next.id)
      expect([await works(next.secret), await works(last.secret)]).toEqual([false, true])
      const again = await server.call('rotateKey', { credential: acme.key, params: { id: next.id }, body: {} })
      expectProblem(again, { status: 409, code: 'tenant.key_not_active' })
    })

    test('ends at its time', async () => {
      const { body } = await acme.ask('createKey', { body: { name: 'short', scopes: ['run:read'] } })
      await expire('api_keys', body.id)
      expect(await works(body.secret)).toBe(false)
    })

    test('that ends makes and rotates none that ends later', async () => {
      const [end, sooner, later] = [2999, 2998, 3000].map((year) => `${year}-01-01T00:00:00.000Z`)
      const scopes = ['key:write' as const]
      const mortal = await acme.ask('createKey', { body: { name: 'mortal', scopes, expiresAt: end } })
      const immortal = await acme.ask('createKey', { body: { name: 'immortal', scopes } })
      const credential = mortal.body.secret
      const make = (expiresAt?: string) =>
        server.call('createKey', { credential, body: { name: 'made', scopes, ...(expiresAt && { expiresAt }) } })
      expect((await make()).body).toMatchObject({ expiresAt: end })
      expect((await make(sooner)).body).toMatchObject({ expiresAt: sooner })
      const refused = { status: 403, code: 'tenant.expiry_too_late' }
      expect(expectProblem(await make(later), refused)).toMatchObject({
        expiresAt: end,
        detail: expect.stringContaining(`Yours ends at ${end}.`),
      })
      const rotate = (id: string) => server.call('rotateKey', { credential, params: { id }, body: {} })
      expectProblem(await rotate(immortal.body.id), refused)
      expect(await works(immortal.body.secret)).toBe(true)
      expect((await rotate(mortal.body.id)).body).toMatchObject({ expiresAt: end })
    })

    test('of one environment is not one of another', async () => {
      const { body } = await acme.ask('createKey', { body: { name: 'e', scopes: ['run:read'], environment: 'test' } })
      expect(body.secret).toMatch(/^fl_test_/)
      expect(await works(body.secret.replace('fl_test_', 'fl_live_'))).toBe(false)
    })
  })

  describe('a person in several organizations', () => {
    test('must say which, and is in each only what they are there', async () => {
      const { token, email } = await acme.stranger()
      const globex = await server.inhabit(`globex-${count}`)
      for (const [organization, role] of [[acme, 'viewer'] as const, [globex, 'admin'] as const]) {
        const { body } = await organization.ask('createInvitation', { body: { email, role } })
        expect((await accept(body.token, token)).status).toBe(200)
      }
      const problem = expectProblem(await server.call('getPrincipal', { credential: token }), {
        status: 403,
        code: 'auth.several_organizations',
      })
      expect(problem.organizations).toEqual([`acme-${count}`, `globex-${count}`])
      for (const [organization, role] of [[acme, 'viewer'] as const, [globex, 'admin'] as const]) {
        const credential = await server.tokenFor({
          subject: email.split('@')[0]!,
          email,
          organization: organization.id,
        })
        const { body } = await server.call('getPrincipal', { credential })
        expect(body).toMatchObject({ organizationId: organization.id, role })
      }
      const nowhere = await server.tokenFor({ subject: email.split('@')[0]!, email, organization: newId() })
      expectProblem(await server.call('getPrincipal', { credential: nowhere }), {
        status: 403,
        code: 'auth.no_organization',
      })
    })
  })

  describe('the audit log', () => {
    test('has an entry for every change to who may do what, by whom, and no secret', async () => {
      const owner = await acme.join('owner')
      const { token } = owner
      const created = await server.call('createKey', { credential: token, body: { name: 'k', scopes: ['run:read'] } })
      const key = created.body as ResponseOf<'createKey'>
      const rotated = await server.call('rotateKey', { credential: token, params: { id: key.id }, body: {} })
      await server.call('revokeKey', { credential: token, params: { id: key.id } })
      await server.call('revokeKey', { credential: token, params: { id: key.id } })
      const { userId } = await acme.join('viewer')
      await change(userId, 'editor', token)
      await remove(userId, token)
      const entries = await server.controlPlane.database.withOrganization(acme.id, (db) =>
        db.selectFrom('audit_log').selectAll().orderBy('id').execute(),
      )
      const byOwner = entries.filter(({ actor_id }) => actor_id === owner.userId).map(({ action }) => action)
      expect(byOwner).toEqual([
        'invitation.accepted',
        'key.created',
        'key.rotated',
        'key.revoked',
        'member.role_changed',
        'member.removed',
      ])
      const text = JSON.stringify(entries)
      for (const { secret } of [key, rotated.body as ResponseOf<'rotateKey'>]) {
        expect(text).not.toContain(secret.split('_')[3])
      }
    })
  })
})
