import type { Endpoint, Permission } from '@fairlead/core/base'
import { permissions } from '@fairlead/core/base'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import type { Role } from '@fairlead/core/tenant'
import { permissionsOf, roles } from '@fairlead/core/tenant'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LooseRequest } from './testing/call.suite.ts'
import { expectProblem } from './testing/expect-problem.suite.ts'
import type { Inhabitant, InhabitedServer } from './testing/inhabited-server.suite.ts'
import { openInhabitedServer } from './testing/inhabited-server.suite.ts'
import { validRequests } from './testing/valid-requests.suite.ts'

const names = Object.keys(endpoints) as EndpointName[]
const guarded = names.filter((name) => endpoints[name].permission !== null)
const personal = names.filter((name) => (endpoints[name] as Endpoint).identity === 'user')
const open = names.filter((name) => !guarded.includes(name) && !personal.includes(name))

let server: InhabitedServer
let acme: Inhabitant
let tokens: Record<Role, string>
const keys = new Map<string, string>()

beforeAll(async () => {
  server = await openInhabitedServer()
  acme = await server.inhabit('acme')
  const members = await Promise.all(roles.map(async (role) => [role, (await acme.join(role)).token] as const))
  tokens = Object.fromEntries(members) as Record<Role, string>
})
afterAll(async () => {
  await server.close()
})

async function valid(name: EndpointName): Promise<LooseRequest> {
  return { credential: acme.key, ...(await validRequests[name](acme)) } as LooseRequest
}

async function keyWith(scopes: readonly Permission[]): Promise<string> {
  const id = scopes.join()
  const known = keys.get(id)
  if (known !== undefined) return known
  const { body } = await acme.ask('createKey', { body: { name: acme.name(), scopes: [...scopes] } })
  keys.set(id, body.secret)
  return body.secret
}

/** Let in, whatever the endpoint then says about handing on more than one has, or about being no person. */
function expectLetIn({ status, text }: { status: number; text: string }): void {
  const isRefusedInside = /"code":"(tenant\.(scope_too_wide|role_too_high)|auth\.user_required)"/.test(text)
  if (!isRefusedInside) expect(status, text).toBeLessThan(300)
}

describe('without a valid credential', () => {
  const otherSecret = 'A'.repeat(43)
  const wrong: [string, (key: string) => string | undefined][] = [
    ['none', () => undefined],
    ['an empty one', () => 'Bearer '],
    ['another scheme', (key) => `Basic ${btoa(`${key}:`)}`],
    ['a key of which a letter is wrong', (key) => `Bearer ${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`],
    ['an unknown key', () => `Bearer fl_live_0198f2a0000070008000000000000000_${otherSecret}`],
    ['something else', () => 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ]

  test.each(names)('%s says who is to ask: 401, and nothing is done', async (name) => {
    const request = await valid(name)
    for (const [, authorization] of wrong) {
      const value = authorization(acme.key)
      const answer = await server.call(name, {
        ...request,
        credential: null,
        headers: value === undefined ? {} : { Authorization: value },
      })
      expectProblem(answer, { status: 401, code: 'auth.unauthenticated' })
      expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
    }
    const after = await server.call(name, request)
    expect(after.status, after.text).toBeLessThan(300)
  })

  test('a credential in the URL is none', async () => {
    const answer = await server.call('getPrincipal', { query: { access_token: acme.key, key: acme.key } })
    expectProblem(answer, { status: 401 })
  })
})

describe('a key', () => {
  test.each(guarded)('without the permission of %s is refused, whatever else it may do', async (name) => {
    const permission = endpoints[name].permission!
    const request = await valid(name)
    const lacking = await keyWith(permissions.filter((other) => other !== permission))
    const answer = await server.call(name, { ...request, credential: lacking })
    const problem = expectProblem(answer, { status: 403, code: 'auth.forbidden' })
    expect(problem.permission).toBe(permission)
    expect(answer.headers.get('WWW-Authenticate')).toContain(`scope="${permission}"`)
    expectLetIn(await server.call(name, { ...request, credential: await keyWith([permission]) }))
  })

  test.each(guarded)('learns nothing from %s before it is refused', async (name) => {
    const lacking = await keyWith(permissions.filter((other) => other !== endpoints[name].permission))
    const nonsense = { params: { id: 'x', userId: 'x', version: 'x', name: 'x' }, query: { zzz: 1 } }
    const headers = { 'Content-Type': 'text/plain', 'Idempotency-Key': 'x y' }
    const hasBody = endpoints[name].method !== 'GET'
    const answer = await server.call(name, {
      ...nonsense,
      headers,
      credential: lacking,
      ...(hasBody && { body: '{' }),
    })
    expectProblem(answer, { status: 403, code: 'auth.forbidden' })
  })

  test.each(open)('of any permission may call %s', async (name) => {
    const answer = await server.call(name, { ...(await valid(name)), credential: await keyWith(['run:read']) })
    expect(answer.status, answer.text).toBe(200)
  })

  test.each(personal)("can't stand in for a person in %s", async (name) => {
    const answer = await server.call(name, { ...(await valid(name)), credential: acme.key })
    expectProblem(answer, { status: 403, code: 'auth.user_required' })
  })

  test('is refused from the moment it is revoked', async () => {
    const { body: key } = await acme.ask('createKey', { body: { name: acme.name(), scopes: ['run:read'] } })
    const ask = () => server.call('getPrincipal', { credential: key.secret })
    expect((await ask()).status).toBe(200)
    await acme.ask('revokeKey', { params: { id: key.id } })
    expectProblem(await ask(), { status: 401 })
  })
})

describe.each(roles)('a member who is %s', (role) => {
  test.each(guarded)('may call %s if the role has its permission, and only then', async (name) => {
    const { credential: _, ...request } = await valid(name)
    const answer = await server.call(name, { ...request, credential: tokens[role] })
    if (permissionsOf(role).has(endpoints[name].permission!)) expectLetIn(answer)
    else expectProblem(answer, { status: 403, code: 'auth.forbidden' })
  })
})

describe('a browser token', () => {
  const mint = async (by: string, scopes: string[]) => {
    const { status, body, text } = await server.call('createBrowserToken', {
      credential: by,
      body: { scopes, subject: acme.name() },
    })
    expect(status, text).toBe(201)
    return (body as { token: string }).token
  }

  test.each(guarded)('may call %s if it was minted with its permission, and only then', async (name) => {
    const permission = endpoints[name].permission!
    const request = await valid(name)
    const scopes = [...permissionsOf('editor')]
    const token = await mint(
      acme.key,
      scopes.filter((scope) => scope !== permission),
    )
    expectProblem(await server.call(name, { ...request, credential: token }), { status: 403, code: 'auth.forbidden' })
    if (!scopes.includes(permission)) return
    expectLetIn(await server.call(name, { ...request, credential: await mint(acme.key, [permission]) }))
  })

  test('ends with the key that it was minted with', async () => {
    const scopes: Permission[] = ['token:write', 'workflow:read']
    const { body: key } = await acme.ask('createKey', { body: { name: acme.name(), scopes } })
    const token = await mint(key.secret, ['workflow:read'])
    const ask = () => server.call('listWorkflows', { credential: token })
    expect((await ask()).status).toBe(200)
    await acme.ask('revokeKey', { params: { id: key.id } })
    expectProblem(await ask(), { status: 401 })
  })

  test('ends with the membership of the person who minted it', async () => {
    const person = await acme.join('admin')
    const token = await mint(person.token, ['workflow:read'])
    await acme.ask('removeMember', { params: { userId: person.userId } })
    expectProblem(await server.call('listWorkflows', { credential: token }), { status: 401 })
    expectProblem(await server.call('listWorkflows', { credential: person.token }), {
      status: 403,
      code: 'auth.no_organization',
    })
  })
})

test('none of this was a fault of the server', () => {
  expect(server.errors).toEqual([])
})
