import type { ToolFunction } from '@fairlead/core/langgraph'
import type { TimedEvent, Workflow } from '@fairlead/core/workflow'
import { foldRunEvents } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Principal } from '../http/index.ts'
import { ask, sideBySide, tool, workflow } from './testing/definition.suite.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom } from './testing/room.suite.ts'

describe.each(backends)('a question beside which a branch fails on %s', (kind) => {
  let room: TestRoom
  let by: Principal
  const gates: (() => void)[] = []
  const tools: Record<string, ToolFunction> = {
    fine: () => 'fine',
    refuse: () => {
      throw new Error('refused')
    },
    /** Fails when the test opens the gate. */
    refuseLater: () => new Promise((_, reject) => gates.push(() => reject(new Error('refused later')))),
  }

  beforeAll(async () => {
    room = await openTestRoom(kind, tools)
  })
  afterAll(() => room.close())
  beforeEach(async () => {
    by = await room.newOrganization()
  })

  const ended = (runId: string) => room.until(by, runId, ({ finishedAt }) => finishedAt !== null)
  const waiting = (runId: string) => room.until(by, runId, ({ status }) => status === 'waiting')
  const stateOf = async (runId: string) => foldRunEvents(await room.events(by, runId))
  const openGate = async () => {
    await expect.poll(() => gates.length).toBeGreaterThan(0)
    gates.splice(0).forEach((open) => void open())
  }
  const statuses = async (runId: string) => {
    const { interrupts } = await room.runs.get(by.organizationId, runId)
    return Object.fromEntries(interrupts.map(({ address, status }) => [address, status]))
  }

  /** A question beside a tool, in `both`, whose failure leads to `rescue` and then to another question. */
  function rescued(toolId: string): Workflow {
    const { nodes, edges } = sideBySide('both', ask('asked'), tool('work', toolId))
    nodes[0]!.data.onError = 'route'
    return workflow(
      [...nodes, tool('rescue', 'fine'), ask('sure')],
      [...edges, ['both', 'rescue', 'error'], ['rescue', 'sure']],
      { rescue: 'rescue', sure: 'sure.choice' },
    )
  }

  /** Two questions side by side; behind the left one a tool that fails. */
  function twoQuestions(): Workflow {
    const { nodes, edges } = sideBySide('both', ask('left'), ask('right'))
    const [both, ...branches] = nodes
    both!.data.onError = 'continue'
    if (both!.type === 'parallel') both!.data.config.bodyNodes.push('work')
    return workflow(
      [both!, ...branches, tool('work', 'refuse'), ask('sure')],
      [...edges, ['left', 'work'], ['both', 'sure', 'done']],
      { sure: 'sure.choice' },
    )
  }

  describe('and that a worker has in hand', () => {
    beforeAll(() => room.work())

    it('is cancelled at once, says why it takes no answer, and the run goes on', async () => {
      const { id } = await room.execute(by, rescued('refuseLater'))
      await room.until(by, id, ({ interrupts }) => interrupts.length === 1)
      await openGate()
      await waiting(id)
      expect(await statuses(id)).toEqual({ 'both[0]/asked': 'cancelled', sure: 'pending' })
      const before = await room.events(by, id)
      await expect(room.answers.resume(by, id, { address: 'both[0]/asked', choice: 'yes' })).rejects.toMatchObject({
        code: 'run.interrupt_closed',
        message:
          'The question at "both[0]/asked" was cancelled, since "both", in which it was asked, failed: nothing was changed.',
        data: { status: 'cancelled', answer: null, answeredAt: null },
      })
      expect(await room.events(by, id)).toEqual(before)
      const { interrupts, nodes } = await stateOf(id)
      expect(interrupts.map(({ address }) => address)).toEqual(['sure'])
      expect(nodes).toMatchObject({ both: { status: 'failed' }, 'both[0]/asked': { status: 'cancelled' } })
      await room.answers.resume(by, id, { address: 'sure', choice: 'yes' })
      expect(await ended(id)).toMatchObject({ status: 'completed', output: { rescue: 'fine', sure: 'yes' } })
    })

    it('is cancelled when the answer to another one led to the failure, and the run waits for what comes after', async () => {
      const { id } = await room.execute(by, twoQuestions())
      await waiting(id)
      await room.answers.resume(by, id, { address: 'both[0]/left', choice: 'yes' })
      await room.until(by, id, ({ interrupts }) => interrupts.some(({ address }) => address === 'sure'))
      await waiting(id)
      expect(await statuses(id)).toEqual({ 'both[0]/left': 'answered', 'both[1]/right': 'cancelled', sure: 'pending' })
      // It waits, and is not taken up over and over for a question that was cancelled.
      const resumed = (await room.events(by, id)).filter(({ type }) => type === 'run.resumed')
      expect(resumed).toHaveLength(1)
      await room.answers.resume(by, id, { address: 'sure', choice: 'no' })
      expect(await ended(id)).toMatchObject({ status: 'completed', output: { sure: 'no' } })
    })

    it('is cancelled along with the run where nobody takes the failure', async () => {
      const { nodes, edges } = sideBySide('both', ask('asked'), tool('work', 'refuseLater'))
      const { id } = await room.execute(by, workflow(nodes, edges))
      await room.until(by, id, ({ interrupts }) => interrupts.length === 1)
      await openGate()
      expect(await ended(id)).toMatchObject({ status: 'failed', error: { address: 'both[1]/work' } })
      expect(await statuses(id)).toEqual({ 'both[0]/asked': 'cancelled' })
      await expect(room.answers.resume(by, id, { address: 'both[0]/asked', choice: 'yes' })).rejects.toMatchObject({
        code: 'run.interrupt_closed',
        message: expect.stringContaining('since "both"'),
      })
    })

    it('stays open where the failure ends nothing, since the node takes it itself', async () => {
      const { nodes, edges } = sideBySide('both', ask('asked'), tool('work', 'refuse', { onError: 'continue' }))
      const { id } = await room.execute(by, workflow(nodes, edges, { asked: 'asked.choice' }))
      await waiting(id)
      expect(await statuses(id)).toEqual({ 'both[0]/asked': 'pending' })
      await room.answers.resume(by, id, { address: 'both[0]/asked', choice: 'yes' })
      expect(await ended(id)).toMatchObject({ status: 'completed', output: { asked: 'yes' } })
    })

    it('is answered or cancelled when both happen at the same moment, and the run ends the same', async () => {
      for (let round = 0; round < 8; round++) {
        const { id } = await room.execute(by, rescued('refuseLater'))
        await room.until(by, id, ({ interrupts }) => interrupts.length === 1)
        await expect.poll(() => gates.length).toBe(1)
        if (round % 2 === 0) gates.splice(0).forEach((open) => void open())
        const answer = room.answers.resume(by, id, { address: 'both[0]/asked', choice: 'yes' }).then(
          () => 'answered',
          (error) => error.data.status,
        )
        gates.splice(0).forEach((open) => void open())
        const status = await answer
        await room.until(by, id, ({ interrupts }) => interrupts.some(({ address }) => address === 'sure'))
        expect(await statuses(id)).toEqual({ 'both[0]/asked': status, sure: 'pending' })
        expect((await stateOf(id)).nodes).toMatchObject({
          both: { status: 'failed' },
          'both[0]/asked': { status: status === 'answered' ? 'completed' : 'cancelled' },
        })
        await room.answers.resume(by, id, { address: 'sure', choice: 'yes' })
        expect(await ended(id)).toMatchObject({ status: 'completed', output: { rescue: 'fine', sure: 'yes' } })
      }
    })
  })
})

describe.each(backends)('a question whose worker is killed beside a failed branch on %s', (kind) => {
  let room: TestRoom
  let by: Principal
  const at = '2026-01-01T00:00:00.000Z'

  // One room each: no worker may be there when the run is started.
  beforeEach(async () => {
    room = await openTestRoom(kind, { fine: () => 'fine', never: () => new Promise(() => {}) })
    by = await room.newOrganization()
  })
  afterEach(() => room.close())

  it.each([
    ['before', 'pending'],
    ['after', 'cancelled'],
  ])('%s the failure of the container is recorded, is cancelled by whoever takes the run up', async (when, status) => {
    const { nodes, edges } = sideBySide('both', ask('asked'), tool('work', 'never'))
    nodes[0]!.data.onError = 'continue'
    const { id } = await room.execute(
      by,
      workflow([...nodes, tool('last', 'fine')], [...edges, ['both', 'last', 'done']], { last: 'last' }),
    )
    const dead = room.createTransport()
    const claims = await dead.claim({ workerId: 'dead', limit: 20 })
    const { lease } = claims.find((claim) => claim.lease.runId === id)!
    const error = { code: 'node.failed', message: 'refused', nodeId: 'work', address: 'both[1]/work' }
    const request = { message: 'asked?', choices: [{ id: 'yes', label: 'Yes' }] }
    const asked = { address: 'both[0]/asked', nodeId: 'asked' }
    const failed = { attempt: 1, error, durationMs: 1, handling: 'continue' as const, at }
    const both = { address: 'both', nodeId: 'both', nodeType: 'parallel' as const }
    const events: TimedEvent[] = [
      { type: 'run.started', at },
      { type: 'node.started', ...both, attempt: 1, total: 2, at },
      { type: 'node.waiting', ...asked, nodeType: 'human', request, at },
      { type: 'node.failed', address: 'both[1]/work', nodeId: 'work', nodeType: 'tool', ...failed },
    ]
    if (when === 'after') events.push({ type: 'node.failed', ...both, ...failed })
    const entry = { address: 'both[1]/work', nodeId: 'work', status: 'failed' as const, error, attempts: 1 }
    await dead.record(lease, {
      entries: [{ ...entry, startedAt: at, finishedAt: at }],
      questions: [{ ...asked, request }],
      events,
    })
    expect((await room.runs.get(by.organizationId, id)).interrupts).toMatchObject([{ status }])
    await room.database.withOrganization(by.organizationId, (db) =>
      db.updateTable('workflow_runs').set({ available_at: sql<Date>`now()` }).where('id', '=', id).execute(),
    )
    await room.work()
    const run = await room.until(by, id, ({ finishedAt }) => finishedAt !== null)
    expect(run).toMatchObject({ status: 'completed', output: { last: 'fine' }, interrupts: [{ status: 'cancelled' }] })
    const seen = await room.events(by, id)
    expect(seen.filter(({ type }) => type === 'node.waiting')).toHaveLength(1)
    expect(seen.filter((event) => event.type === 'node.failed' && event.address === 'both')).toHaveLength(1)
    expect(foldRunEvents(seen).nodes['both[0]/asked']).toMatchObject({ status: 'cancelled' })
  })
})
