import type { ClaimedRun } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends, newId } from '../database/testing/index.ts'
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

  describe('handing a new run over', () => {
    const long = 3_600_000
    const setUp = async () => {
      const transport = room.createTransport(long)
      const workerId = newId()
      await transport.register({ workerId, kind: 'server', catalog: { models: [], tools: [] } })
      const by = await room.newOrganization()
      const due = { queued: (runId: string) => transport.queued(runId), reserve: () => transport.reserve() }
      const runs = room.runsWith(due)
      const { id } = await room.createWorkflow(by, benchWorkflow)
      const claim = (limit = 32) => transport.claim({ workerId, limit })
      const wait = () => transport.waitForWork(new AbortController().signal)
      return { transport, workerId, by, claim, wait, execute: () => runs.execute(by, id, { input: {} }) }
    }

    it('stores it as claimed and wakes the worker, which gets it with all that its execution needs', async () => {
      const { workerId, claim, wait, execute } = await setUp()
      while ((await claim()).length > 0);
      const waiting = wait()
      const run = await execute()
      await waiting
      expect(run.status).toBe('running')
      const claims = await claim()
      expect(claims).toMatchObject([
        { lease: { runId: run.id, attempt: 1, workerId }, workflow: benchWorkflow, input: {}, hasSnapshot: false },
      ])
      expect(await claim()).toEqual([])
    })

    it('takes place only with a worker that waits and has room, and leaves the rest queued', async () => {
      const { claim, wait, execute } = await setUp()
      expect((await execute()).status).toBe('queued')
      await wait()
      while ((await claim(2)).length > 0);
      const waiting = wait()
      const runs = await Promise.all([execute(), execute(), execute()])
      await waiting
      expect(runs.map(({ status }) => status).sort()).toEqual(['queued', 'running', 'running'])
      const claimed = [...(await claim(2)), ...(await claim(2))].map(({ lease }) => lease.runId)
      expect(claimed.sort()).toEqual(runs.map(({ id }) => id).sort())
    })

    it('takes the place of a run that has ended, also before the worker claims again', async () => {
      const { transport, claim, wait, execute } = await setUp()
      while ((await claim(1)).length > 0);
      const first = wait()
      const run = await execute()
      await first
      const [{ lease }] = (await claim(1)) as [ClaimedRun]
      expect(lease.runId).toBe(run.id)
      const second = wait()
      expect(transport.reserve()).toBeNull()
      const end = { entries: [], questions: [], events: [] }
      await transport.finish(lease, { status: 'completed', output: {} }, end)
      // Whoever repeats an end that was recorded frees nothing twice.
      await expect(transport.finish(lease, { status: 'completed', output: {} }, end)).rejects.toMatchObject({
        code: 'run.lease_lost',
      })
      const runs = [await execute(), await execute()]
      expect(runs.map(({ status }) => status)).toEqual(['running', 'queued'])
      await second
      expect((await claim(1)).map(({ lease }) => lease.runId)).toEqual([runs[0]!.id])
      transport.queued(runs[1]!.id)
      expect((await claim(1)).map(({ lease }) => lease.runId)).toEqual([runs[1]!.id])
    })

    it('gives the place back when the run can’t be stored', async () => {
      const { transport, by, claim, wait } = await setUp()
      while ((await claim(1)).length > 0);
      const waiting = wait()
      const runs = room.runsWith(transport)
      await expect(runs.execute(by, newId(), { input: {} })).rejects.toMatchObject({ code: 'workflow.not_found' })
      const place = transport.reserve()
      expect(place).not.toBeNull()
      expect(transport.reserve()).toBeNull()
      place!.release()
      transport.queued(newId())
      await waiting
    })

    it('makes what the worker has not taken due again when it stops', async () => {
      const { transport, by, claim, wait, execute } = await setUp()
      while ((await claim()).length > 0);
      const waiting = wait()
      const run = await execute()
      await waiting
      transport.retire()
      expect(transport.reserve()).toBeNull()
      await transport.giveBack()
      expect(await room.runs.get(by.organizationId, run.id)).toMatchObject({ status: 'queued' })
      const other = room.createTransport()
      const claims = await other.claim({ workerId: newId(), limit: 100 })
      expect(claims.map(({ lease }) => lease.runId)).toContain(run.id)
    })

    it('makes a run due again that is handed over after the worker has stopped', async () => {
      const { transport, by, claim, wait, execute } = await setUp()
      while ((await claim()).length > 0);
      const waiting = wait()
      // The place is reserved at once; the run is stored while the worker stops.
      const executing = execute()
      transport.retire()
      await transport.giveBack()
      const run = await executing
      await transport.close()
      expect(await room.runs.get(by.organizationId, run.id)).toMatchObject({ status: 'queued' })
      transport.queued(run.id)
      await waiting
    })
  })

  it('stops waiting when told to', async () => {
    const transport = room.createTransport()
    const stop = new AbortController()
    const waiting = transport.waitForWork(stop.signal)
    stop.abort()
    await waiting
  })
})
