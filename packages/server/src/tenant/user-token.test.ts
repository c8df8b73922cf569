import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWTPayload } from 'jose'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createUserTokens } from './user-token.ts'

const issuer = 'https://id.example'
const audience = 'fairlead'
const now = Math.floor(Date.now() / 1000)
const claims: JWTPayload = { iss: issuer, aud: audience, sub: 'alice', exp: now + 600 }

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

/** An issuer's key set, which can change and fail. */
async function openKeySet() {
  const state = { keys: [] as object[], status: 200, requests: 0 }
  const server = createServer((_request, response) => {
    state.requests++
    response.writeHead(state.status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    publish: async (pair: Pair, kid: string) =>
      void state.keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' }),
    close: () => server.close(),
  }
}

const sign = ({ privateKey }: Pair, payload: JWTPayload, kid = 'k1') =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const refused = { code: 'auth.unauthenticated' }

describe("a person's token", () => {
  let keySet: Awaited<ReturnType<typeof openKeySet>>
  let pair: Pair
  let verify: (token: string) => Promise<unknown>

  beforeAll(async () => {
    keySet = await openKeySet()
    pair = await generateKeyPair('ES256', { extractable: true })
    await keySet.publish(pair, 'k1')
    verify = createUserTokens({ issuer, audience, jwksUrl: keySet.url, refetchAfterMs: 0 }).verify
  })
  afterAll(() => {
    keySet.close()
  })

  test('says who somebody is', async () => {
    const person = { email: 'alice@example.com', email_verified: true, name: 'Alice', organization: 'acme' }
    expect(await verify(await sign(pair, { ...claims, ...person }))).toEqual({
      ...{ issuer, subject: 'alice', email: 'alice@example.com', name: 'Alice' },
      ...{ emailVerified: true, organization: 'acme' },
    })
  })

  test('proves no address that the issuer has not verified, however it says so', async () => {
    for (const email_verified of [undefined, false, 'true', 1]) {
      const token = await sign(pair, { ...claims, email: 'alice@example.com', email_verified })
      expect(await verify(token)).toMatchObject({ emailVerified: false })
    }
    const odd = await sign(pair, { ...claims, email: { $ne: 1 }, name: 7, organization: ['acme'] })
    expect(await verify(odd)).toMatchObject({ email: null, name: null, organization: null })
  })

  test.each<[string, JWTPayload]>([
    ['of another issuer', { ...claims, iss: 'https://evil.example' }],
    ['for another audience', { ...claims, aud: 'elsewhere' }],
    ['that has expired', { ...claims, exp: now - 60 }],
    ['that is not valid yet', { ...claims, nbf: now + 600 }],
    ['that never expires', { iss: issuer, aud: audience, sub: 'alice' }],
    ['of nobody', { iss: issuer, aud: audience, exp: now + 600 }],
  ])('%s is refused', async (_what, payload) => {
    await expect(verify(await sign(pair, payload))).rejects.toMatchObject(refused)
  })

  test('without a signature, or with one that anybody can make, is refused', async () => {
    const unsigned = `${encode({ alg: 'none' })}.${encode(claims)}.`
    await expect(verify(unsigned)).rejects.toMatchObject(refused)
    const published = new TextEncoder().encode(await exportSPKI(pair.publicKey))
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(published)
    await expect(verify(confused)).rejects.toMatchObject(refused)
    const stranger = await generateKeyPair('ES256')
    await expect(verify(await sign(stranger, claims))).rejects.toMatchObject(refused)
    const own = { alg: 'ES256', jwk: await exportJWK(stranger.publicKey) }
    const bringsItsKey = await new SignJWT(claims).setProtectedHeader(own).sign(stranger.privateKey)
    await expect(verify(bringsItsKey)).rejects.toMatchObject(refused)
    const [header, , signature] = (await sign(pair, claims)).split('.')
    await expect(verify(`${header}.${encode({ ...claims, sub: 'bob' })}.${signature}`)).rejects.toMatchObject(refused)
  })

  test('signed with a key that the issuer has published since is accepted', async () => {
    const next = await generateKeyPair('ES256', { extractable: true })
    const token = await sign(next, claims, 'k2')
    await expect(verify(token)).rejects.toMatchObject(refused)
    await keySet.publish(next, 'k2')
    expect(await verify(token)).toMatchObject({ subject: 'alice' })
  })

  test('does not make the server ask the issuer again and again for keys that there are not', async () => {
    const careful = createUserTokens({ issuer, audience, jwksUrl: keySet.url })
    const token = await sign(pair, claims, 'unknown')
    await expect(careful.verify(token)).rejects.toMatchObject(refused)
    const { requests } = keySet.state
    for (let attempt = 0; attempt < 20; attempt++) await expect(careful.verify(token)).rejects.toMatchObject(refused)
    expect(keySet.state.requests).toBe(requests)
  })

  test('can not be judged while the issuer fails, which is not its fault', async () => {
    const failing = createUserTokens({ issuer, audience, jwksUrl: keySet.url })
    const token = await sign(pair, claims)
    keySet.state.status = 500
    await expect(failing.verify(token)).rejects.toMatchObject({ code: 'auth.unavailable' })
    keySet.state.status = 200
    expect(await failing.verify(token)).toMatchObject({ subject: 'alice' })
    const nowhere = createUserTokens({ issuer, audience, jwksUrl: 'http://127.0.0.1:1/jwks' })
    await expect(nowhere.verify(token)).rejects.toMatchObject({ code: 'auth.unavailable' })
  })
})
