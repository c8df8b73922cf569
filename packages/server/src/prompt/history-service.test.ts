import type { PromptContent, PromptVersion } from '@fairlead/core/prompt'
import { liveAt } from '@fairlead/core/prompt'
import type { KyselyPlugin } from 'kysely'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends, newId } from '../database/testing/index.ts'
import { loadEdges } from './history-store.ts'
import { findVersionsByHashPrefix, lockPrompt } from './store.ts'
import type { TestPromptRoom } from './testing/room.suite.ts'
import { keyActor, openPromptRoom } from './testing/room.suite.ts'

const by = keyActor()
const text = (...changes: [number, string][]): PromptContent => {
  const lines = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  for (const [at, line] of changes) lines[at] = line
  return { text: lines.map((line) => `${line}\n`).join('') }
}

describe.each(backends)('the history of a prompt on %s', (kind) => {
  let room: TestPromptRoom
  let org: string

  beforeAll(async () => {
    room = await openPromptRoom(kind)
  })
  afterAll(() => room.database.close())
  beforeEach(async () => {
    org = await room.newOrganization()
    await room.prompts.create(org, by, { key: 'p', content: text(), commitMessage: 'Begin' })
  })

  const headOf = async (branch: string) => (await room.refs.get(org, 'p', { kind: 'branch', name: branch })).version
  const place = async (branch = 'main') => ({ branch, expectedHash: (await headOf(branch)).commitHash })
  const fork = (name: string, to = 'branch/main') =>
    room.refs.move(org, 'p', by, { kind: 'branch', name }, { to, expectedHash: null })
  async function commit(branch: string, content: PromptContent): Promise<PromptVersion> {
    return room.prompts.commit(org, 'p', by, { ...(await place(branch)), content })
  }
  const merge = async (source: string, more: object = {}, branch = 'main') =>
    room.history.merge(org, 'p', by, { ...(await place(branch)), source, mode: 'merge', ...more })

  it('merges what two branches made of a text into a version with two parents', async () => {
    await fork('draft')
    const theirs = await commit('draft', text([8, 'their end']))
    const ours = await commit('main', text([0, 'our beginning']))
    const preview = await room.history.preview(org, 'p', { source: 'branch/draft', branch: 'main' })
    expect(preview).toMatchObject({ outcome: 'clean', conflicts: [], bases: [{ versionNumber: 1 }] })
    const { version, reference, isNew } = await merge('branch/draft')
    expect(isNew).toBe(true)
    expect(version).toMatchObject({
      versionNumber: 4,
      kind: 'merge',
      parentVersionId: ours.id,
      mergeParentVersionId: theirs.id,
      content: text([0, 'our beginning'], [8, 'their end']),
      commitMessage: 'Merge draft (version 2) into main',
    })
    expect(preview.content).toEqual(version.content)
    expect(reference.version).toEqual(version)
    expect(await merge('branch/draft')).toMatchObject({ isNew: false, version: { id: version.id } })
    expect(await room.history.verify(org, 'p')).toEqual({ intact: true, versions: 4, altered: null })
  })

  it('moves the branch where nothing stands between, unless a version is asked for', async () => {
    await fork('draft')
    const theirs = await commit('draft', text([1, 'B']))
    await fork('other')
    expect(await merge('branch/draft', { mode: 'no-fast-forward' }, 'other')).toMatchObject({
      isNew: true,
      version: { kind: 'merge', mergeParentVersionId: theirs.id },
    })
    expect(await merge('branch/draft', { mode: 'fast-forward-only' })).toMatchObject({
      isNew: false,
      version: { id: theirs.id },
    })
    await commit('main', text([1, 'B'], [4, 'E']))
    await commit('draft', text([1, 'B'], [8, 'I']))
    await expect(merge('branch/draft', { mode: 'fast-forward-only' })).rejects.toMatchObject({
      code: 'prompt.not_fast_forward',
    })
    expect(await merge('branch/draft', { mode: 'squash' })).toMatchObject({
      version: { kind: 'commit', mergeParentVersionId: null, content: text([1, 'B'], [4, 'E'], [8, 'I']) },
    })
  })

  it('answers a merge that contradicts itself with all that is needed to resolve it, and takes resolutions as data', async () => {
    await fork('draft')
    await commit('draft', text([4, 'their middle']))
    await commit('main', text([4, 'our middle']))
    const conflict = {
      kind: 'text',
      path: '/text',
      hunks: [{ base: 'e\n', ours: 'our middle\n', theirs: 'their middle\n', line: 4 }],
    }
    await expect(merge('branch/draft')).rejects.toMatchObject({
      code: 'prompt.merge_conflict',
      data: { conflicts: [{ ...conflict, proposal: null }] },
    })
    expect(await headOf('main')).toMatchObject({ versionNumber: 3 })
    const unfit = [
      { path: '/text', hunks: ['ours', 'ours'] },
      { path: '/nope', take: 'ours' },
    ]
    await expect(merge('branch/draft', { resolutions: unfit })).rejects.toMatchObject({
      code: 'prompt.invalid_resolution',
      data: { errors: [{ pointer: '/resolutions/0' }, { pointer: '/resolutions/1' }] },
    })
    const both = { resolutions: [{ path: '/text', hunks: ['both'] }] }
    const { version } = await merge('branch/draft', both)
    expect(version.content.text).toBe('a\nb\nc\nd\nour middle\ntheir middle\nf\ng\nh\ni\n')
    // Nothing is left to resolve: what is sent would be lost.
    for (const sent of [both, { content: { text: 'mine' } }]) {
      await expect(merge('branch/draft', sent)).rejects.toMatchObject({ code: 'prompt.invalid_resolution' })
    }
  })

  it('refuses resolutions and contents with what is no JSON Schema, where the request has it', async () => {
    const asking = (variables: PromptContent['variables']) => ({ ...text(), variables })
    await fork('draft')
    await commit('draft', asking({ a: { type: 'string' } }))
    await commit('main', asking({ a: { type: 'number' } }))
    const resolved = (type: unknown) => ({ resolutions: [{ path: '/variables/a/type', value: type }] })
    const refused = (pointer: string) => ({ code: 'prompt.invalid_content', data: { errors: [{ pointer }] } })
    await expect(merge('branch/draft', resolved(['string', 'nul']))).rejects.toMatchObject(
      refused('/resolutions/0/value/1'),
    )
    const content = asking({ a: { type: 'strin' } })
    await expect(merge('branch/draft', { content })).rejects.toMatchObject(refused('/content/variables/a/type'))
    const { version } = await merge('branch/draft', resolved(['string', 'null']))
    expect(version.content.variables).toEqual({ a: { type: ['string', 'null'] } })
  })

  it('commits nothing that the contract does not know, where the request has it', async () => {
    const saying = (...contents: string[]) => contents.map((content) => ({ role: 'user' as const, content }))
    const refused = (pointer: string) => ({ code: 'prompt.invalid_content', data: { errors: [{ pointer }] } })
    await commit('main', { messages: saying('a') })
    await fork('draft')
    await commit('draft', { messages: saying('b', 'c'), model: { id: 'theirs' } })
    const ours = await commit('main', { messages: saying('d'), model: { id: 'ours' } })
    const resolved = (messages: unknown, model: object = { take: 'ours' }) =>
      merge('branch/draft', {
        resolutions: [
          { path: '/model/id', ...model },
          { path: '/messages/0', value: messages },
        ],
      })
    const faults: [unknown, string][] = [
      [[], '/resolutions'],
      [[...saying('x'), { role: 'robot', content: '' }], '/resolutions/1/value/1/role'],
      [[{ role: 'user', content: '', more: 1 }], '/resolutions/1/value/0/more'],
    ]
    for (const [value, pointer] of faults) await expect(resolved(value)).rejects.toMatchObject(refused(pointer))
    for (const value of [5, undefined, 'ab'])
      await expect(resolved(value)).rejects.toMatchObject({ code: 'prompt.invalid_resolution' })
    await expect(resolved(saying('x'), { value: 5 })).rejects.toMatchObject(refused('/resolutions/0/value'))
    expect(await headOf('main')).toEqual(ours)
    expect((await resolved(saying('x'))).version.content.messages).toEqual(saying('x'))
  })

  it('merges nothing cleanly into more than a version may have', async () => {
    const tools = (name: string) => Array.from({ length: 600 }, (_, index) => `${name}${index}`)
    await fork('draft')
    await commit('draft', { ...text(), tools: tools('a') })
    await commit('main', { ...text(), tools: tools('b') })
    await expect(merge('branch/draft')).rejects.toMatchObject({
      code: 'prompt.invalid_content',
      data: { errors: [{ pointer: '/content/tools' }] },
    })
  })

  it('merges branches that were merged into each other crosswise', async () => {
    await fork('draft')
    await commit('main', text([0, 'one']))
    await commit('draft', text([8, 'two']))
    const [main, draft] = [await headOf('main'), await headOf('draft')]
    await merge(draft.commitHash)
    await merge(main.commitHash, {}, 'draft')
    await commit('main', text([0, 'one again'], [8, 'two']))
    await commit('draft', text([0, 'one'], [8, 'two again']))
    const preview = await room.history.preview(org, 'p', { source: 'branch/draft', branch: 'main' })
    expect(preview.bases).toHaveLength(2)
    expect((await merge('branch/draft')).version.content).toEqual(text([0, 'one again'], [8, 'two again']))
  })

  it('goes back to an earlier version by a new one', async () => {
    await commit('main', text([0, 'A']))
    const rolled = await room.history.rollBack(org, 'p', by, { ...(await place()), to: '1' })
    expect(rolled.version).toMatchObject({ versionNumber: 3, kind: 'revert', content: text() })
    await expect(room.history.rollBack(org, 'p', by, { ...(await place()), to: '1' })).rejects.toMatchObject({
      code: 'prompt.nothing_to_commit',
    })
    await expect(room.history.rollBack(org, 'p', by, { ...(await place()), to: '9' })).rejects.toMatchObject({
      code: 'prompt.version_not_found',
    })
  })

  it('takes out what one version brought, and brings what another did, leaving the rest', async () => {
    await commit('main', text([0, 'A']))
    await commit('main', text([0, 'A'], [8, 'I']))
    const reverted = await room.history.revert(org, 'p', by, { ...(await place()), version: '2' })
    expect(reverted.version).toMatchObject({
      kind: 'revert',
      content: text([8, 'I']),
      commitMessage: 'Revert version 2',
    })
    await fork('draft', '1')
    await commit('draft', text([4, 'E']))
    await commit('draft', text([4, 'E'], [6, 'G']))
    const picked = await room.history.cherryPick(org, 'p', by, { ...(await place()), version: 'branch/draft' })
    expect(picked.version.content).toEqual(text([6, 'G'], [8, 'I']))
    await expect(room.history.revert(org, 'p', by, { ...(await place()), version: '1' })).rejects.toMatchObject({
      code: 'prompt.no_parent',
    })
  })

  it('tells the loser of a race the head, the base and a merge that is ready to commit', async () => {
    const base = await headOf('main')
    await commit('main', text([0, 'first']))
    const mine = text([8, 'mine'])
    const lost = room.prompts.commit(org, 'p', by, { branch: 'main', expectedHash: base.commitHash, content: mine })
    const error = (await lost.catch((thrown: unknown) => thrown)) as { data: { merge: { content: PromptContent } } }
    expect(error).toMatchObject({
      code: 'prompt.head_moved',
      data: { current: { versionNumber: 2 }, base: { versionNumber: 1 }, merge: { clean: true, conflicts: [] } },
    })
    expect(error.data.merge.content).toEqual(text([0, 'first'], [8, 'mine']))
  })

  it('says for every line which version wrote it', async () => {
    await commit('main', text([0, 'A']))
    await commit('main', text([0, 'A'], [8, 'I']))
    const { texts } = await room.history.blame(org, 'p', 'branch/main')
    expect(texts).toMatchObject([{ path: '/text' }])
    expect(texts[0]!.lines.map(({ versionNumber }) => versionNumber)).toEqual([2, 1, 1, 1, 1, 1, 1, 1, 3])
  })

  it('is laid out for drawing, page by page as in one', async () => {
    await fork('draft')
    await commit('draft', text([8, 'I']))
    await commit('main', text([0, 'A']))
    await merge('branch/draft')
    const whole = await room.history.history(org, 'p', { limit: 10, after: undefined, newest: undefined })
    expect(whole.rows.map(({ version, lane }) => [version.versionNumber, lane])).toEqual([
      [4, 0],
      [3, 0],
      [2, 1],
      [1, 0],
    ])
    expect(whole.rows[0]!.refs).toEqual([{ kind: 'branch', name: 'main' }])
    const first = await room.history.history(org, 'p', { limit: 2, after: undefined, newest: undefined })
    await commit('main', text([1, 'later']))
    const [after, newest] = first.next!
    const second = await room.history.history(org, 'p', { limit: 10, after, newest })
    const places = (rows: typeof whole.rows) =>
      rows.map(({ version, lane, lines, hiddenLines }) => ({ id: version.id, lane, lines, hiddenLines }))
    expect(places([...first.rows, ...second.rows])).toEqual(places(whole.rows))
    expect(second.next).toBeNull()
  })

  it('says for every message who wrote its lines, by its place among those of its role', async () => {
    const say = (role: 'system' | 'user', content: string) => ({ role, content })
    const first = await commit('main', { messages: [say('system', 'be kind\n'), say('user', 'hello\n')] })
    const more = [say('user', 'hello\n'), say('system', 'be kind\nbe brief\n'), say('user', 'and you?\n')]
    const second = await commit('main', { messages: more })
    const { texts } = await room.history.blame(org, 'p', 'branch/main')
    expect(texts.map(({ path, lines }) => [path, lines.map(({ versionId }) => versionId)])).toEqual([
      ['/messages/0/content', [first.id]],
      ['/messages/1/content', [first.id, second.id]],
      ['/messages/2/content', [second.id]],
    ])
  })

  it('is walked, blamed and laid out piece by piece, however long it is', async () => {
    const author = { name: 'Ada', email: 'ada@example.com' }
    const committedAt = '2026-01-01T00:00:00.000Z'
    const count = 250
    const commits = Array.from({ length: count }, (_, at) => ({
      ...{ parents: at === 0 ? [] : [`${at - 1}`, ...(at % 7 === 6 ? [`${at - 5}`] : [])], message: `${at}` },
      ...{ content: { text: at < 100 ? 'old\n' : 'old\nnew\n' }, author, committedAt },
    }))
    const places = new Map(commits.map(({ message }, at) => [message, at]))
    const refs = [{ kind: 'branch' as const, name: 'main', commit: `${count - 1}` }]
    await room.transfers.import(org, by, { key: 'long', commits, refs, places })
    expect(await room.history.verify(org, 'long')).toEqual({ intact: true, versions: count, altered: null })
    const { texts } = await room.history.blame(org, 'long', 'branch/main')
    expect(texts[0]!.lines.map(({ versionNumber }) => versionNumber)).toEqual([1, 101])
    const page = (limit: number, [after, newest]: readonly [number?, number?] = []) =>
      room.history.history(org, 'long', { limit, after, newest })
    const whole = await page(count)
    const rows: typeof whole.rows = []
    for (let next: Awaited<ReturnType<typeof page>>['next'] | undefined; next !== null; ) {
      const some = await page(60, next)
      rows.push(...some.rows)
      next = some.next
    }
    expect(rows).toEqual(whole.rows)
    expect(whole.rows[0]!.version).not.toHaveProperty('content')
  })

  it('finds a version by as many digits of its hash as tell it from others', async () => {
    const head = await commit('main', text([0, 'A']))
    for (const digits of [7, 8, 33, 64]) {
      const { from } = await room.history.diff(org, 'p', { from: head.commitHash.slice(0, digits), to: '1' })
      expect(from.id).toBe(head.id)
    }
    const [last] = head.commitHash.slice(9, 10)
    const other = `${head.commitHash.slice(0, 9)}${last === '0' ? '1' : '0'}`
    await expect(room.history.diff(org, 'p', { from: other, to: '1' })).rejects.toMatchObject({
      code: 'prompt.version_not_found',
    })
    const explaining: KyselyPlugin = {
      transformQuery: ({ node }) => ({ ...node, explain: { kind: 'ExplainNode' } }) as typeof node,
      transformResult: async ({ result }) => result,
    }
    const plan = await room.database.withOrganization(org, async (db) => {
      // Of a table that is nearly empty any index will do, and this one saves sorting.
      await sql`set local enable_sort = off`.execute(db)
      return findVersionsByHashPrefix(db.withPlugin(explaining), head.promptId, head.commitHash.slice(0, 7))
    })
    expect(JSON.stringify(plan)).toMatch(/Index Cond: [^"]*commit_hash >= [^"]*commit_hash <= /)
  })

  it('keeps branches, labels and tags by compare-and-swap, and every move of them', async () => {
    await commit('main', text([0, 'A']))
    const label = { kind: 'label' as const, name: 'production' }
    const made = await room.refs.move(org, 'p', by, label, { to: '1', expectedHash: null })
    await expect(room.refs.move(org, 'p', by, label, { to: '2', expectedHash: null })).rejects.toMatchObject({
      code: 'prompt.ref_exists',
      data: { etag: made.version.commitHash },
    })
    const expectedHash = made.version.commitHash
    const moves = await Promise.allSettled(
      ['2', 'branch/main', '2'].map((to) => room.refs.move(org, 'p', by, label, { to, expectedHash })),
    )
    expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await room.refs.createTag(org, 'p', by, { name: 'v1', to: 'label/production' })
    await expect(room.refs.createTag(org, 'p', by, { name: 'v1', to: '1' })).rejects.toMatchObject({
      code: 'prompt.tag_exists',
    })
    const main = { kind: 'branch' as const, name: 'main' }
    const back = { to: '1', expectedHash: (await headOf('main')).commitHash }
    await expect(room.refs.move(org, 'p', by, main, back)).rejects.toMatchObject({ code: 'prompt.not_fast_forward' })
    await room.refs.move(org, 'p', by, main, { ...back, force: true, reason: 'start over' })
    await expect(
      room.refs.remove(org, 'p', by, main, { expectedHash: (await headOf('main')).commitHash }),
    ).rejects.toMatchObject({ code: 'prompt.main_is_kept' })
    await room.refs.remove(org, 'p', by, label, {
      expectedHash: (await room.refs.get(org, 'p', label)).version.commitHash,
    })
    await expect(room.refs.get(org, 'p', label)).rejects.toMatchObject({ code: 'prompt.ref_not_found' })
    const log = await room.refs.log(org, 'p', {}, { limit: 20, after: undefined })
    expect(log.map(({ kind: of, name, reason }) => `${of} ${name}: ${reason}`)).toEqual([
      'label production: remove the label',
      'branch main: start over',
      'tag v1: tag',
      'label production: move the label',
      'label production: make the label',
      'branch main: commit',
      'branch main: create the prompt',
    ])
  })

  it('says what a label named at any time, as the core finds it in the log', async () => {
    await commit('main', text([0, 'second']))
    const label = { kind: 'label' as const, name: 'production' }
    const hash = async () => (await room.refs.get(org, 'p', label)).version.commitHash
    await room.refs.move(org, 'p', by, label, { to: '1', expectedHash: null })
    await room.refs.move(org, 'p', by, label, { to: '2', expectedHash: await hash() })
    await fork('draft')
    await room.refs.remove(org, 'p', by, label, { expectedHash: await hash() })
    await room.refs.move(org, 'p', by, label, { to: '1', expectedHash: null })
    const whole = await room.refs.log(org, 'p', {}, { limit: 20, after: undefined })
    expect(
      whole.filter(({ kind: of }) => of === 'label').map((one) => [one.oldVersionNumber, one.newVersionNumber]),
    ).toEqual([
      [null, 1],
      [2, null],
      [1, 2],
      [null, 1],
    ])
    const times = whole.flatMap(({ at }) => [-1, 0, 1].map((ms) => new Date(Date.parse(at) + ms).toISOString()))
    for (const at of times) {
      const [last] = await room.refs.log(org, 'p', { ...label, at }, { limit: 1, after: undefined })
      expect(last?.newVersionId ?? null, at).toBe(liveAt(whole.toReversed(), 'production', at))
    }
  })

  // The embedded database has one connection: there nobody can hold a lock against others.
  it.runIf(kind === 'postgres')('tells whoever has lost already so, without a wait for those who may win', async () => {
    const before = await place()
    const head = await commit('main', text([0, 'faster']))
    const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const holding = room.database.withOrganization(org, async (db) => {
      await lockPrompt(db, head.promptId)
      held.resolve()
      await free.promise
    })
    await held.promise
    const late = room.prompts.commit(org, 'p', by, { ...before, content: text([8, 'slower']) })
    await expect(late).rejects.toMatchObject({ code: 'prompt.head_moved', data: { merge: { clean: true } } })
    free.resolve()
    await holding
  })

  it.each([1, 2])('forgets versions of a transaction that was rolled back after it read %i of them', async (count) => {
    const edgesNow = () =>
      room.database.withOrganization(org, async (db) => {
        const prompt = await db.selectFrom('prompts').select(['organization_id', 'id']).executeTakeFirstOrThrow()
        const edges = await loadEdges(db, prompt)
        return { ids: [...edges.ids], known: edges.parents.size }
      })
    const head = await headOf('main')
    const lost = room.database.withOrganization(org, async (db) => {
      const row = await db.selectFrom('prompt_versions').selectAll().where('id', '=', head.id).executeTakeFirstOrThrow()
      for (let at = 1; at <= count; at++) {
        const made = { id: newId(), version_number: 1 + at, generation: 1 + at, parent_version_id: head.id }
        const others = { variables: 'null', commit_hash: Buffer.alloc(32, at) }
        await db
          .insertInto('prompt_versions')
          .values({ ...row, ...made, ...others } as never)
          .execute()
      }
      expect((await loadEdges(db, { organization_id: org, id: head.promptId })).ids).toHaveLength(1 + count)
      throw new Error('rolled back')
    })
    await expect(lost).rejects.toThrow('rolled back')
    const next = await commit('main', text([0, 'second']))
    expect(await edgesNow()).toEqual({ ids: [head.id, next.id], known: 2 })
  })

  it('has numbers without a gap, and loses nothing, however many write at once', async () => {
    const writers = 12
    const each = 5
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let turn = 0; turn < each; ) {
          const head = await headOf('main')
          const content = { text: `${head.content.text}${writer}.${turn}\n` }
          const written = room.prompts.commit(org, 'p', by, { branch: 'main', expectedHash: head.commitHash, content })
          turn += await written.then(
            () => 1,
            (error: { code: string }) => {
              if (error.code !== 'prompt.head_moved') throw error
              return 0
            },
          )
        }
      }),
    )
    const head = await headOf('main')
    expect(head.versionNumber).toBe(1 + writers * each)
    const lines = head.content.text!.split('\n').slice(9, -1)
    expect(lines).toHaveLength(writers * each)
    expect(new Set(lines).size).toBe(writers * each)
    expect(await room.history.verify(org, 'p')).toMatchObject({ intact: true, versions: 1 + writers * each })
  })
})
