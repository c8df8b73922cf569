import type { PromptEvent } from '@fairlead/core/prompt'
import { describe, expect, it } from 'vitest'
import { settled } from '../../test-clock.suite.ts'
import { problem, setup, storeOf } from './delivery.suite.ts'
import type { PromptStore } from './options.ts'

const away = () => Promise.reject(new TypeError('connection refused'))

describe('a prompt that is got', () => {
  it('is asked for once while it is fresh, by all who want it at the same time', async () => {
    const { plane, clock, textOf } = setup()
    plane.prompts.set('greet', { content: { text: 'Hello' } })
    const both = await Promise.all([textOf('greet'), textOf('greet')])
    expect(both).toEqual([
      ['Hello', 'server'],
      ['Hello', 'server'],
    ])
    await clock.pass(29_000)
    expect(await textOf('greet')).toEqual(['Hello', 'cache'])
    expect(plane.asked).toEqual(['greet'])
  })

  it('is another one by each label, branch and version', async () => {
    const { plane, textOf } = setup()
    for (const query of ['?label=a', '?branch=b', '?version=3', '']) {
      plane.prompts.set(`greet${query}`, { content: { text: query } })
    }
    expect(await textOf('greet', { label: 'a' })).toEqual(['?label=a', 'server'])
    expect(await textOf('greet', { branch: 'b' })).toEqual(['?branch=b', 'server'])
    expect(await textOf('greet', { version: 3 })).toEqual(['?version=3', 'server'])
    expect(await textOf('greet')).toEqual(['', 'server'])
  })

  it('is given at once when it is stale, and refreshed by its entity tag', async () => {
    const { plane, clock, textOf } = setup()
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    plane.prompts.set('greet', { content: { text: 'two' }, version: 2 })
    await clock.pass(31_000)
    expect(await textOf('greet')).toEqual(['one', 'stale'])
    await settled()
    expect(await textOf('greet')).toEqual(['two', 'cache'])
    await clock.pass(31_000)
    await textOf('greet')
    await settled()
    expect(await textOf('greet')).toEqual(['two', 'cache'])
    expect(plane.asked).toEqual(['greet', 'greet unless "1-"', 'greet unless "2-"'])
  })

  it('is never older than a minute while the control plane answers', async () => {
    const { plane, clock, textOf } = setup()
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    plane.prompts.set('greet', { content: { text: 'two' }, version: 2 })
    await clock.pass(61_000)
    expect(await textOf('greet')).toEqual(['two', 'server'])
  })

  it('is what was said last while the control plane is away, which is then left alone for a while', async () => {
    const { plane, clock, delivery, errors, textOf } = setup()
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    let attempts = 0
    plane.trouble = () => {
      attempts++
      return away()
    }
    await clock.pass(3_600_000)
    const old = await delivery.get('greet', {})
    expect([old.origin, old.error?.message]).toEqual(['stale', expect.stringContaining('connection refused')])
    for (let n = 0; n < 50; n++) expect(await textOf('greet')).toEqual(['one', 'stale'])
    expect(attempts).toBe(1)
    expect(errors).toHaveLength(1)
    plane.trouble = undefined
    await clock.pass(6_000)
    expect(await textOf('greet')).toEqual(['one', 'server'])
  })

  it('has messages of the caller’s own, and a content that nobody can change', async () => {
    const { plane, delivery, textOf } = setup()
    plane.prompts.set('greet', { content: { messages: [{ role: 'system', content: 'one' }], tools: ['a'] } })
    const { messages, content } = await delivery.get('greet', {})
    messages[0]!.content = 'mine'
    messages.push({ role: 'user', content: 'more' })
    expect(() => content.tools!.push('b')).toThrow(TypeError)
    expect(await textOf('greet')).toEqual(['one', 'cache'])
    expect(await textOf('greet', { variables: {} })).toEqual(['one', 'cache'])
  })

  it('that is one version is asked for once and for all', async () => {
    const { plane, clock, textOf } = setup()
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet', { version: 1 })
    await clock.pass(1e9)
    expect(await textOf('greet', { version: 1 })).toEqual(['one', 'cache'])
    expect(plane.asked).toHaveLength(1)
  })

  it('is forgotten when its label is removed, in the memory and in the store', async () => {
    const store = storeOf()
    const { plane, clock, textOf } = setup({ store })
    plane.prompts.set('greet?label=live', { content: { text: 'one' } })
    await textOf('greet', { label: 'live' })
    await settled()
    expect(store.entries.size).toBe(1)
    plane.prompts.clear()
    await clock.pass(31_000)
    await textOf('greet', { label: 'live' })
    await settled()
    expect(store.entries.size).toBe(0)
    await expect(textOf('greet', { label: 'live' })).rejects.toMatchObject({ code: 'prompt.version_not_found' })
    expect(await textOf('greet', { label: 'live', fallback: 'mine' })).toEqual(['mine', 'fallback'])
  })

  it('is not forgotten for what something in between answers', async () => {
    const { plane, clock, textOf } = setup()
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    plane.trouble = () => new Response('<h1>404 Not Found</h1>', { status: 404 })
    await clock.pass(61_000)
    expect(await textOf('greet')).toEqual(['one', 'stale'])
  })

  it('is forgotten last when it was asked for last', async () => {
    const { plane, textOf } = setup()
    for (let n = 0; n <= 1_000; n++) plane.prompts.set(`p${n}`, { content: { text: `${n}` } })
    for (let n = 0; n < 1_000; n++) await textOf(`p${n}`)
    await textOf('p0')
    await textOf('p1000')
    plane.asked.length = 0
    expect(await textOf('p0')).toEqual(['0', 'cache'])
    expect(await textOf('p1')).toEqual(['1', 'server'])
  })
})

describe('what a prompt said last', () => {
  it('outlives the process in a store', async () => {
    const store = storeOf()
    const before = setup({ store })
    before.plane.prompts.set('greet', { content: { text: 'Hello {{name}}' } })
    await before.textOf('greet')
    await settled()
    const after = setup({ store })
    after.plane.trouble = away
    expect(await after.textOf('greet', { variables: { name: 'Ada' } })).toEqual(['Hello Ada', 'store'])
    expect(await after.textOf('greet', { label: 'other', fallback: 'mine' })).toEqual(['mine', 'fallback'])
    after.plane.trouble = undefined
    after.plane.prompts.set('greet', { content: { text: 'Hi' }, version: 2 })
    await after.clock.pass(6_000)
    expect(await after.textOf('greet')).toEqual(['Hi', 'server'])
  })

  it('does not keep anybody waiting for a control plane that is silent', async () => {
    const { plane, clock, textOf } = setup()
    plane.trouble = () => new Promise(() => {})
    const waiting = textOf('greet', { fallback: 'mine' })
    await settled()
    await clock.pass(3_000)
    expect(await waiting).toEqual(['mine', 'fallback'])
    expect(await textOf('greet', { fallback: 'mine' })).toEqual(['mine', 'fallback'])
  })

  it('is asked for anew where a store fails or holds something else', async () => {
    const broken: PromptStore = {
      getItem: () => 'no JSON',
      setItem: () => {
        throw new Error('full')
      },
      removeItem: () => Promise.reject(new Error('gone')),
    }
    const { plane, errors, textOf } = setup({ store: broken })
    plane.prompts.set('greet', { content: { text: 'one' } })
    expect(await textOf('greet')).toEqual(['one', 'server'])
    await settled()
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('JSON'), 'full'])
  })
})

describe('variables', () => {
  const content = {
    text: '{{who}}, {{tone}}',
    variables: { who: { type: 'string' }, tone: { enum: ['kind', 'brief'], default: 'kind' } },
  }

  it('fill the templates; without any, templates are given as they stand', async () => {
    const { plane, textOf } = setup()
    plane.prompts.set('greet', { content })
    expect(await textOf('greet', { variables: { who: 'Ada' } })).toEqual(['Ada, kind', 'server'])
    expect(await textOf('greet')).toEqual(['{{who}}, {{tone}}', 'cache'])
  })

  it.each([
    ['a missing one', {}, 'The variable "who" is missing.'],
    ['an unknown one', { who: 'Ada', whom: 'x' }, 'The prompt has no variable "whom"; it has: who, tone.'],
    ['a mistyped one', { who: 'Ada', tone: 'loud' }, '/tone'],
  ])('are refused by name: %s', async (_, variables, sentence) => {
    const { plane, delivery } = setup()
    plane.prompts.set('greet', { content })
    await expect(delivery.get('greet', { variables })).rejects.toMatchObject({
      code: 'prompt.invalid_variables',
      message: expect.stringContaining(sentence),
    })
    const instead = await delivery.get('greet', { variables, fallback: { text: 'Hi {{who}}' } })
    expect(instead).toMatchObject({ origin: 'fallback', version: null, error: { code: 'prompt.invalid_variables' } })
  })

  it('fill a fallback as far as it knows them', async () => {
    const { plane, textOf } = setup()
    plane.trouble = away
    const variables = { who: 'Ada', tone: 'kind' }
    expect(await textOf('greet', { variables, fallback: 'Hi {{who}}' })).toEqual(['Hi Ada', 'fallback'])
    expect(await textOf('greet', { fallback: 'Hi {{who}}' })).toEqual(['Hi {{who}}', 'fallback'])
  })
})

describe('moves', () => {
  const changed = (name: string): PromptEvent => ({ type: 'prompt.changed', promptId: `id-${name}` })

  it('are heard of, and what moved is refreshed at once, also where it is composed in', async () => {
    const { plane, clock, textOf } = setup({ events: true })
    const reference = { promptId: 'id-tone', key: 'tone', versionId: 't1', versionNumber: 1, label: 'production' }
    plane.prompts.set('greet', { content: { text: 'one' }, references: [reference] })
    plane.prompts.set('other', { content: { text: 'same' } })
    for (const name of ['greet', 'other']) await textOf(name)
    await textOf('other', { version: 1 })
    await settled()
    plane.asked.length = 0
    plane.prompts.set('greet', { content: { text: 'two' }, references: [{ ...reference, versionNumber: 2 }] })
    plane.tell(changed('tone'))
    await settled()
    await clock.pass(100)
    expect(await textOf('greet')).toEqual(['two', 'cache'])
    plane.tell({ type: 'prompt.resync', promptId: null })
    await settled()
    await clock.pass(100)
    expect(plane.asked[0]).toBe('greet unless "1-1"')
    expect(plane.asked.slice(1).sort()).toEqual(['greet unless "1-2"', 'other unless "1-"'])
  })

  it('are followed for a version, too, when it refers to labels, and for no other version', async () => {
    const { plane, clock, textOf } = setup({ events: true })
    const reference = { promptId: 'id-tone', key: 'tone', versionId: 't1', versionNumber: 1, label: null }
    plane.prompts.set('pinned', { content: { text: 'for good' }, references: [reference] })
    await textOf('pinned', { version: 1 })
    await settled()
    expect(plane.streams.size).toBe(0)
    const followed = { ...reference, label: 'production' }
    plane.prompts.set('greet', { content: { text: 'one' }, references: [followed] })
    await textOf('greet', { version: 1 })
    await settled()
    expect(plane.streams.size).toBe(1)
    plane.prompts.set('greet', { content: { text: 'two' }, references: [{ ...followed, versionNumber: 2 }] })
    plane.tell(changed('tone'))
    await settled()
    await clock.pass(100)
    expect(await textOf('greet', { version: 1 })).toEqual(['two', 'cache'])
    expect(await textOf('pinned', { version: 1 })).toEqual(['for good', 'cache'])
  })

  it('that leave a reference leading nowhere take nothing away: it stays what it was, and the error is told', async () => {
    const { plane, clock, errors, delivery, textOf } = setup({ events: true })
    const reference = { promptId: 'id-tone', key: 'tone', versionId: 't1', versionNumber: 1, label: 'production' }
    plane.prompts.set('greet', { content: { text: 'one' }, references: [reference] })
    await textOf('greet')
    await settled()
    plane.trouble = () => problem(409, 'prompt.dangling_reference')
    plane.tell(changed('tone'))
    await settled()
    await clock.pass(100)
    expect(errors).toMatchObject([{ code: 'prompt.dangling_reference' }])
    expect(await textOf('greet')).toEqual(['one', 'stale'])
    await clock.pass(100_000)
    const late = await delivery.get('greet', {})
    expect(late).toMatchObject({ origin: 'stale', error: { code: 'prompt.dangling_reference' } })
    await expect(setup({}, plane).delivery.get('greet', {})).rejects.toMatchObject({
      code: 'prompt.dangling_reference',
    })
    plane.trouble = undefined
    plane.prompts.set('greet', { content: { text: 'two' }, references: [{ ...reference, versionNumber: 2 }] })
    expect(await textOf('greet')).toEqual(['two', 'server'])
  })

  it('that come while a prompt is refreshed have it refreshed once more', async () => {
    const { plane, clock, textOf } = setup({ events: true })
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    await settled()
    const release = plane.hold('greet')
    plane.tell(changed('greet'))
    await settled()
    await clock.pass(100)
    plane.prompts.set('greet', { content: { text: 'two' }, version: 2 })
    plane.tell(changed('greet'))
    await settled()
    release()
    await settled()
    expect((await textOf('greet'))[0]).toBe('two')
  })

  it('are not forgotten when what was asked before them is answered after, and the next request fails', async () => {
    const { plane, clock, textOf } = setup({ events: true })
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    await settled()
    const release = plane.hold('greet', () => new Response('', { status: 503 }))
    plane.tell(changed('greet'))
    await settled()
    await clock.pass(100)
    plane.prompts.set('greet', { content: { text: 'two' }, version: 2 })
    plane.tell(changed('greet'))
    await settled()
    release()
    await settled()
    plane.trouble = undefined
    expect((await textOf('greet'))[1]).toBe('stale')
    await clock.pass(6_000)
    await textOf('greet')
    await settled()
    expect((await textOf('greet'))[0]).toBe('two')
  })

  it('that come while a prompt is first asked for have it refreshed at once', async () => {
    const { plane, clock, textOf } = setup({ events: true })
    plane.prompts.set('other', { content: { text: 'same' } })
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('other')
    await settled()
    const release = plane.hold('greet')
    const first = textOf('greet')
    await settled()
    plane.prompts.set('greet', { content: { text: 'two' }, version: 2 })
    plane.tell(changed('greet'))
    await settled()
    release()
    expect(await first).toEqual(['one', 'server'])
    await clock.pass(100)
    expect(await textOf('greet')).toEqual(['two', 'cache'])
  })

  it('that were missed while the connection was broken are made good by the resync of the next', async () => {
    const { plane, clock, errors, textOf } = setup({ events: true })
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    await settled()
    expect(plane.streams.size).toBe(1)
    plane.cut()
    await settled()
    expect(errors).toHaveLength(1)
    plane.prompts.set('greet', { content: { text: 'two' }, version: 2 })
    await clock.pass(2_000)
    expect(plane.streams.size).toBe(1)
    plane.tell({ type: 'prompt.resync', promptId: null })
    await settled()
    await clock.pass(100)
    expect(await textOf('greet')).toEqual(['two', 'cache'])
  })

  it('are not heard of once it is closed', async () => {
    const { plane, clock, delivery, textOf } = setup({ events: true })
    plane.prompts.set('greet', { content: { text: 'one' } })
    await textOf('greet')
    await settled()
    delivery.close()
    await settled()
    await clock.pass(120_000)
    expect(plane.streams.size).toBe(0)
    expect(await textOf('greet')).toEqual(['one', 'server'])
  })
})
