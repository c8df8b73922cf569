import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { problem } from '../http/index.ts'
import type { UserClaims } from './account-store.ts'

export interface JwtOptions {
  /** Must be the token's `iss`. */
  issuer: string
  /** Must be in the token's `aud`. */
  audience: string
  /** Where the issuer publishes its keys. */
  jwksUrl: string
  /** The claim that names the organization, by id or slug; default `organization`. */
  organizationClaim?: string | undefined
  /** How far clocks may disagree; default 10. */
  clockToleranceSeconds?: number | undefined
  /** How soon keys are fetched again when a token names an unknown one; default 5,000. */
  refetchAfterMs?: number | undefined
}

export interface VerifiedUser extends UserClaims {
  emailVerified: boolean
  /** The organization's id or slug that the token names; null when it names none. */
  organization: string | null
}

export interface UserTokens {
  /** Throws `auth.unauthenticated`, or `auth.unavailable` while the issuer's keys can't be had. */
  verify(token: string): Promise<VerifiedUser>
}

/** Only signatures that are made with a private key: a token signed with the published key must not pass. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Tokens of people, from any OpenID Connect issuer (RFC 7519, RFC 8725). Rotated keys are fetched when first named. */
export function createUserTokens(options: JwtOptions): UserTokens {
  const { issuer, audience, jwksUrl, organizationClaim = 'organization', clockToleranceSeconds = 10 } = options
  const keys = createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: options.refetchAfterMs ?? 5_000 })
  const requiredClaims = ['iss', 'sub', 'aud', 'exp']
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms,
          requiredClaims,
          clockTolerance: clockToleranceSeconds,
        })
        return {
          issuer,
          subject: payload.sub!,
          email: textOf(payload.email, 320),
          name: textOf(payload.name, 255),
          emailVerified: payload.email_verified === true,
          organization: textOf(payload[organizationClaim], 255),
        }
      } catch (error) {
        throw asProblem(error)
      }
    },
  }
}

function textOf(claim: unknown, maxLength: number): string | null {
  return typeof claim === 'string' && claim !== '' ? claim.slice(0, maxLength) : null
}

/** What is wrong with the token itself is told; anything else means that the issuer could not be asked. */
function asProblem(error: unknown) {
  const isTokenFault =
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  if (isTokenFault) {
    return problem('auth.unauthenticated', `The token is not valid: ${error.message}.`, {
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
      cause: error,
    })
  }
  return problem('auth.unavailable', "The token issuer's keys can't be fetched at the moment. Try again.", {
    cause: error,
  })
}
