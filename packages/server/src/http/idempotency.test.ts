import { FairleadError } from '@fairlead/core/base'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../database/index.ts'
import { backends, createOrganization, newId, openTestDatabase } from '../database/testing/index.ts'
import type { IdempotencyClaim, IdempotentRequest } from './idempotency.ts'
import { createIdempotency } from './idempotency.ts'
import { expectProblem } from './testing/expect-problem.suite.ts'
import type { InhabitedServer } from './testing/inhabited-server.suite.ts'
import { openInhabitedServer } from './testing/inhabited-server.suite.ts'
import { validRequests } from './testing/valid-requests.suite.ts'

const secret = Buffer.alloc(32, 7)
const answer = { status: 201, headers: { Location: '/keys/1' }, body: '{"secret":"fl_live_hush"}' }

describe.each(backends)('idempotency keys on %s', (kind) => {
  let database: Database
  let organizationId: string

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    organizationId = await createOrganization(database)
  })
  afterAll(async () => {
    await database.close()
  })

  const request = (change: Partial<IdempotentRequest> = {}): IdempotentRequest => ({
    principal: { kind: 'key', id: 'k1', organizationId },
    key: newId(),
    method: 'POST',
    path: '/keys',
    ifMatch: undefined,
    body: { name: 'a', scopes: ['run:read'] },
    ...change,
  })
  const idempotency = () => createIdempotency(database, secret)

  async function claim(asked: IdempotentRequest): Promise<IdempotencyClaim> {
    const begun = await idempotency().begin(asked)
    if (begun.kind === 'claimed') return begun.claim
    throw new Error('It was answered before.')
  }

  test('give whoever repeats a request the answer that it got, to the letter, from any replica', async () => {
    const asked = request()
    await (await claim(asked)).complete(answer)
    const repeated = { ...asked, body: { scopes: ['run:read'], name: 'a' } }
    expect(await idempotency().begin(repeated)).toEqual({ kind: 'replayed', answer })
  })

  test('let one of many who ask at the same time carry the request out; the others are told to come again', async () => {
    const asked = request()
    const begun = await Promise.allSettled(Array.from({ length: 8 }, () => idempotency().begin(asked)))
    const claimed = begun.filter(({ status }) => status === 'fulfilled')
    expect(claimed).toMatchObject([{ value: { kind: 'claimed' } }])
    for (const one of begun) {
      if (one.status === 'rejected') {
        expect(one.reason).toMatchObject({ code: 'http.idempotency_in_progress', headers: { 'Retry-After': '1' } })
      }
    }
  })

  test('stay taken while nobody knows what a request that was left behind will still do', async () => {
    const asked = request()
    ;(await claim(asked)).lapse()
    await expect(idempotency().begin(asked)).rejects.toMatchObject({ code: 'http.idempotency_in_progress' })
    await database.withOrganization(organizationId, (db) =>
      sql`update idempotency_keys set expires_at = now() - interval '1 s' where state = 'running'`.execute(db),
    )
    expect(await idempotency().begin(asked)).toMatchObject({ kind: 'claimed' })
  })

  test('refuse another request under the same key, be it under way or answered', async () => {
    const asked = request()
    const others = [
      { ...asked, body: { name: 'b' } },
      { ...asked, ifMatch: '"v2"' },
      { ...asked, path: '/prices' },
      { ...asked, method: 'PUT' },
    ]
    const refused = async () => {
      for (const other of others) {
        await expect(idempotency().begin(other)).rejects.toMatchObject({ code: 'http.idempotency_mismatch' })
      }
    }
    const mine = await claim(asked)
    await refused()
    await mine.complete(answer)
    await refused()
  })

  test('belong to one credential of one organization', async () => {
    const asked = request()
    await (await claim(asked)).complete(answer)
    const elsewhere = await createOrganization(database)
    for (const principal of [
      { ...asked.principal, id: 'k2' },
      { ...asked.principal, kind: 'user' as const },
      { ...asked.principal, organizationId: elsewhere },
    ]) {
      const mine = await claim({ ...asked, principal })
      await mine.abandon()
    }
  })

  test('are free again when nothing happened', async () => {
    const asked = request()
    await (await claim(asked)).abandon()
    const again = await claim(asked)
    await again.complete(answer)
    expect(await idempotency().begin(asked)).toMatchObject({ kind: 'replayed' })
  })

  test('of a process that is gone are free again, and it can not overwrite the answer when it comes back', async () => {
    const asked = request()
    const lost = await claim(asked)
    await database.withOrganization(organizationId, (db) =>
      sql`update idempotency_keys set expires_at = now() - interval '1 s' where state = 'running'`.execute(db),
    )
    const taken = await claim(asked)
    await lost.complete({ ...answer, body: '"lost"' })
    await lost.abandon()
    await expect(idempotency().begin(asked)).rejects.toMatchObject({ code: 'http.idempotency_in_progress' })
    await taken.complete(answer)
    expect(await idempotency().begin(asked)).toEqual({ kind: 'replayed', answer })
  })

  test('keep secrets out of the database: neither answer nor key can be read there', async () => {
    const asked = request()
    await (await claim(asked)).complete(answer)
    const rows = await database.withOrganization(organizationId, (db) =>
      db.selectFrom('idempotency_keys').selectAll().execute(),
    )
    const text = JSON.stringify(rows)
    expect(rows.length).toBeGreaterThan(0)
    for (const hidden of ['hush', asked.key, Buffer.from('hush').toString('base64').slice(0, 5)]) {
      expect(text).not.toContain(hidden)
    }
    // Who has the server's secret, but not the client's key, can't open it either.
    const other = createIdempotency(database, Buffer.alloc(32, 8))
    await expect(other.begin(asked)).rejects.toThrow()
  })

  test('stay taken, and give the answer later, when it can’t be stored at once', async () => {
    let failures = 3
    const flaky: Database = {
      ...database,
      withOrganization: (id, work) =>
        failures-- > 0 ? Promise.reject(unavailable()) : database.withOrganization(id, work),
    }
    const asked = request()
    failures = 0
    const begun = await createIdempotency(flaky, secret).begin(asked)
    if (begun.kind !== 'claimed') throw new Error('It was answered before.')
    failures = 3
    await begun.claim.complete(answer)
    await expect(idempotency().begin(asked)).rejects.toMatchObject({ code: 'http.idempotency_in_progress' })
    const repeat = () =>
      idempotency()
        .begin(asked)
        .catch(({ code }) => code)
    await expect.poll(repeat).toEqual({ kind: 'replayed', answer })
  })
})

const unavailable = (data?: { outcome: string }) =>
  new FairleadError('database.unavailable', 'The database is away.', data && { data })

describe('a request with an idempotency key', () => {
  let server: InhabitedServer
  /** What becomes of the scopes of organizations that are opened next. */
  const fates: ((run: () => Promise<unknown>) => Promise<unknown>)[] = []

  beforeAll(async () => {
    const database = await openTestDatabase('pglite')
    const withOrganization: Database['withOrganization'] = (id, work) => {
      const run = () => database.withOrganization(id, work)
      return (fates.shift()?.(run) ?? run()) as ReturnType<typeof work>
    }
    server = await openInhabitedServer({ database: { ...database, withOrganization }, worker: false })
  })
  afterAll(() => server.close())

  const fine = (run: () => Promise<unknown>) => run()
  const away = () => Promise.reject(unavailable())
  let organizations = 0
  const setUp = async () => {
    const acme = await server.inhabit(`acme-${++organizations}`)
    const { body } = await validRequests.createWorkflow(acme)
    const headers = { 'Idempotency-Key': newId() }
    const create = () => server.call('createWorkflow', { credential: acme.key, body, headers })
    const count = async () => (await acme.ask('listWorkflows', {})).body.data.length
    return { create, count }
  }

  test('is not repeated when its answer could not be stored', async () => {
    const { create, count } = await setUp()
    fates.push(fine, fine, away, away)
    const first = await create()
    expect(first.status, first.text).toBe(201)
    const again = async () => (await create()).text
    await expect.poll(again).toBe(first.text)
    expect(await count()).toBe(1)
  })

  test.each([
    ['its commit may have been carried out', () => Promise.reject(unavailable({ outcome: 'unknown' })), 503],
    ['what failed lies behind its commit', () => Promise.reject(new TypeError('A defect.')), 500],
  ])('is not repeated at once when %s', async (_what, failure, status) => {
    const { create, count } = await setUp()
    fates.push(fine, (run) => run().then(failure))
    expect((await create()).status).toBe(status)
    expectProblem(await create(), { status: 409, code: 'http.idempotency_in_progress' })
    expect(await count()).toBe(1)
  })

  test('is carried out again at once when it has surely changed nothing', async () => {
    const { create, count } = await setUp()
    fates.push(fine, away)
    expect((await create()).status).toBe(503)
    expect((await create()).status).toBe(201)
    expect(await count()).toBe(1)
  })
})
