import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Inhabitant, InhabitedServer } from '../http/testing/inhabited-server.suite.ts'
import { openInhabitedServer } from '../http/testing/inhabited-server.suite.ts'
import { newPrompt } from '../http/testing/prompts.suite.ts'
import { createPromptCatalog, refResolver } from './index.ts'
import { headIn, tagOfPrompt } from './prompt-tag.ts'
import type { TestPromptRoom } from './testing/room.suite.ts'
import { keyActor, openPromptRoom, personActor } from './testing/room.suite.ts'

const by = keyActor()

describe.each(backends)('a prompt that is changed on %s', (kind) => {
  let room: TestPromptRoom
  let org: string
  let tag: string
  let expectedHash: string

  beforeAll(async () => {
    room = await openPromptRoom(kind)
  })
  afterAll(() => room.database.close())
  beforeEach(async () => {
    org = await room.newOrganization()
    const prompt = await room.prompts.create(org, by, { key: 'p', content: { text: 'Hello' } })
    tag = tagOfPrompt(prompt)
    expectedHash = headIn(tag)
  })

  const all = { limit: 10, after: undefined }
  const label = { kind: 'label' as const, name: 'production' }
  const change = async (said: Parameters<typeof room.prompts.update>[3]) => {
    const changed = await room.prompts.update(org, 'p', tag, said)
    tag = tagOfPrompt(changed)
    return changed
  }
  const keys = async (archived: 'exclude' | 'include' | 'only', key?: string) =>
    (await room.prompts.list(org, { archived, key }, all)).map((prompt) => prompt.key)

  it('has another name and description, and another tag, on top of which is committed all the same', async () => {
    const [before, stale] = [await room.prompts.get(org, 'p'), tag]
    const changed = await change({ name: 'Greeting', description: 'Says hello.' })
    expect(changed).toMatchObject({ name: 'Greeting', description: 'Says hello.', archivedAt: null, key: 'p' })
    expect(await room.prompts.get(org, 'p')).toEqual(changed)
    expect(await change({ description: null })).toMatchObject({ name: 'Greeting', description: null })
    await expect(room.prompts.update(org, 'p', stale, { name: 'Mine' })).rejects.toMatchObject({
      code: 'prompt.changed',
      data: { current: { name: 'Greeting', head: { id: before.head!.id } }, etag: tag },
    })
    const commit = { branch: 'main', expectedHash: headIn(tag), content: { text: 'Hi' } }
    expect(await room.prompts.commit(org, 'p', by, commit)).toMatchObject({ versionNumber: 2 })
    // Who commits is in nobody's way who renames.
    expect(await change({ name: 'Welcome' })).toMatchObject({ name: 'Welcome', head: { versionNumber: 2 } })
    expect(headIn(tag)).not.toBe(expectedHash)
  })

  it('is listed by its key alone, and archived only when that is asked for', async () => {
    await room.prompts.create(org, by, { key: 'q', content: { text: '' } })
    expect(await keys('exclude', 'p')).toEqual(['p'])
    expect(await keys('exclude', 'P')).toEqual([])
    const { archivedAt } = await change({ archived: true })
    expect(archivedAt).not.toBeNull()
    expect((await change({ archived: true })).archivedAt).toBe(archivedAt)
    expect([await keys('exclude'), await keys('include'), await keys('only')]).toEqual([['q'], ['p', 'q'], ['p']])
    await change({ archived: false })
    expect(await keys('exclude')).toEqual(['p', 'q'])
  })

  it('can be read and used when it is archived, and by its key in other prompts', async () => {
    await room.refs.move(org, 'p', by, label, { to: '1', expectedHash: null })
    await change({ archived: true })
    expect(await room.delivery.resolve(org, 'p', { label: 'production' })).toMatchObject({ content: { text: 'Hello' } })
    const references = { p: { prompt: 'p', label: 'production' } }
    await room.prompts.create(org, by, { key: 'whole', content: { text: '{{> p}}!', references } })
    expect((await room.prompts.render(org, 'whole', {}, {})).messages).toMatchObject([{ content: 'Hello!' }])
    await room.database.withOrganization(org, async (db) => {
      expect(await refResolver.resolve(db, { prompt: 'p' } as never)).toMatchObject({ pin: { versionNumber: 1 } })
      expect((await createPromptCatalog().list(db)).map(({ key }) => key)).toEqual(['p', 'whole'])
    })
  })

  it('is changed by nothing while it is archived, and like any other once it is restored', async () => {
    const person = await personActor(room.database, org)
    const place = { branch: 'main', expectedHash }
    await room.refs.move(org, 'p', by, { kind: 'branch', name: 'draft' }, { to: '1', expectedHash: null })
    const draft = { branch: 'draft', expectedHash, content: { text: 'Hi' } }
    const { id: versionId } = await room.prompts.commit(org, 'p', by, draft)
    const request = { source: 'draft', target: { kind: 'branch' as const, name: 'main' } }
    const { id } = await room.reviews.open(org, 'p', by, request)
    await change({ archived: true })
    const main = { kind: 'branch' as const, name: 'main', commit: expectedHash }
    const changes: (() => Promise<unknown>)[] = [
      () => room.prompts.update(org, 'p', tag, { name: 'Another' }),
      () => room.prompts.commit(org, 'p', by, { ...place, content: { text: 'Hi' } }),
      () => room.history.merge(org, 'p', by, { ...place, source: 'branch/draft', mode: 'merge' }),
      () => room.history.rollBack(org, 'p', by, { ...place, to: '1' }),
      () => room.refs.move(org, 'p', by, label, { to: '1', expectedHash: null }),
      () => room.refs.createTag(org, 'p', by, { name: 'v1', to: '1' }),
      () => room.refs.remove(org, 'p', by, { kind: 'branch', name: 'draft' }, { expectedHash }),
      () => room.reviews.open(org, 'p', by, { ...request, target: label }),
      () => room.reviews.review(org, 'p', person, id, { versionId, verdict: 'approved' }),
      () => room.reviews.merge(org, 'p', by, id, { mode: 'merge' }),
      () => room.reviews.close(org, 'p', by, id),
      () => room.reviews.setCheck(org, 'p', { name: 'ci', at: '1', state: 'passed', evidence: {} }),
      () => room.transfers.import(org, by, { key: 'p', commits: [], refs: [main] }),
    ]
    for (const attempt of changes)
      await expect(attempt(), String(attempt)).rejects.toMatchObject({ code: 'prompt.archived' })
    expect(await room.reviews.preview(org, 'p', id)).toMatchObject({ outcome: 'fast-forward' })
    expect(await room.prompts.get(org, 'p')).toMatchObject({ name: 'p', head: { versionNumber: 1 } })
    await change({ archived: false, name: 'Back' })
    expect(await room.reviews.merge(org, 'p', by, id, { mode: 'merge' })).toMatchObject({ version: { id: versionId } })
  })
})

describe('the ETag of a prompt', () => {
  let server: InhabitedServer
  let acme: Inhabitant

  beforeAll(async () => {
    server = await openInhabitedServer()
    acme = await server.inhabit('acme')
  })
  afterAll(() => server.close())

  it('changes with the name and with the head of main, and does for a change of either', async () => {
    const { id, promptEtag: etag } = await newPrompt(acme)
    const params = { id }
    const renamed = await acme.ask('updatePrompt', { params, ifMatch: etag, body: { name: 'Greeting' } })
    const headers = { 'If-None-Match': etag }
    const read = await server.call('getPrompt', { params, credential: acme.key, headers })
    expect(read).toMatchObject({ status: 200, body: { name: 'Greeting' } })
    expect(read.headers.get('ETag')).toBe(renamed.etag)
    const stale = { params, ifMatch: etag, body: { name: 'Mine' }, credential: acme.key }
    const refused = await server.call('updatePrompt', stale)
    expect(refused).toMatchObject({ status: 412, body: { code: 'prompt.changed', current: { name: 'Greeting' } } })
    // Nobody knows whether it ever was one of this prompt's.
    const foreign = await server.call('updatePrompt', { ...stale, ifMatch: '"nonsense"' })
    expect(foreign.body).toMatchObject({ code: 'prompt.changed', detail: expect.stringContaining('"nonsense" is not') })
    expect(refused.headers.get('ETag')).toBe(renamed.etag)
    const body = { content: { text: 'Hi' } }
    await acme.ask('createPromptVersion', { params, ifMatch: renamed.etag, body })
    await acme.ask('updatePrompt', { params, ifMatch: renamed.etag, body: { archived: true } })
    expect((await acme.ask('listPrompts', { query: { key: 'none' } })).body.data).toEqual([])
  })
})
