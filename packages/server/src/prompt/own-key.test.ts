import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Inhabitant, InhabitedServer } from '../http/testing/inhabited-server.suite.ts'
import { openInhabitedServer } from '../http/testing/inhabited-server.suite.ts'

describe.each(backends)('what somebody does by a key of their own on %s', (kind) => {
  let server: InhabitedServer
  let acme: Inhabitant
  let owner: string
  let reviewer: string
  let key: string
  let id: string
  const scopes = ['prompt:read', 'prompt:write', 'prompt:import', 'key:write', 'token:write'] as const

  beforeAll(async () => {
    server = await openInhabitedServer({}, kind)
    acme = await server.inhabit('acme')
    owner = (await acme.join('owner')).token
    reviewer = (await acme.join('editor')).token
    key = (await makeKey(owner)).secret
    await acme.ask('createProtectionRule', { body: { refKind: 'branch', pattern: 'main', requiredApprovals: 1 } })
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    id = (await acme.ask('createPrompt', { body: { key: acme.name(), content: { text: 'a\n' } } })).body.id
  })

  const makeKey = async (credential: string) =>
    (await acme.ask('createKey', { credential, body: { name: 'CI', scopes: [...scopes] } })).body
  /** A commit on `draft` and a request to merge it; answers what is needed to review it. */
  const propose = async (writer: string, opener: string) => {
    const { etag } = await acme.ask('getPromptBranch', { params: { id, name: 'main' } })
    const draft = { id, name: 'draft' }
    await acme.ask('movePromptBranch', {
      credential: writer,
      params: draft,
      ifMatch: null,
      body: { to: 'branch/main' },
    })
    const body = { branch: 'draft', content: { text: 'A\n' } }
    const { body: head } = await acme.ask('createPromptVersion', {
      ...{ credential: writer, params: { id }, ifMatch: etag, body },
    })
    const wanted = { source: 'draft', target: { kind: 'branch' as const, name: 'main' } }
    const request = { credential: opener, params: { id }, body: wanted }
    return { head, requestId: (await acme.ask('createMergeRequest', request)).body.id }
  }
  const approve = (credential: string, { head, requestId }: Awaited<ReturnType<typeof propose>>) =>
    server.call('reviewMergeRequest', {
      ...{ credential, params: { id, requestId }, body: { versionId: head.id, verdict: 'approved' } },
    })
  const merge = (requestId: string) =>
    server.call('mergeMergeRequest', { credential: acme.key, params: { id, requestId }, body: { mode: 'merge' } })

  const writers: [string, () => Promise<[writer: string, opener: string]>][] = [
    ['wrote by it', async () => [key, acme.key]],
    ['opened by it', async () => [acme.key, key]],
    ['wrote by a key that it has made', async () => [(await makeKey(key)).secret, acme.key]],
    ['wrote by what took its place', async () => [await rotated((await makeKey(owner)).id), acme.key]],
    ['wrote by a browser token of it', async () => [await minted(key), acme.key]],
    ['wrote by a browser token of theirs', async () => [await minted(owner), acme.key]],
  ]
  const rotated = async (keyId: string) =>
    (await acme.ask('rotateKey', { params: { id: keyId }, body: {} })).body.secret
  const minted = async (credential: string) => {
    const body = {
      scopes: ['prompt:read' as const, 'prompt:write' as const],
      subject: 'someone',
      expiresInSeconds: 600,
    }
    return (await acme.ask('createBrowserToken', { credential, body })).body.token
  }

  it.each(writers)('is not approved by them: %s', async (_how, credentials) => {
    const proposed = await propose(...(await credentials()))
    expect(await approve(owner, proposed)).toMatchObject({ status: 200 })
    expect(await merge(proposed.requestId)).toMatchObject({ status: 403, body: { code: 'prompt.protected' } })
    expect(await approve(reviewer, proposed)).toMatchObject({ status: 200, body: { missing: [] } })
    expect(await merge(proposed.requestId)).toMatchObject({ status: 200 })
  })

  it('is no approval, whoever’s the key is, nor one by a browser token', async () => {
    const proposed = await propose(reviewer, reviewer)
    for (const credential of [key, acme.key, await minted(owner)])
      expect(await approve(credential, proposed)).toMatchObject({ status: 403, body: { code: 'auth.user_required' } })
    expect(await approve(owner, proposed)).toMatchObject({ status: 200, body: { missing: [] } })
  })

  it('is in the ref log under what it was done by', async () => {
    const made = await makeKey(owner)
    const person = await acme.join('editor')
    const label = (name: string) => ({ params: { id, name }, ifMatch: null, body: { to: 'branch/main' } })
    for (const [at, credential] of [made.secret, await minted(key), person.token].entries())
      await acme.ask('movePromptLabel', { credential, ...label(`by-${at}`) })
    const { body: log } = await acme.ask('listPromptRefLog', { params: { id }, query: { kind: 'label' } })
    expect(log.data.toReversed()).toMatchObject([
      { actorKind: 'key', actor: made.id, actorName: 'CI' },
      { actorKind: 'browser', actor: 'someone', actorName: 'someone' },
      { actorKind: 'user', actor: person.userId, actorName: expect.any(String) },
    ])
  })

  it('is not approved by them where it came in by an import, whatever author that names', async () => {
    const { body: first } = await acme.ask('getPromptBranch', { params: { id, name: 'main' } })
    const { body: prompt } = await acme.ask('getPrompt', { params: { id } })
    const commit = {
      ...{ parents: [first.version.commitHash], content: { text: 'B\n' }, message: 'imported' },
      ...{ author: { name: 'Nobody', email: 'nobody@example.com' }, committedAt: '2026-01-01T00:00:00Z' },
    }
    const { body: imported } = await acme.ask('importPrompt', {
      credential: key,
      body: { key: prompt.key, commits: [commit], refs: [] },
    })
    const [hash] = imported.commitHashes
    const draft = { params: { id, name: 'draft' }, ifMatch: null, body: { to: hash! } }
    const { body: moved } = await acme.ask('movePromptBranch', draft)
    const wanted = { source: 'draft', target: { kind: 'branch' as const, name: 'main' } }
    const { body: request } = await acme.ask('createMergeRequest', { params: { id }, body: wanted })
    const proposed = { head: moved.version, requestId: request.id }
    expect(await approve(owner, proposed)).toMatchObject({ body: { missing: [{ requirement: 'approvals' }] } })
    expect(await approve(reviewer, proposed)).toMatchObject({ body: { missing: [] } })
  })
})
