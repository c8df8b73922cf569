import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JwtOptions } from '../../tenant/index.ts'

export interface Person {
  subject: string
  email: string
  /** The organization that the token names, by id or slug. */
  organization?: string
}

/** An OpenID Connect issuer as far as a control plane sees one: a key set over HTTP, and tokens of people. */
export interface Issuer {
  jwt: JwtOptions
  tokenFor(person: Person): Promise<string>
  close(): void
}

export async function openIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] })
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json').end(keySet)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const audience = 'fairlead'
  return {
    jwt: { issuer, audience, jwksUrl: `${issuer}/jwks` },
    tokenFor: ({ subject, email, organization }) =>
      new SignJWT({ email, email_verified: true, name: subject, ...(organization && { organization }) })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subject)
        .setExpirationTime('1h')
        .sign(privateKey),
    close: () => server.close(),
  }
}
