import type { ToolFunction } from '@fairlead/core/langgraph'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../database/index.ts'
import { backends } from '../database/testing/index.ts'
import type { Principal } from '../http/index.ts'
import { AnswerService } from './answer-service.ts'
import { insertAnswer } from './run-store.ts'
import { ask, sideBySide, tool, workflow } from './testing/definition.suite.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom, principalOf } from './testing/room.suite.ts'

describe.each(backends)('answers on %s', (kind) => {
  let room: TestRoom
  let by: Principal
  const gates: (() => void)[] = []
  const tools: Record<string, ToolFunction> = {
    fine: () => 'fine',
    /** Ends when the test opens the gate. */
    gated: () => new Promise((resolve) => gates.push(() => resolve('through'))),
  }

  beforeAll(async () => {
    room = await openTestRoom(kind, tools)
    await room.work()
  })
  afterAll(() => room.close())
  beforeEach(async () => {
    by = await room.newOrganization()
  })

  const waiting = (runId: string) => room.until(by, runId, ({ status }) => status === 'waiting')
  const ended = (runId: string) => room.until(by, runId, ({ finishedAt }) => finishedAt !== null)
  const approvals = () => {
    const { nodes, edges } = sideBySide('both', ask('left'), ask('right'))
    return workflow([...nodes, tool('last', 'fine')], [...edges, ['both', 'last', 'done']], {
      left: 'left.choice',
      right: 'right.choice',
    })
  }

  it.each([
    ['left first', ['left', 'right']],
    ['right first', ['right', 'left']],
  ])('to two questions side by side are given independently: %s', async (_order, [first, second]) => {
    const { id } = await room.execute(by, approvals())
    expect((await waiting(id)).interrupts.map(({ address }) => address).sort()).toEqual([
      'both[0]/left',
      'both[1]/right',
    ])
    const addressOf = (name: string) => (name === 'left' ? 'both[0]/left' : 'both[1]/right')
    await room.answers.resume(by, id, { address: addressOf(first!), choice: 'yes' })
    const between = await waiting(id)
    expect(between.interrupts.filter(({ status }) => status === 'pending').map(({ nodeId }) => nodeId)).toEqual([
      second,
    ])
    await room.answers.resume(by, id, { address: addressOf(second!), choice: 'no' })
    const output = { left: first === 'left' ? 'yes' : 'no', right: first === 'left' ? 'no' : 'yes' }
    expect(await ended(id)).toMatchObject({ status: 'completed', output })
    const types = (await room.events(by, id)).filter(({ type }) => type === 'node.waiting')
    expect(types).toHaveLength(2)
  })

  it('to two questions at the same moment both count', async () => {
    const { id } = await room.execute(by, approvals())
    await waiting(id)
    await Promise.all([
      room.answers.resume(by, id, { address: 'both[0]/left', choice: 'yes' }),
      room.answers.resume(by, id, { address: 'both[1]/right', choice: 'yes' }),
    ])
    expect(await ended(id)).toMatchObject({ status: 'completed', output: { left: 'yes', right: 'yes' } })
  })

  it('are taken once: of a double click the second changes nothing and is told the answer', async () => {
    const { id } = await room.execute(by, workflow([ask('sure')], [], { sure: 'sure.choice' }))
    await waiting(id)
    const clicks = await Promise.allSettled(
      ['yes', 'no', 'yes', 'no'].map((choice) => room.answers.resume(by, id, { address: 'sure', choice })),
    )
    const [winner] = clicks.filter(({ status }) => status === 'fulfilled')
    expect(clicks.filter(({ status }) => status === 'rejected')).toHaveLength(3)
    const run = await ended(id)
    const { choice } = run.interrupts[0]!.answer!
    expect(run.output).toEqual({ sure: choice })
    expect(winner).toBeDefined()
    for (const click of clicks) {
      if (click.status === 'fulfilled') continue
      expect(click.reason).toMatchObject({
        code: 'run.interrupt_closed',
        data: { status: 'answered', answer: { choice } },
      })
    }
    const before = await room.events(by, id)
    await expect(room.answers.resume(by, id, { address: 'sure', choice: 'no' })).rejects.toMatchObject({
      code: 'run.interrupt_closed',
    })
    expect(await room.events(by, id)).toEqual(before)
    expect(await room.runs.get(by.organizationId, id)).toEqual(run)
  })

  it('can be given while another branch is still at work', async () => {
    const { nodes, edges } = sideBySide('both', ask('asked'), tool('slow', 'gated'))
    const { id } = await room.execute(by, workflow(nodes, edges, { asked: 'asked.choice', slow: 'slow' }))
    await room.until(by, id, ({ interrupts }) => interrupts.length === 1)
    const answered = await room.answers.resume(by, id, { address: 'both[0]/asked', choice: 'yes' })
    expect(answered.status).toBe('running')
    await expect.poll(() => gates.length).toBe(1)
    gates.splice(0).forEach((open) => void open())
    expect(await ended(id)).toMatchObject({ status: 'completed', output: { asked: 'yes', slow: 'through' } })
  })

  it('that do not fit are refused with pointers, and the question stays open', async () => {
    const form = { type: 'object', required: ['reason'], properties: { reason: { type: 'string' } } }
    const { id } = await room.execute(by, workflow([ask('sure', { form })], [], { why: 'sure.values.reason' }))
    await waiting(id)
    await expect(room.answers.resume(by, id, { address: 'sure', choice: 'maybe', values: {} })).rejects.toMatchObject({
      code: 'run.invalid_answer',
      data: { errors: [{ pointer: '/choice' }, { pointer: expect.stringMatching(/^\/values/) }] },
    })
    expect((await room.runs.get(by.organizationId, id)).interrupts[0]?.status).toBe('pending')
    await room.answers.resume(by, id, { address: 'sure', choice: 'yes', values: { reason: 'enough' } })
    expect(await ended(id)).toMatchObject({ output: { why: 'enough' } })
  })

  it('name who gave them: a key may say for whom, a person is taken by their own name', async () => {
    const { nodes, edges } = sideBySide('both', ask('left'), ask('right'))
    const { id } = await room.execute(by, workflow(nodes, edges))
    await waiting(id)
    await room.answers.resume(by, id, { address: 'both[0]/left', choice: 'yes', by: 'ada@example.com' })
    const person = principalOf(by.organizationId, 'user', 'Grace')
    await room.answers.resume(person, id, { address: 'both[1]/right', choice: 'yes', by: 'somebody else' })
    const { interrupts } = await ended(id)
    expect(interrupts.map(({ nodeId, answer }) => [nodeId, answer?.by]).sort()).toEqual([
      ['left', 'ada@example.com'],
      ['right', 'Grace'],
    ])
  })

  it('to what was never asked, and to runs that are not there, are told so', async () => {
    const { id } = await room.execute(by, workflow([ask('sure')], []))
    await waiting(id)
    await expect(room.answers.resume(by, id, { address: 'other', choice: 'yes' })).rejects.toMatchObject({
      code: 'run.interrupt_not_found',
    })
    const stranger = await room.newOrganization()
    await expect(room.answers.resume(stranger, id, { address: 'sure', choice: 'yes' })).rejects.toMatchObject({
      code: 'run.not_found',
    })
    await room.runs.cancel(by, id)
    await expect(room.answers.resume(by, id, { address: 'sure', choice: 'yes' })).rejects.toMatchObject({
      code: 'run.interrupt_closed',
      data: { status: 'cancelled' },
    })
  })

  it('are given by the clock when their time is up: a choice', async () => {
    const question = ask('sure', { dueInSeconds: 0.01, onDue: { choice: 'no' } })
    const { id } = await room.execute(by, workflow([question], [], { sure: 'sure.choice', by: 'sure.by' }))
    await waiting(id)
    await expect
      .poll(async () => {
        await room.answers.closeDue()
        return (await room.runs.get(by.organizationId, id)).interrupts[0]?.status
      })
      .toBe('expired')
    expect(await ended(id)).toMatchObject({ status: 'completed', output: { sure: 'no', by: 'due time' } })
    await expect(room.answers.resume(by, id, { address: 'sure', choice: 'yes' })).rejects.toMatchObject({
      data: { status: 'expired', answer: { choice: 'no' } },
    })
  })

  it.each([
    ['fail', { status: 'failed', error: { code: 'run.answer_overdue', address: 'sure' } }],
    ['continue', { status: 'completed', output: { sure: null } }],
    ['route', { status: 'completed', output: { sure: null } }],
  ] as const)('that stay out fail their node, whose policy decides: %s', async (onError, expected) => {
    const question = ask('sure', { dueInSeconds: 0.01, onDue: 'fail' }, { onError })
    const nodes = onError === 'route' ? [question, tool('instead', 'fine')] : [question]
    const { id } = await room.execute(
      by,
      workflow(nodes, onError === 'route' ? [['sure', 'instead', 'error']] : [], { sure: 'sure' }),
    )
    await waiting(id)
    await expect
      .poll(async () => {
        await room.answers.closeDue()
        return (await room.runs.get(by.organizationId, id)).interrupts[0]?.status
      })
      .toBe('expired')
    expect(await ended(id)).toMatchObject(expected)
    const failures = (await room.events(by, id)).filter(({ type }) => type === 'node.failed')
    expect(failures).toMatchObject([{ address: 'sure', handling: onError }])
  })

  it('are given by the clock although an older overdue question can’t be closed, which is logged', async () => {
    const overdue = ask('sure', { dueInSeconds: 0.01, onDue: { choice: 'no' } })
    const { id: broken } = await room.execute(by, workflow([overdue], []))
    await waiting(broken)
    const { id } = await room.execute(by, workflow([overdue], []))
    await waiting(id)
    // An address that the journal has already can't be written again.
    await room.database.withOrganization(by.organizationId, (db) =>
      insertAnswer(db, {
        ...{ organization_id: by.organizationId, run_id: broken, address: 'sure', node_id: 'sure' },
        ...{ status: 'completed', output: '{}', started_at: new Date(), finished_at: new Date() },
        recorded_by_attempt: 1,
      }),
    )
    const errors: object[] = []
    const logger = { ...silentLogger, error: (data: object) => errors.push(data) }
    const due = { queued: () => {}, reserve: () => null }
    const { database, workflows } = room
    const answers = new AnswerService({ database, workflows, due, clock: Date.now, logger })
    const statusOf = async (runId: string) => (await room.runs.get(by.organizationId, runId)).interrupts[0]?.status
    await expect.poll(() => answers.closeDue().then(() => statusOf(id))).toBe('expired')
    expect(await statusOf(broken)).toBe('pending')
    expect(errors).toContainEqual(expect.objectContaining({ runId: broken, address: 'sure' }))
    await room.runs.cancel(by, broken)
  })

  it('wait for ever where nothing says what happens when time is up', async () => {
    const { id } = await room.execute(by, workflow([ask('sure', { dueInSeconds: 0.001 })], []))
    const run = await waiting(id)
    expect(run.interrupts[0]?.request.dueAt).toBeDefined()
    await room.answers.closeDue()
    expect((await room.runs.get(by.organizationId, id)).interrupts[0]?.status).toBe('pending')
  })
})
