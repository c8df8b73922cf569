import type { PromptContent, PromptVersion } from '@fairlead/core/prompt'
import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import { createPromptCatalog } from './catalog.ts'
import { composeVersion } from './compose.ts'
import { refResolver } from './resolver.ts'
import { selectVersion } from './select.ts'
import type { TestPromptRoom } from './testing/room.suite.ts'
import { keyActor, openPromptRoom } from './testing/room.suite.ts'

const by = keyActor()
const production = (prompt: string) => ({ prompt, label: 'production' })

/** A text that names others, with a reference to what the label "production" of each names. */
function text(body: string, ...prompts: string[]): PromptContent {
  const partials = prompts.map((prompt) => `{{> ${prompt}}}`).join('')
  if (prompts.length === 0) return { text: body }
  return { text: `${body}${partials}`, references: Object.fromEntries(prompts.map((one) => [one, production(one)])) }
}

describe.each(backends)('composing prompts on %s', (kind) => {
  let room: TestPromptRoom
  let org: string

  beforeAll(async () => {
    room = await openPromptRoom(kind)
  })
  afterAll(() => room.database.close())
  beforeEach(async () => {
    org = await room.newOrganization()
  })

  const within = <T>(work: Parameters<typeof room.database.withOrganization<T>>[1]) =>
    room.database.withOrganization(org, work)
  const headOf = async (key: string) => (await room.refs.get(org, key, { kind: 'branch', name: 'main' })).version
  const create = (key: string, content: PromptContent) => room.prompts.create(org, by, { key, content })
  const commit = async (key: string, content: PromptContent): Promise<PromptVersion> =>
    room.prompts.commit(org, key, by, { branch: 'main', expectedHash: (await headOf(key)).commitHash, content })
  async function label(key: string, to: string, name = 'production') {
    const ref = { kind: 'label' as const, name }
    const known = await room.refs.get(org, key, ref).catch(() => null)
    return room.refs.move(org, key, by, ref, { to, expectedHash: known?.version.commitHash ?? null })
  }
  /** A prompt whose first version is in production. */
  async function produce(key: string, content: PromptContent) {
    await create(key, content)
    await label(key, '1')
  }
  const said = async (key: string, selection = {}) =>
    (await room.prompts.render(org, key, selection, {})).messages.map(({ content }) => content).join()
  const compose = (key: string) =>
    within(async (db) => {
      const { prompt, row } = await selectVersion(db, key, {})
      return composeVersion(db, prompt, row)
    })

  it('renders what labels name now and what numbers name for good, and tells of every version in it', async () => {
    await produce('tone', { text: 'Be {{mood}}.', variables: { mood: { type: 'string', default: 'kind' } } })
    await produce('head', text('Hello. ', 'tone'))
    const messages = [
      { role: 'system' as const, content: '{{> opening}}' },
      { role: 'user' as const, content: '{{> opening}}{{> manner}}' },
    ]
    const references = { opening: production('head'), manner: { prompt: 'tone', version: 1 } }
    await create('whole', { messages, references })
    expect(await said('whole')).toBe('Hello. Be kind.,Hello. Be kind.Be kind.')
    await commit('tone', { text: 'Be brief.' })
    expect(await said('whole')).toBe('Hello. Be kind.,Hello. Be kind.Be kind.')
    await label('tone', '2')
    expect(await said('whole')).toBe('Hello. Be brief.,Hello. Be brief.Be kind.')
    const { content, references: composed } = await compose('whole')
    expect(content).toEqual({
      messages: [
        { role: 'system', content: 'Hello. Be brief.' },
        { role: 'user', content: 'Hello. Be brief.Be {{mood}}.' },
      ],
      variables: { mood: { type: 'string', default: 'kind' } },
    })
    const [tone, head] = [await headOf('tone'), await headOf('head')]
    const { id: first } = await room.prompts.getVersion(org, 'tone', 1)
    expect(composed).toEqual([
      { promptId: tone.promptId, key: 'tone', versionId: first, versionNumber: 1, label: null },
      { promptId: head.promptId, key: 'head', versionId: head.id, versionNumber: 1, label: 'production' },
      { promptId: tone.promptId, key: 'tone', versionId: tone.id, versionNumber: 2, label: 'production' },
    ])
    expect((await compose('tone')).references).toEqual([])
    const byId = { text: '{{> t}}', references: { t: production(tone.promptId.toUpperCase()) } }
    await create('named', byId)
    expect(await said('named')).toBe('Be brief.')
  })

  it('refuses a version whose references do not fit, with the place of each', async () => {
    await produce('tone', { text: 'Be kind.' })
    await produce('talk', { messages: [{ role: 'user', content: 'Hello' }] })
    await produce('one', { text: '{{n}}', variables: { n: { type: 'number' } } })
    await produce('two', { text: '{{n}}', variables: { n: { type: 'string' } } })
    await create('new', { text: '' })
    const refused = async (content: PromptContent, code: string, ...pointers: string[]) =>
      expect(commit('new', content)).rejects.toMatchObject({
        code,
        data: { errors: pointers.map((pointer) => ({ pointer: `/content${pointer}` })) },
      })
    const pinned = (prompt: string, version: number) => ({ prompt, version })
    await refused({ text: '{{> x}}' }, 'prompt.invalid_content', '/text')
    await refused({ text: '', references: { x: production('tone') } }, 'prompt.invalid_content', '/references/x')
    const missing = { a: production('nobody'), b: pinned('tone', 7), c: { prompt: 'tone', label: 'gold' } }
    await refused(
      { text: '{{> a}}{{> b}}{{> c}}', references: missing },
      'prompt.unknown_reference',
      ...['/references/a', '/references/b', '/references/c'],
    )
    await refused(text('', 'tone', 'talk'), 'prompt.reference_not_text', '/references/talk')
    await refused(text('', 'one', 'two'), 'prompt.variable_conflict', '/references/two')
    await refused({ text: '{{> x}}', references: { x: pinned('new', 1) } }, 'prompt.reference_cycle', '/references/x')
    await expect(create('self', text('', 'self'))).rejects.toMatchObject({ code: 'prompt.unknown_reference' })
    const many = Array.from({ length: 101 }, (_, index) => [`r${index}`, { prompt: 'tone', label: `l${index}` }])
    await refused(
      { text: many.map(([name]) => `{{> ${name}}}`).join(''), references: Object.fromEntries(many) },
      'prompt.too_many_references',
      '/references',
    )
    await refused({ text: '', references: {}, messages: [] }, 'prompt.invalid_content', '')
    const abroad = await room.prompts.create(await room.newOrganization(), by, { key: 'there', content: { text: '' } })
    const foreign = { text: '{{> x}}', references: { x: pinned(abroad.id, 1) } }
    await refused(foreign, 'prompt.unknown_reference', '/references/x')
    expect((await headOf('new')).versionNumber).toBe(1)
  })

  it('refuses a version that leads back to its prompt, however it is to be made', async () => {
    await produce('b', text('b'))
    await produce('a', text('a', 'b'))
    await expect(commit('b', text('', 'a'))).rejects.toMatchObject({
      code: 'prompt.reference_cycle',
      message: expect.stringContaining('b -> a -> b'),
      data: { path: ['b', 'a', 'b'], errors: [{ pointer: '/content/references/a' }] },
    })
    // Once the label names another version, what was fine before would go round.
    const plain = await commit('a', text('plain'))
    await label('a', '2')
    await commit('b', text('', 'a'))
    await label('b', '2')
    expect(await said('b')).toBe('plain')
    const place = { branch: 'main', expectedHash: plain.commitHash }
    const round = { code: 'prompt.reference_cycle', data: { path: ['a', 'b', 'a'] } }
    await expect(room.history.rollBack(org, 'a', by, { ...place, to: '1' })).rejects.toMatchObject(round)
    await expect(room.history.revert(org, 'a', by, { ...place, version: '2' })).rejects.toMatchObject(round)
    const side = { kind: 'branch' as const, name: 'side' }
    await room.refs.move(org, 'a', by, side, { to: '1', expectedHash: null })
    const onSide = { branch: 'side', expectedHash: (await room.refs.get(org, 'a', side)).version.commitHash }
    await expect(room.history.cherryPick(org, 'a', by, { ...onSide, version: '2' })).resolves.toMatchObject({})
    for (const mode of ['merge', 'squash'] as const) {
      const order = { ...place, source: 'branch/side', mode, content: text('', 'b') }
      await expect(room.history.merge(org, 'a', by, order)).rejects.toMatchObject(round)
    }
    await expect(label('a', '1')).rejects.toMatchObject(round)
    expect(await said('b')).toBe('plain')
  })

  it('refuses to cherry-pick, or to release, what was fine when it was written and goes round since', async () => {
    await produce('b', text('b'))
    await produce('a', text('a'))
    const side = { kind: 'branch' as const, name: 'side' }
    const { version } = await room.refs.move(org, 'a', by, side, { to: '1', expectedHash: null })
    const place = { branch: 'side', expectedHash: version.commitHash }
    await room.prompts.commit(org, 'a', by, { ...place, content: text('a', 'b') })
    await commit('b', text('', 'a'))
    await label('b', '2')
    const onMain = { branch: 'main', expectedHash: (await headOf('a')).commitHash }
    const round = { code: 'prompt.reference_cycle', data: { path: ['a', 'b', 'a'] } }
    await expect(room.history.cherryPick(org, 'a', by, { ...onMain, version: '2' })).rejects.toMatchObject(round)
    const squash = { ...onMain, source: 'branch/side', mode: 'squash' as const }
    await expect(room.history.merge(org, 'a', by, squash)).rejects.toMatchObject(round)
    const noForward = { ...squash, mode: 'no-fast-forward' as const }
    await expect(room.history.merge(org, 'a', by, noForward)).rejects.toMatchObject(round)
    await expect(label('a', '2')).rejects.toMatchObject(round)
    await expect(label('a', '2', 'other')).rejects.toMatchObject(round)
    expect([await said('a'), await said('b')]).toEqual(['a', 'a'])
  })

  it('lets all but one of the label moves win that would close a circle together', async () => {
    for (let round = 0; round < 8; round++) {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => `${name}${round}`)
      for (const key of [a!, b!, c!]) await produce(key, text(key))
      await commit(a!, text('', b!))
      await commit(b!, text('', c!))
      await commit(c!, text('', a!))
      const moves = await Promise.allSettled([label(a!, '2'), label(b!, '2'), label(c!, '2')])
      expect(moves.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
      const refused = moves.find(({ status }) => status === 'rejected') as PromiseRejectedResult
      expect(refused.reason).toMatchObject({ code: 'prompt.reference_cycle' })
      for (const key of [a!, b!, c!]) expect(await said(key)).toMatch(/^[abc]/)
    }
  })

  it('says which reference leads nowhere when a label has been removed, and lists the prompt all the same', async () => {
    await produce('tone', { text: '{{mood}}' })
    await produce('head', text('{{who}}', 'tone'))
    await create('whole', { ...text('', 'head'), variables: { extra: true } })
    const catalog = createPromptCatalog()
    const variables = async () => (await within((db) => catalog.list(db, ['whole'])))[0]!.variables
    expect(await variables()).toEqual({ extra: true, who: true, mood: true })
    await commit('tone', { text: 'plain', variables: { other: { type: 'number' } } })
    await label('tone', '2')
    expect(await variables()).toEqual({ extra: true, who: true, other: { type: 'number' } })
    const { commitHash } = (await room.refs.get(org, 'tone', { kind: 'label', name: 'production' })).version
    await room.refs.remove(org, 'tone', by, { kind: 'label', name: 'production' }, { expectedHash: commitHash })
    const dangling = {
      code: 'prompt.dangling_reference',
      message: expect.stringContaining('"tone" of whole -> head leads nowhere'),
      data: { reference: 'head', path: ['whole', 'head'] },
    }
    await expect(said('whole')).rejects.toMatchObject(dangling)
    await expect(within((db) => refResolver.resolve(db, { prompt: 'whole' }))).rejects.toMatchObject(dangling)
    expect(await variables()).toEqual({ extra: true })
    await expect(commit('whole', text('', 'head'))).rejects.toMatchObject({ code: 'prompt.dangling_reference' })
  })

  it('ends with the way that goes round where a history came from elsewhere', async () => {
    const author = { name: 'Ada', email: 'ada@example.com' }
    const foreign = (content: PromptContent) => ({
      ...{ parents: [], author, committedAt: '2026-01-01T00:00:00.000Z', message: '' },
      content,
    })
    const take = (key: string, content: PromptContent) =>
      room.transfers.import(org, by, { key, commits: [foreign(content)], refs: [] })
    const first = await take('a', text('', 'b'))
    const refs = [{ kind: 'label' as const, name: 'production', commit: first.commitHashes[0]! }]
    await room.transfers.import(org, by, { key: 'a', commits: [], refs })
    await take('b', text('', 'a'))
    await expect(label('b', '1')).rejects.toMatchObject({ code: 'prompt.reference_cycle' })
    await expect(said('a', { version: 1 })).rejects.toMatchObject({ code: 'prompt.dangling_reference' })
    const closing = { key: 'b', commits: [foreign(text('More. ', 'a'))], refs: [] }
    const commit = (await room.transfers.export(org, 'b', { limit: 10, after: undefined }))[0]!.commitHash
    await expect(
      room.transfers.import(org, by, { ...closing, refs: [{ kind: 'label', name: 'production', commit }] }),
    ).rejects.toMatchObject({ code: 'prompt.reference_cycle', data: { path: ['b', 'a', 'b'] } })
    expect(await room.prompts.listVersions(org, 'b', { limit: 10, after: undefined })).toHaveLength(1)
    await room.database.withOrganization(org, async (db) => {
      const { prompt, row } = await selectVersion(db, 'b', { version: 1 })
      const place = { organization_id: org, prompt_id: prompt.id, kind: 'label' as const, name: 'production' }
      await db
        .insertInto('prompt_refs')
        .values({ ...place, version_id: row.id })
        .execute()
    })
    await expect(said('a')).rejects.toMatchObject({
      code: 'prompt.reference_cycle',
      data: { path: ['a', 'b', 'a'] },
    })
    await take('c', { text: '{{> x}} as in handlebars' })
    // What no version can be called, as a repository may say it.
    const pinned = (version: number) => ({ text: '{{> x}}', references: { x: { prompt: 'c', version } } })
    await expect(take('d', pinned(10 ** 12))).rejects.toMatchObject({ code: 'prompt.invalid_content' })
    await take('d', pinned(2 ** 31 - 1))
    await expect(said('d', { version: 1 })).rejects.toMatchObject({ code: 'prompt.dangling_reference' })
    expect(await said('c', { version: 1 })).toBe('{{> x}} as in handlebars')
  })

  it('says where it leads when a label is gone, and when what is referred to has grown too long or too deep since', async () => {
    await produce('tone', { text: 'Be kind.' })
    await produce('head', text('', 'tone'))
    await create('whole', text('', 'head'))
    const { version } = await room.refs.get(org, 'tone', { kind: 'label', name: 'production' })
    await room.refs.remove(org, 'tone', by, { kind: 'label', name: 'production' }, { expectedHash: version.commitHash })
    await expect(said('whole')).rejects.toMatchObject({
      code: 'prompt.dangling_reference',
      message: expect.stringContaining('no prompt "tone" with a label "production"'),
      data: { reference: 'head', path: ['whole', 'head'] },
    })
    // Each was short or shallow when what refers to it was committed.
    const big = { type: 'string' as const, description: 'x'.repeat(900_000) }
    const many = Array.from({ length: 20 }, (_, index) => `big${index}`)
    for (const key of many) await produce(key, { text: '' })
    await create('long', text('', ...many))
    for (const key of many) {
      await commit(key, { text: '', variables: { big } })
      await label(key, '2')
    }
    await expect(said('long')).rejects.toMatchObject({
      code: 'prompt.too_long',
      message: expect.stringContaining('16,000,000 bytes'),
    })
    const chain = Array.from({ length: 12 }, (_, index) => `c${index}`)
    for (const key of chain) await produce(key, { text: 'end' })
    for (const [index, key] of chain.slice(0, -1).entries()) await commit(key, text('', chain[index + 1]!))
    for (const key of chain.slice(0, -1)) await label(key, '2')
    expect(await said('c3')).toBe('end')
    await expect(said('c2')).rejects.toMatchObject({
      code: 'prompt.reference_too_deep',
      data: { path: chain.slice(2) },
    })
    await expect(said('c0')).rejects.toMatchObject({ code: 'prompt.reference_too_deep' })
    const listed = await within((db) => createPromptCatalog().list(db, chain))
    expect(listed).toHaveLength(12)
  })

  it('asks nothing more of the database when it refers to nothing, and for one level of labels three things', async () => {
    await produce('plain', { text: 'plain' })
    await produce('tone', { text: 'kind' })
    await produce('whole', text('', 'tone'))
    const counted = (key: string) =>
      within(async (db) => {
        const { prompt, row } = await selectVersion(db, key, { label: 'production' })
        let queries = 0
        const transformQuery: KyselyPlugin['transformQuery'] = ({ node }) => {
          queries++
          return node
        }
        const counting = db.withPlugin({ transformQuery, transformResult: async ({ result }) => result })
        await composeVersion(counting, prompt, row)
        return queries
      })
    expect(await counted('plain')).toBe(0)
    expect(await counted('whole')).toBe(3)
  })

  it('merges references, and wants a word where one side uses what the other gave up', async () => {
    await produce('tone', text('Be kind.'))
    await produce('end', text('Bye.'))
    const lines = (top: string, bottom: string) => `${top}\n\n\n\n${bottom}\n`
    const tone = production('tone')
    await create('whole', { text: lines('{{> tone}}', 'Answer.'), references: { tone } })
    const side = { kind: 'branch' as const, name: 'side' }
    const { version } = await room.refs.move(org, 'whole', by, side, { to: '1', expectedHash: null })
    await room.prompts.commit(org, 'whole', by, {
      ...{ branch: 'side', expectedHash: version.commitHash },
      content: {
        text: lines('{{> tone}}', 'Answer. {{> tone}}{{> end}}'),
        references: { tone, end: production('end') },
      },
    })
    const ours = await commit('whole', { text: lines('Be wise.', 'Answer.') })
    const order = { branch: 'main', expectedHash: ours.commitHash, source: 'branch/side', mode: 'merge' as const }
    await expect(room.history.merge(org, 'whole', by, order)).rejects.toMatchObject({
      code: 'prompt.merge_conflict',
      data: { conflicts: [{ kind: 'value', path: '/references/tone', theirs: tone }] },
    })
    const resolutions = [{ path: '/references/tone', take: 'theirs' as const }]
    const merged = await room.history.merge(org, 'whole', by, { ...order, resolutions })
    expect(merged.version.content.references).toEqual({ end: production('end'), tone })
    expect(await said('whole')).toBe(lines('Be wise.', 'Answer. Be kind.Bye.'))
    const { changes } = await room.history.diff(org, 'whole', { from: '3', to: '4' })
    expect(changes.filter(({ kind: what }) => what === 'reference')).toMatchObject([
      { change: 'added', path: '/references/end' },
      { change: 'added', path: '/references/tone' },
    ])
  })

  it('pins every version, and loads what was pinned whatever labels name later', async () => {
    await produce('tone', text('Be kind.'))
    await produce('head', text('Hello. ', 'tone'))
    await create('whole', text('', 'head', 'tone'))
    const resolve = () => within((db) => refResolver.resolve(db, { prompt: 'whole' }))
    const before = (await resolve())!
    expect(before.pin.references).toMatchObject([
      { versionNumber: 1, label: 'production' },
      { versionNumber: 1, label: 'production' },
    ])
    await commit('tone', text('Be brief.'))
    await label('tone', '2')
    const after = (await resolve())!
    expect(after.content.messages[0]!.content).toBe('Hello. Be brief.Be brief.')
    const loaded = await within((db) => refResolver.load(db, [before.pin, after.pin]))
    expect([...loaded.values()]).toEqual([before.content, after.content])
    expect(loaded.size).toBe(2)
    const [first, ...others] = before.pin.references!
    const lost = { ...before.pin, references: [{ ...first!, versionId: before.pin.promptId }, ...others] }
    expect(await within((db) => refResolver.load(db, [lost]))).toEqual(new Map())
  })
})
