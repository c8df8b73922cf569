import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { backends, newId, openTestDatabase } from '../database/testing/index.ts'
import type { ControlPlane } from '../start.ts'
import { createControlPlane } from '../start.ts'
import { ask, tool, workflow } from './testing/definition.suite.ts'

type Reader = ReturnType<typeof read>

/** Reads an event stream as its text comes. */
function read(response: IncomingMessage) {
  let text = ''
  const parts: (() => void)[] = []
  response.setEncoding('utf8').on('data', (piece) => {
    text += piece
    for (const look of parts) look()
  })
  const ended = new Promise<void>((resolve) => response.on('close', () => resolve()))
  const ids = () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  return {
    text: () => text,
    ids,
    ended,
    until: (fits: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!fits()) return
          parts.splice(parts.indexOf(look), 1)
          resolve()
        }
        parts.push(look)
        look()
      }),
  }
}

describe.each(backends)('the event stream of a run on %s', (kind) => {
  let controlPlane: ControlPlane
  let authorization: string
  let organizationId: string
  let runId: string

  const start = async (path = '', headers: Record<string, string> = {}) => {
    const url = `${controlPlane.url}/api/v1/runs/${runId}/events${path}`
    return new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { headers: { Authorization: authorization, ...headers } }, resolve).on('error', reject)
    })
  }
  const follow = async (path = '', headers: Record<string, string> = {}): Promise<Reader> =>
    read(await start(path, headers))
  const send = async (path: string, body: unknown) => {
    const headers = { Authorization: authorization, 'Content-Type': 'application/json' }
    const response = await fetch(`${controlPlane.url}/api/v1${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as { id: string }
  }
  const answer = () => send(`/runs/${runId}/resume`, { address: 'sure', choice: 'yes' })

  beforeAll(async () => {
    const database = await openTestDatabase(kind)
    const env = { NODE_ENV: 'test', LOG_LEVEL: 'warn' }
    controlPlane = await createControlPlane({ database, migrate: false, env, tools: { fine: () => 'fine' } })
    await controlPlane.listen(0, '127.0.0.1')
    const streams = { name: 'Streams', slug: 'streams', keyName: 'Streams' }
    const { organization, key } = await controlPlane.bootstrapOrganization(streams)
    organizationId = organization.id
    authorization = `Bearer ${key.secret}`
  })
  afterAll(() => controlPlane.close())
  beforeEach(async () => {
    const definition = workflow(
      [tool('one', 'fine'), ask('sure'), tool('two', 'fine')],
      [
        ['one', 'sure'],
        ['sure', 'two'],
      ],
    )
    const { id } = await send('/workflows', { definition })
    runId = (await send(`/workflows/${id}/execute`, { input: {} })).id
  })

  it('brings what has happened and what happens, and ends with the run', async () => {
    const reader = await follow()
    await reader.until(() => reader.text().includes('"run.waiting"'))
    await answer()
    await reader.ended
    expect(reader.ids()).toEqual(reader.ids().map((_id, index) => index + 1))
    expect(reader.text()).toContain('"run.completed"')
    expect(reader.text()).toMatch(/^retry: \d+\n\n/)
  })

  it('begins after Last-Event-ID, which wins over the query', async () => {
    const first = await follow()
    await first.until(() => first.text().includes('"run.waiting"'))
    const waiting = first.ids().at(-1)!
    const byHeader = await follow('?after=1', { 'Last-Event-ID': '3' })
    const byQuery = await follow('?after=1')
    await answer()
    await Promise.all([first.ended, byHeader.ended, byQuery.ended])
    expect(byHeader.ids()).toEqual(first.ids().slice(3))
    expect(byQuery.ids()).toEqual(first.ids().slice(1))
    expect(first.ids().length).toBeGreaterThan(waiting)
  })

  it('that begins beyond the last event begins behind it, and ends with the run', async () => {
    const first = await follow()
    await first.until(() => first.text().includes('"run.waiting"'))
    const [byHeader, byQuery] = [await follow('', { 'Last-Event-ID': '5000' }), await follow('?after=2147483647')]
    const waiting = first.ids().length
    await answer()
    await Promise.all([first.ended, byHeader.ended, byQuery.ended])
    expect(byHeader.ids()).toEqual(first.ids().slice(waiting))
    expect(byQuery.ids()).toEqual(first.ids().slice(waiting))
    expect((await start('?after=5000')).statusCode).toBe(204)
  })

  it('gives what there is and ends, when it is not to follow', async () => {
    const first = await follow()
    await first.until(() => first.text().includes('"run.waiting"'))
    const reader = await follow('?follow=false')
    await reader.ended
    expect(reader.ids()).toEqual(first.ids())
  })

  it('says 204, which ends a browser’s trying, once all of a finished run has been seen', async () => {
    const reader = await follow()
    await reader.until(() => reader.text().includes('"run.waiting"'))
    await answer()
    await reader.ended
    const last = String(reader.ids().at(-1))
    expect((await start('', { 'Last-Event-ID': last })).statusCode).toBe(204)
    const missed = await follow('', { 'Last-Event-ID': String(Number(last) - 1) })
    await missed.ended
    expect(missed.ids()).toEqual([Number(last)])
  })

  it.each(['revoked', 'expired'] as const)(
    'ends at a heartbeat for whose credential is %s, and for nobody else',
    async (end) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      try {
        const other = await controlPlane.createKey('streams', { name: 'Other' })
        const [stays, goes] = [await follow(), await follow('', { Authorization: `Bearer ${other.secret}` })]
        for (const reader of [stays, goes]) await reader.until(() => reader.text().includes('"run.waiting"'))
        if (end === 'revoked') await controlPlane.revokeKey('streams', other.id)
        else {
          await controlPlane.database.withOrganization(organizationId, (db) =>
            db
              .updateTable('api_keys')
              .set({ expires_at: new Date(0) })
              .where('id', '=', other.id)
              .execute(),
          )
          // What was looked up is remembered for a moment.
          await expect.poll(() => controlPlane.verifyKey(other.secret)).toBe(false)
        }
        vi.advanceTimersByTime(15_000)
        await goes.ended
        await stays.until(() => stays.text().includes(': alive'))
        await answer()
        await stays.ended
        expect(stays.text()).toContain('"run.completed"')
        expect(goes.text()).not.toContain('"run.completed"')
      } finally {
        vi.useRealTimers()
      }
    },
  )

  it('shows a crowd of viewers the same', async () => {
    const crowd = await Promise.all(Array.from({ length: 20 }, () => follow()))
    await Promise.all(crowd.map((reader) => reader.until(() => reader.text().includes('"run.waiting"'))))
    await answer()
    await Promise.all(crowd.map(({ ended }) => ended))
    for (const reader of crowd) expect(reader.ids()).toEqual(crowd[0]!.ids())
  })

  it('is the same 404 for the run of another organization as for none', async () => {
    const other = await controlPlane.bootstrapOrganization({ name: 'Other', slug: `o-${newId()}`, keyName: 'Other' })
    const look = async (id: string) => {
      const headers = { Authorization: `Bearer ${other.key.secret}` }
      const response = await fetch(`${controlPlane.url}/api/v1/runs/${id}/events`, { headers })
      const { code, status } = (await response.json()) as { code: string; status: number }
      return { code, status }
    }
    expect(await look(runId)).toEqual({ code: 'run.not_found', status: 404 })
    expect(await look(newId())).toEqual(await look(runId))
  })
})

it('ends for everybody when the server closes, so that viewers go elsewhere', async () => {
  const controlPlane = await createControlPlane({ memory: true, env: { NODE_ENV: 'test', LOG_LEVEL: 'warn' } })
  await controlPlane.listen(0, '127.0.0.1')
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Closing', slug: 'closing', keyName: 'Closing' })
  const headers = { Authorization: `Bearer ${key.secret}`, 'Content-Type': 'application/json' }
  const send = (path: string, body: unknown) =>
    fetch(`${controlPlane.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) }).then(
      (response) => response.json() as Promise<{ id: string }>,
    )
  const { id } = await send('/workflows', { definition: workflow([ask('sure')], []) })
  const run = await send(`/workflows/${id}/execute`, { input: {} })
  const response = await fetch(`${controlPlane.url}/api/v1/runs/${run.id}/events`, { headers })
  const text = response.text()
  await controlPlane.close()
  expect(await text).not.toContain('run.completed')
})
