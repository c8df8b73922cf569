import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { EventPage } from './event-page.ts'
import { readPage } from './event-page.ts'
import { appendEvents } from './run-store.ts'
import { ask, workflow } from './testing/definition.suite.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom } from './testing/room.suite.ts'

describe.each(backends)('a page of events on %s', (kind) => {
  let room: TestRoom

  beforeAll(async () => {
    room = await openTestRoom(kind)
  })
  afterAll(() => room.close())

  /** A run that has only these events, each so long, and what its pages hold. */
  async function pagesOf(count: number, length: number): Promise<EventPage[]> {
    const by = await room.newOrganization()
    const { id: runId } = await room.execute(by, workflow([ask('sure')], []))
    const at = new Date().toISOString()
    const event = { type: 'node.completed', address: 'a', payload: JSON.stringify({ output: 'x'.repeat(length) }), at }
    const pages: EventPage[] = []
    await room.database.withOrganization(by.organizationId, async (db) => {
      const events = Array.from({ length: count }, () => event)
      await appendEvents(db, { organizationId: by.organizationId, runId }, events)
      for (let after = 0, hasMore = true; hasMore; ) {
        const page = await readPage(db, runId, after)
        pages.push(page)
        after = page.frames.at(-1)?.seq ?? after
        hasMore = page.hasMore
      }
    })
    return pages
  }

  it('holds five hundred events, or as many as are about a million characters long', async () => {
    const small = await pagesOf(520, 10)
    const total = small.flatMap(({ frames }) => frames.map(({ seq }) => seq))
    expect(total).toEqual(total.map((_seq, index) => index + 1))
    expect(small.map(({ frames }) => frames.length)).toEqual([512, total.length - 512])
    const large = await pagesOf(40, 400_000)
    for (const { frames } of large) expect(frames.length).toBeLessThanOrEqual(16)
    expect(large.flatMap(({ frames }) => frames).at(-1)?.seq).toBeGreaterThanOrEqual(40)
  })
})
