import type { PromptContent } from '@fairlead/core/prompt'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAnalyticsService } from '../analytics/service.ts'
import type { Database } from '../database/index.ts'
import { backends, createOrganization, newId, openTestDatabase } from '../database/testing/index.ts'
import { createPromptCatalog, createPromptServices, refResolver } from './index.ts'
import type { PromptService } from './service.ts'
import { createTryPrompt } from './try.ts'

const by = {
  author: { name: 'Ada', email: 'ada@example.com' },
  userId: null,
  responsibleUserId: null,
  kind: 'key' as const,
  id: 'k',
  role: null,
}
const audit = async () => {}
const never = new AbortController().signal

describe.each(backends)('prompts on %s', (kind) => {
  let database: Database
  let prompts: PromptService
  let organizationId: string

  beforeAll(async () => {
    database = await openTestDatabase(kind, { poolSize: 6, acquireTimeoutMs: 20_000 })
    prompts = createPromptServices({ database, clock: Date.now, createId: newId, checks: [], audit }).prompts
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    organizationId = await createOrganization(database)
  })

  const create = (key: string, content: PromptContent = { text: 'Hello {{name}}' }) =>
    prompts.create(organizationId, by, { key, content, commitMessage: 'Begin' })
  const commit = (key: string, expectedHash: string, text: string) =>
    prompts.commit(organizationId, key, by, { branch: 'main', expectedHash, content: { text } })

  it('are found by id and by key, with their head', async () => {
    const { id, head } = await create('greet')
    expect(head).toMatchObject({
      versionNumber: 1,
      branch: 'main',
      kind: 'commit',
      commitMessage: 'Begin',
      parentVersionId: null,
    })
    expect(await prompts.get(organizationId, 'greet')).toEqual(await prompts.get(organizationId, id))
    await expect(prompts.get(organizationId, 'nobody')).rejects.toMatchObject({ code: 'prompt.not_found' })
    const stranger = await createOrganization(database)
    await expect(prompts.get(stranger, id)).rejects.toMatchObject({ code: 'prompt.not_found' })
    await expect(create('greet')).rejects.toMatchObject({ code: 'prompt.key_taken' })
  })

  it.each([
    ['text', { text: ' a\r\nb\n\n\u2028 é e\u0301 {{x}} ' }],
    ['nothing', { text: '' }],
    [
      'messages',
      {
        messages: [
          { role: 'system' as const, content: 'Be brief.\r\n' },
          { role: 'user' as const, content: '{{q}}' },
        ],
      },
    ],
    [
      'everything',
      {
        text: 'a',
        variables: { a: { type: 'string' } },
        model: { id: 'm', parameters: { temperature: 0.1 } },
        outputSchema: { type: 'object' },
        tools: ['t'],
      },
    ],
  ])('give back what was committed, byte for byte: %s', async (key, content) => {
    await create(key, content)
    const { content: stored } = await prompts.getVersion(organizationId, key, 1)
    expect(stored).toEqual(content)
    expect(JSON.stringify(stored.text ?? stored.messages)).toBe(
      JSON.stringify('text' in content ? content.text : content.messages),
    )
  })

  it('take either a text or messages', async () => {
    const refused = { code: 'prompt.invalid_content', data: { errors: [{ pointer: '/content' }] } }
    await expect(create('neither', {})).rejects.toMatchObject(refused)
    const both: PromptContent = { text: 'a', messages: [{ role: 'user', content: 'a' }] }
    await expect(create('both', both)).rejects.toMatchObject(refused)
  })

  it('take JSON Schemas that are such, and say of others which word is wrong', async () => {
    const { head } = await create('greet')
    const content = { text: 'Hello {{name}}', variables: { name: { type: 'strin' } }, outputSchema: { type: 'objekt' } }
    const refused = {
      code: 'prompt.invalid_content',
      message: expect.stringContaining(
        '/content/variables/name/type: There is no type "strin". Did you mean "string"?',
      ),
      data: { errors: [{ pointer: '/content/variables/name/type' }, { pointer: '/content/outputSchema/type' }] },
    }
    const place = { branch: 'main', expectedHash: head.commitHash }
    await expect(prompts.commit(organizationId, 'greet', by, { ...place, content })).rejects.toMatchObject(refused)
    await expect(create('other', content)).rejects.toMatchObject(refused)
    await expect(prompts.get(organizationId, 'other')).rejects.toMatchObject({ code: 'prompt.not_found' })
  })

  it('take one of many commits on the same head; the others are told the head that won', async () => {
    const { head } = await create('greet')
    const commits = await Promise.allSettled(
      Array.from({ length: 12 }, (_value, index) => commit('greet', head.commitHash, `Mine ${index}`)),
    )
    const [winner, ...more] = commits.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(more).toEqual([])
    expect(winner).toMatchObject({ versionNumber: 2, parentVersionId: head.id })
    for (const result of commits) {
      if (result.status === 'fulfilled') continue
      const data = { etag: winner!.commitHash, current: { versionNumber: 2 } }
      expect(result.reason).toMatchObject({ code: 'prompt.head_moved', data })
    }
    // A loser gives its number back: the next version is the third.
    expect(await commit('greet', winner!.commitHash, 'Next')).toMatchObject({ versionNumber: 3 })
    const log = await database.withOrganization(organizationId, (db) =>
      db.selectFrom('prompt_ref_log').select(['old_version_id', 'new_version_id']).orderBy('at').execute(),
    )
    expect(log.map(({ old_version_id }) => old_version_id)).toEqual([null, head.id, winner!.id])
  })

  it('are told of the head also when they commit the same twice at once', async () => {
    const { head } = await create('greet')
    const clock = () => 1_800_000_000_000
    const same = createPromptServices({ database, clock, createId: newId, checks: [], audit }).prompts
    const commits = await Promise.allSettled(
      Array.from({ length: 4 }, () =>
        same.commit(organizationId, 'greet', by, {
          branch: 'main',
          expectedHash: head.commitHash,
          content: { text: 'Twice' },
        }),
      ),
    )
    expect(commits.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const commit of commits)
      if (commit.status === 'rejected') expect(commit.reason).toMatchObject({ code: 'prompt.head_moved' })
    expect((await prompts.get(organizationId, 'greet')).head?.versionNumber).toBe(2)
  })

  it('are told that a branch exists that was to begin', async () => {
    await create('greet')
    const begin = { branch: 'main', expectedHash: null, content: { text: 'Anew' } }
    await expect(prompts.commit(organizationId, 'greet', by, begin)).rejects.toMatchObject({
      code: 'prompt.head_moved',
      message: expect.stringContaining('The branch "main" exists already, at version 1.'),
    })
  })

  it('never change a version or the log of a branch', async () => {
    await create('greet')
    const change = database.withOrganization(organizationId, (db) =>
      db.updateTable('prompt_versions').set({ commit_message: 'x' }).execute(),
    )
    await expect(change).rejects.toThrow()
    const forget = database.withOrganization(organizationId, (db) => db.deleteFrom('prompt_ref_log').execute())
    await expect(forget).rejects.toThrow()
  })

  it('are rendered at the version, branch or label that is named', async () => {
    const { head } = await create('greet')
    await commit('greet', head.commitHash, 'Good day {{name}}')
    const render = (selection: object) => prompts.render(organizationId, 'greet', selection, { name: 'Ada' })
    expect((await render({})).messages).toEqual([{ role: 'user', content: 'Good day Ada' }])
    expect((await render({ version: 1 })).messages[0]?.content).toBe('Hello Ada')
    await expect(render({ version: 3 })).rejects.toMatchObject({ code: 'prompt.version_not_found' })
    await expect(render({ label: 'gold' })).rejects.toMatchObject({
      message: 'The prompt "greet" has no label "gold".',
    })
    const wrong = prompts.render(organizationId, 'greet', {}, { nome: 'Ada' })
    await expect(wrong).rejects.toMatchObject({
      data: { errors: [{ pointer: '/variables/nome' }, { pointer: '/variables/name' }] },
    })
  })

  it('resolve to the label production before the head of main, for nodes and for the catalogue alike', async () => {
    const { id, head } = await create('greet')
    await commit('greet', head.commitHash, 'Good day {{whom}}')
    const current = () =>
      database.withOrganization(organizationId, async (db) => {
        const [entry] = await createPromptCatalog().list(db, ['greet'])
        const resolved = await refResolver.resolve(db, { prompt: 'greet' })
        const loaded = await refResolver.load(db, [resolved!.pin])
        return [
          Object.keys(entry!.variables),
          resolved?.pin.versionNumber,
          loaded.get(resolved!.pin.versionId)?.messages,
        ]
      })
    expect(await current()).toEqual([['whom'], 2, [{ role: 'user', content: 'Good day {{whom}}' }]])
    await database.withOrganization(organizationId, (db) =>
      db
        .insertInto('prompt_refs')
        .values({
          organization_id: organizationId,
          prompt_id: id,
          kind: 'label',
          name: 'production',
          version_id: head.id,
        })
        .execute(),
    )
    expect(await current()).toEqual([['name'], 1, [{ role: 'user', content: 'Hello {{name}}' }]])
    const none = await database.withOrganization(organizationId, (db) =>
      refResolver.resolve(db, { prompt: 'greet', label: 'gold' }),
    )
    expect(none).toBeNull()
  })

  it('can be tried on a model; the call is stored and priced, also one that fails', async () => {
    const analytics = createAnalyticsService({ database, clock: Date.now, newId })
    const answer = {
      content: '{"score": 4}',
      usage_metadata: { input_tokens: 1000, output_tokens: 500 },
      response_metadata: { model_name: 'gpt-4o-mini', model_provider: 'openai' },
    }
    const models = { default: () => answer, broken: () => Promise.reject(new Error('Out of order.')) }
    const findModel = (modelId: string) => models[modelId as keyof typeof models]
    const tryPrompt = createTryPrompt({ prompts, analytics, database, findModel, clock: Date.now, newId })
    const outputSchema = { type: 'object', required: ['score'], properties: { score: { type: 'number' } } }
    const { head } = await create('judge', { text: 'Judge {{what}}', outputSchema })
    const request = { selection: {}, variables: { what: 'this' }, model: undefined, signal: never }
    const tried = await tryPrompt(organizationId, 'judge', request)
    expect(tried).toMatchObject({
      output: { score: 4 },
      model: 'gpt-4o-mini',
      versionNumber: 1,
      usage: { inputTokens: 1000, outputTokens: 500 },
    })
    expect(tried.costNanoUsd).toBeGreaterThan(0)
    await expect(tryPrompt(organizationId, 'judge', { ...request, model: 'broken' })).rejects.toMatchObject({
      code: 'prompt.try_failed',
      message: expect.stringContaining('Out of order.'),
    })
    await expect(tryPrompt(organizationId, 'judge', { ...request, model: 'unheard-of' })).rejects.toMatchObject({
      code: 'prompt.unknown_model',
    })
    const rows = await analytics.listExecutions(organizationId, {}, { limit: 10, after: undefined })
    expect(rows.map(({ kind: what, status, prompt_version_id }) => [what, status, prompt_version_id])).toEqual([
      ['try', 'failed', head.id],
      ['try', 'succeeded', head.id],
    ])
    expect(rows[1]).toMatchObject({ id: tried.executionId, cost_nano_usd: tried.costNanoUsd })
  })

  it('are listed by key, and their versions newest first, page by page', async () => {
    for (const key of ['c', 'a', 'b']) await create(key)
    const keys = async (limit: number, after?: string) =>
      (await prompts.list(organizationId, { archived: 'exclude' }, { limit, after })).map(({ key }) => key)
    expect(await keys(10)).toEqual(['a', 'b', 'c'])
    expect(await keys(2, 'a')).toEqual(['b', 'c'])
    let { commitHash } = (await prompts.get(organizationId, 'a')).head!
    for (const text of ['2', '3']) ({ commitHash } = await commit('a', commitHash, text))
    const versions = await prompts.listVersions(organizationId, 'a', { limit: 2, after: undefined })
    expect(versions.map(({ versionNumber }) => versionNumber)).toEqual([3, 2])
    expect(await prompts.listVersions(organizationId, 'a', { limit: 5, after: 2 })).toHaveLength(1)
  })
})
