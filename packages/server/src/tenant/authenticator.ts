import type { Permission } from '@fairlead/core/base'
import { permissionsOf } from '@fairlead/core/tenant'
import type { Authenticator, Principal, UserIdentity } from '../http/index.ts'
import { problem } from '../http/index.ts'
import type { MembershipRow } from './account-store.ts'
import { isSecretOf, parseApiKey } from './api-key.ts'
import type { BrowserGrant, BrowserTokens } from './browser-token.ts'
import type { Account, CredentialDirectory } from './credential-directory.ts'
import type { UserTokens, VerifiedUser } from './user-token.ts'

export interface AuthenticatorParts {
  directory: CredentialDirectory
  browserTokens: BrowserTokens
  /** Undefined where no issuer of people's tokens is configured. */
  userTokens: UserTokens | undefined
}

/** Says who is asking, from a bearer token alone: an API key, a person's token, or a browser token. */
export function createAuthenticator({ directory, browserTokens, userTokens }: AuthenticatorParts): Authenticator {
  return {
    async principal(authorization) {
      const token = bearerToken(authorization)
      if (token.startsWith('fl_')) return keyPrincipal(token)
      if (browserTokens.isOne(token)) return browserPrincipal(await browserTokens.verify(token))
      const user = await verifyUser(token)
      return userPrincipal(await directory.resolveUser(claimsOf(user)), user)
    },
    async identity(authorization): Promise<UserIdentity> {
      const token = bearerToken(authorization)
      if (token.startsWith('fl_') || browserTokens.isOne(token)) await refuseStandIn(token)
      const verified = await verifyUser(token)
      const { user } = await directory.resolveUser(claimsOf(verified))
      const { email, emailVerified } = verified
      return { kind: 'identity', userId: user.id, name: nameOf(verified), email, emailVerified }
    },
  }

  async function keyPrincipal(token: string): Promise<Principal> {
    const key = parseApiKey(token)
    const row = key ? await directory.findKey(key.id) : undefined
    if (!key || !row || row.environment !== key.environment || !isSecretOf(key.secret, row.secret_hash)) {
      throw unauthenticated('The API key is unknown, revoked or expired. Use a current one.')
    }
    directory.keyUsed(row.id)
    return {
      kind: 'key',
      id: row.id,
      organizationId: row.organization_id,
      role: null,
      permissions: new Set(row.scopes as Permission[]),
      userId: null,
      responsibleUserId: row.created_by,
      name: row.name,
      email: null,
    }
  }

  async function browserPrincipal(grant: BrowserGrant): Promise<Principal> {
    const minter = await minterOf(grant)
    return {
      kind: 'browser',
      id: grant.subject,
      organizationId: grant.organizationId,
      role: null,
      permissions: new Set(grant.scopes.filter((scope) => minter.permissions.has(scope))),
      userId: null,
      responsibleUserId: minter.userId,
      name: grant.subject,
      email: null,
    }
  }

  /** A token ends with the key or the membership that it was minted with, and shrinks with it. */
  async function minterOf({
    mintedBy,
    organizationId,
  }: BrowserGrant): Promise<{ userId: string | null; permissions: ReadonlySet<Permission> }> {
    if (mintedBy.kind === 'key') {
      const key = await directory.findKey(mintedBy.id)
      if (key) return { userId: key.created_by, permissions: new Set(key.scopes as Permission[]) }
    } else {
      const memberships = await directory.membershipsOf(mintedBy.id)
      const membership = memberships.find(({ organization_id }) => organization_id === organizationId)
      if (membership) return { userId: mintedBy.id, permissions: permissionsOf(membership.role) }
    }
    throw unauthenticated('What the browser token was minted with is not valid any more. Mint another one.')
  }

  async function verifyUser(token: string): Promise<VerifiedUser> {
    if (userTokens) return userTokens.verify(token)
    throw unauthenticated("This server takes API keys only: no issuer of people's tokens is configured (JWT_ISSUER).")
  }

  /** A wrong key is wrong here too; a right one can't stand in for a person. */
  async function refuseStandIn(token: string): Promise<never> {
    if (token.startsWith('fl_')) await keyPrincipal(token)
    else await browserPrincipal(await browserTokens.verify(token))
    throw problem('auth.user_required', "This is done by a person: send that person's own token.")
  }
}

function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1]
  if (token !== undefined) return token
  throw unauthenticated('Send a credential as "Authorization: Bearer …": an API key or a token.')
}

function userPrincipal({ user, memberships }: Account, verified: VerifiedUser): Principal {
  const membership = chooseMembership(memberships, verified.organization)
  return {
    kind: 'user',
    id: user.id,
    organizationId: membership.organization_id,
    role: membership.role,
    permissions: permissionsOf(membership.role),
    userId: user.id,
    responsibleUserId: user.id,
    name: nameOf(verified),
    email: verified.email,
  }
}

/** The organization that the token names, else the only one there is. A name is no membership. */
function chooseMembership(memberships: readonly MembershipRow[], named: string | null): MembershipRow {
  const candidates =
    named === null
      ? memberships
      : memberships.filter(({ organization_id, slug }) => organization_id === named || slug === named)
  const [only, ...more] = candidates
  if (only && more.length === 0) return only
  if (!only) {
    const place = named === null ? 'any organization' : `the organization "${named}" that the token names`
    throw problem('auth.no_organization', `You are not a member of ${place}. Ask for an invitation.`)
  }
  const slugs = candidates.map(({ slug }) => slug)
  throw problem(
    'auth.several_organizations',
    `You are a member of ${slugs.join(', ')}: the token must name one of them in its organization claim.`,
    { data: { organizations: slugs } },
  )
}

function claimsOf({ issuer, subject, email, name }: VerifiedUser) {
  return { issuer, subject, email, name }
}

function nameOf({ name, email, subject }: VerifiedUser): string {
  return name ?? email ?? subject
}

function unauthenticated(detail: string) {
  return problem('auth.unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } })
}
