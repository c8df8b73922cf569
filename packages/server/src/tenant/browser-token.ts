import type { Clock, Permission } from '@fairlead/core/base'
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { problem } from '../http/index.ts'

/** What a browser token says; it is worth only as much as the credential it was minted with still is. */
export interface BrowserGrant {
  organizationId: string
  /** Whom the host's back end minted it for. */
  subject: string
  scopes: Permission[]
  mintedBy: { kind: 'key' | 'user'; id: string }
}

export interface BrowserTokens {
  mint(grant: BrowserGrant, expiresInSeconds: number): Promise<{ token: string; expiresAt: string }>
  /** Throws `auth.unauthenticated`. */
  verify(token: string): Promise<BrowserGrant>
  /** Whether the text says that it is one of ours; says nothing about whether it is genuine. */
  isOne(token: string): boolean
}

const type = 'fairlead-browser+jwt'
const issuer = 'fairlead'
const algorithm = 'HS256'

/** Short-lived tokens for pages of the host, signed with a key that every replica has. */
export function createBrowserTokens(key: Uint8Array, clock: Clock): BrowserTokens {
  return {
    async mint({ organizationId, subject, scopes, mintedBy }, expiresInSeconds) {
      const issuedAt = Math.floor(clock() / 1000)
      const expires = issuedAt + expiresInSeconds
      const token = await new SignJWT({ org: organizationId, scopes, by: `${mintedBy.kind}:${mintedBy.id}` })
        .setProtectedHeader({ alg: algorithm, typ: type })
        .setIssuer(issuer)
        .setSubject(subject)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expires)
        .sign(key)
      return { token, expiresAt: new Date(expires * 1000).toISOString() }
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify<{ org: string; scopes: Permission[]; by: string }>(token, key, {
          issuer,
          typ: type,
          algorithms: [algorithm],
          requiredClaims: ['sub', 'exp', 'org', 'scopes', 'by'],
          currentDate: new Date(clock()),
        })
        const [kind, id] = payload.by.split(':')
        return {
          organizationId: payload.org,
          subject: payload.sub!,
          scopes: payload.scopes,
          mintedBy: { kind: kind as BrowserGrant['mintedBy']['kind'], id: id! },
        }
      } catch (error) {
        throw problem('auth.unauthenticated', 'The browser token is not valid any more. Mint another one.', {
          headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
          cause: error,
        })
      }
    },
    isOne(token) {
      try {
        return decodeProtectedHeader(token).typ === type
      } catch {
        return false
      }
    },
  }
}
