import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends, newId, openTestDatabase } from '../database/testing/index.ts'
import type { ControlPlane } from '../start.ts'
import { createControlPlane } from '../start.ts'

/** The events of a stream as they come. */
function read(response: Response) {
  const events: { type: string; promptId: string | null }[] = []
  const reading = (async () => {
    let rest = ''
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line.startsWith('data: ')) events.push(JSON.parse(line.slice(6)))
    }
  })()
  return { events, ended: reading.catch(() => {}) }
}

describe.each(backends)('what applications fetch and follow on %s', (kind) => {
  let controlPlane: ControlPlane
  let secret: string
  let id: string
  let etag: string
  const leaving: AbortController[] = []

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${controlPlane.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    // biome-ignore lint/suspicious/noExplicitAny: Answers of many kinds.
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as any, headers: response.headers }
  }
  const ok = async (...request: Parameters<typeof send>) => {
    const answer = await send(...request)
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body))
    return answer
  }
  async function follow(credential = secret, query = '') {
    const leave = new AbortController()
    leaving.push(leave)
    const response = await fetch(`${controlPlane.url}/api/v1/prompt-events${query}`, {
      headers: { Authorization: `Bearer ${credential}` },
      signal: leave.signal,
    })
    expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/)
    return read(response)
  }
  const commit = async (text: string) => {
    const answer = await ok('POST', `/prompts/${id}/versions`, { content: { text } }, { 'If-Match': etag })
    etag = answer.headers.get('ETag')!
  }

  beforeAll(async () => {
    const database = await openTestDatabase(kind)
    controlPlane = await createControlPlane({ database, migrate: false, env: { NODE_ENV: 'test', LOG_LEVEL: 'warn' } })
    await controlPlane.listen(0, '127.0.0.1')
    const { key } = await controlPlane.bootstrapOrganization({ name: 'Acme', slug: 'acme', keyName: 'Acme' })
    secret = key.secret
  })
  afterAll(async () => {
    for (const leave of leaving) leave.abort()
    await controlPlane.close()
  })
  beforeEach(async () => {
    const { body, headers } = await ok('POST', '/prompts', { key: `p-${newId()}`, content: { text: 'one' } })
    id = body.id
    etag = headers.get('ETag')!
  })

  it('is complete with what it refers to, and new when that moves', async () => {
    const tone = await ok('POST', '/prompts', { key: `t-${newId()}`, content: { text: 'Be {{mood}}.' } })
    const label = `/prompts/${tone.body.id}/labels/production`
    const { headers: first } = await ok('PUT', label, { to: '1' }, { 'If-None-Match': '*' })
    const references = { tone: { prompt: tone.body.key, label: 'production' } }
    await ok(
      'POST',
      `/prompts/${id}/versions`,
      { content: { text: '{{> tone}} Hi.', references } },
      { 'If-Match': etag },
    )
    const before = await ok('GET', `/prompts/${id}/resolved?version=2`)
    const { id: promptId, key, head } = tone.body
    expect(before.body).toMatchObject({
      content: { text: 'Be {{mood}}. Hi.' },
      references: [{ promptId, key, versionId: head.id, versionNumber: 1, label: 'production' }],
    })
    expect(before.body.content).not.toHaveProperty('references')
    const known = { 'If-None-Match': before.headers.get('ETag')! }
    expect(await send('GET', `/prompts/${id}/resolved?version=2`, undefined, known)).toMatchObject({ status: 304 })
    await ok(
      'POST',
      `/prompts/${promptId}/versions`,
      { content: { text: 'Be brief.' } },
      { 'If-Match': tone.headers.get('ETag')! },
    )
    const { events } = await follow()
    const { headers: second } = await ok('PUT', label, { to: '2' }, { 'If-Match': first.get('ETag')! })
    await expect.poll(() => events).toContainEqual({ type: 'prompt.changed', promptId })
    const after = await ok('GET', `/prompts/${id}/resolved?version=2`, undefined, known)
    expect(after.body).toMatchObject({ content: { text: 'Be brief. Hi.' }, references: [{ versionNumber: 2 }] })
    await ok('DELETE', label, undefined, { 'If-Match': second.get('ETag')! })
    expect(await send('GET', `/prompts/${id}/resolved?version=2`)).toMatchObject({
      status: 409,
      body: { code: 'prompt.dangling_reference', detail: expect.stringContaining(key) },
    })
  })

  it('is what the ref says, or nothing new', async () => {
    const { body, headers } = await ok('GET', `/prompts/${id}/resolved`)
    expect(body).toMatchObject({ promptId: id, versionNumber: 1, content: { text: 'one' }, references: [] })
    const tag = headers.get('ETag')!
    expect(await send('GET', `/prompts/${id}/resolved`, undefined, { 'If-None-Match': tag })).toMatchObject({
      status: 304,
      body: null,
    })
    await commit('two')
    await ok('PUT', `/prompts/${id}/labels/production`, { to: '1' }, { 'If-None-Match': '*' })
    const versionOf = async (query: string) => (await ok('GET', `/prompts/${id}/resolved${query}`)).body.versionNumber
    expect(await versionOf('')).toBe(1)
    expect(await versionOf('?branch=main')).toBe(2)
    expect(await versionOf('?version=2')).toBe(2)
    expect(await versionOf('?label=production')).toBe(1)
  })

  it('refuses two refs at once, and says what is not there', async () => {
    expect(await send('GET', `/prompts/${id}/resolved?label=a&branch=b`)).toMatchObject({
      status: 400,
      body: { errors: [{ message: expect.stringContaining('must have only one of') }] },
    })
    expect(await send('GET', `/prompts/${id}/resolved?label=nope`)).toMatchObject({
      status: 404,
      body: { code: 'prompt.version_not_found', detail: expect.stringContaining('no label "nope"') },
    })
  })

  it('begins a stream with a resync, and tells of every move once it is durable, to the organization alone', async () => {
    const other = await controlPlane.bootstrapOrganization({ name: 'Other', slug: `o-${newId()}`, keyName: 'Other' })
    const [ours, theirs] = [await follow(), await follow(other.key.secret)]
    await expect.poll(() => ours.events[0]).toEqual({ type: 'prompt.resync', promptId: null })
    // A prompt of this test's own: what became of those before it may still be on its way.
    const created = await ok('POST', '/prompts', { key: `own-${newId()}`, content: { text: 'one' } })
    id = created.body.id
    etag = created.headers.get('ETag')!
    const changed = { type: 'prompt.changed', promptId: id }
    const own = () => ours.events.filter(({ promptId }) => promptId === id)
    await expect.poll(own).toEqual([changed])
    await commit('two')
    await expect.poll(own).toEqual([changed, changed])
    await ok('PUT', `/prompts/${id}/labels/production`, { to: '1' }, { 'If-None-Match': '*' })
    await expect.poll(own).toEqual([changed, changed, changed])
    await ok('DELETE', `/prompts/${id}/labels/production`, undefined, {
      'If-Match': (await ok('GET', `/prompts/${id}/labels/production`)).headers.get('ETag')!,
    })
    await expect.poll(own).toEqual(Array(4).fill(changed))
    expect(
      (await send('POST', `/prompts/${id}/versions`, { content: { text: 'lost' } }, { 'If-Match': '"0"' })).status,
    ).toBe(412)
    await commit('three')
    await expect.poll(own).toHaveLength(5)
    expect(theirs.events).toEqual([{ type: 'prompt.resync', promptId: null }])
  })

  it('ends at once when it is not to be followed', async () => {
    const { events, ended } = await follow(secret, '?follow=false')
    await ended
    expect(events).toEqual([{ type: 'prompt.resync', promptId: null }])
  })
})
