import { sql } from 'kysely'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom } from './testing/room.suite.ts'
import { benchWorkflow, describeTransport } from './testing/transport.suite.ts'

describe.each(backends)('the direct transport on %s', (kind) => {
  let room: TestRoom

  beforeAll(async () => {
    room = await openTestRoom(kind, { fine: () => 'fine' })
  })
  afterAll(() => room.close())

  describeTransport(() => ({
    createTransport: () => room.createTransport(),
    newOrganization: room.newOrganization,
    execute: (by) => room.execute(by, benchWorkflow),
    run: (by, runId) => room.runs.get(by.organizationId, runId),
    events: room.events,
    answer: (by, runId, address) => room.answers.resume(by, runId, { address, choice: 'yes' }),
    cancel: (by, runId) => room.runs.cancel(by, runId),
    async lapse(by, runId) {
      await room.database.withOrganization(by.organizationId, (db) =>
        db
          .updateTable('workflow_runs')
          .set({
            available_at: sql<Date>`now() - interval '1 second'`,
            lease_expires_at: sql<Date>`now() - interval '1 second'`,
          })
          .where('id', '=', runId)
          .execute(),
      )
    },
  }))

  it('wakes a worker that waits as soon as a run is due', async () => {
    // Long enough that only the notification can have been it.
    const transport = room.createTransport(3_600_000)
    await transport.open()
    const by = await room.newOrganization()
    const waiting = transport.waitForWork(new AbortController().signal)
    await room.execute(by, benchWorkflow)
    await waiting
    await transport.close()
  })

  it('stops waiting when told to', async () => {
    const transport = room.createTransport()
    const stop = new AbortController()
    const waiting = transport.waitForWork(stop.signal)
    stop.abort()
    await waiting
  })
})
