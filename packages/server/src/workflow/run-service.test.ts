import type { ToolFunction } from '@fairlead/core/langgraph'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Principal } from '../http/index.ts'
import { requestCancel } from './run-store.ts'
import { ask, node, tool, workflow } from './testing/definition.suite.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom } from './testing/room.suite.ts'

const author = {
  author: { name: 'Ada', email: 'ada@example.com' },
  userId: null,
  responsibleUserId: null,
  kind: 'key' as const,
  id: 'k',
  role: null,
}

describe.each(backends)('a run on %s', (kind) => {
  let room: TestRoom
  let by: Principal
  let tries = 0
  const gates: (() => void)[] = []
  const tools: Record<string, ToolFunction> = {
    fine: () => 'fine',
    /** Fails on the first of two calls. */
    shaky: () => {
      tries++
      if (tries % 2 === 1) throw new Error('Not yet.')
      return 'at last'
    },
    broken: () => {
      throw new Error('No stock.')
    },
    endless: (_input, { signal }) =>
      new Promise((_resolve, reject) => {
        gates.push(() => {})
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }

  beforeAll(async () => {
    room = await openTestRoom(kind, tools)
    await room.work()
  })
  afterAll(() => room.close())
  beforeEach(async () => {
    by = await room.newOrganization()
  })

  const ended = (runId: string) => room.until(by, runId, ({ finishedAt }) => finishedAt !== null)
  const asDefinition = (definition: unknown) => definition as Record<string, unknown>

  it('is refused when its input does not fit, with pointers', async () => {
    const definition = {
      ...workflow([tool('one', 'fine')], []),
      inputs: { n: { type: 'number' }, s: { type: 'string' } },
    }
    const refused = room.execute(by, definition, { n: 'three', other: 1 })
    await expect(refused).rejects.toMatchObject({
      code: 'run.invalid_input',
      data: { errors: [{ pointer: '/input/n' }, { pointer: '/input/s' }, { pointer: '/input/other' }] },
    })
  })

  it('is refused when the workflow has errors or names what is not there, and may have been stored as a draft', async () => {
    const refused = room.execute(by, workflow([tool('one', 'unheard-of'), tool('two', 'fine')], []))
    const error: unknown = await refused.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'workflow.invalid' })
    const { errors } = (error as { data: { errors: { code: string; pointer: string; nodeId: string | null }[] } }).data
    expect(new Set(errors.map(({ code }) => code))).toEqual(
      new Set(['workflow.several_entries', 'workflow.unknown_tool']),
    )
    for (const { pointer } of errors) expect(pointer).toMatch(/^\/definition\/nodes\/\d/)
    expect(await room.workflows.list(by.organizationId, { limit: 5, after: undefined })).toHaveLength(1)
  })

  it('executes the latest version, or the one that is named', async () => {
    const first = await room.workflows.create(by, {
      definition: asDefinition(workflow([tool('one', 'fine')], [], { v: '1' })),
    })
    await room.workflows.update(by, first.id, 'v1', {
      definition: asDefinition(workflow([tool('one', 'fine')], [], { v: '2' })),
    })
    const latest = await room.runs.execute(by, first.id, { input: {} })
    const named = await room.runs.execute(by, first.id, { input: {}, version: 1 })
    expect([latest.workflowVersion, named.workflowVersion]).toEqual([2, 1])
    expect((await ended(latest.id)).output).toEqual({ v: 2 })
    expect((await ended(named.id)).output).toEqual({ v: 1 })
    await expect(room.runs.execute(by, first.id, { input: {}, version: 3 })).rejects.toMatchObject({
      code: 'workflow.version_not_found',
    })
  })

  it('follows a workflow that another process changes between two runs of the same version', async () => {
    const versions = [1, 2].map((v) => asDefinition(workflow([tool('one', 'fine')], [], { v: String(v) })))
    const { id } = await room.workflows.create(by, { definition: versions[0]! })
    const start = async () => (await room.runs.execute(by, id, { input: {} })).workflowVersion
    expect([await start(), await start()]).toEqual([1, 1])
    await room.workflows.update(by, id, 'v1', { definition: versions[1]! })
    expect([await start(), await start()]).toEqual([2, 2])
    const stricter = { ...versions[1]!, inputs: { n: { type: 'number' } } }
    await room.workflows.update(by, id, 'v2', { definition: stricter })
    const run = await room.runs.execute(by, id, { input: { n: 1 } })
    expect(run.workflowVersion).toBe(3)
    await expect(start()).rejects.toMatchObject({ code: 'run.invalid_input' })
    await room.workflows.archive(by, id, 'v3')
    await expect(room.runs.execute(by, id, { input: { n: 1 } })).rejects.toMatchObject({ code: 'workflow.not_found' })
    await expect(room.runs.execute(await room.newOrganization(), id, { input: { n: 1 } })).rejects.toMatchObject({
      code: 'workflow.not_found',
    })
  })

  it('is judged again when what its workflow names has changed since the run before', async () => {
    const { head } = await room.prompts.create(by.organizationId, author, { key: 'greet', content: { text: 'Hello' } })
    const config = { promptId: 'greet', modelId: 'default', inputMapping: {}, outputVariable: 'greet' }
    const { id } = await room.createWorkflow(by, workflow([node('greet', 'prompt', config)], []))
    await ended((await room.runs.execute(by, id, { input: {} })).id)
    await room.prompts.commit(by.organizationId, 'greet', author, {
      branch: 'main',
      expectedHash: head.commitHash,
      content: { text: 'Hello {{name}}' },
    })
    await expect(room.runs.execute(by, id, { input: {} })).rejects.toMatchObject({ code: 'workflow.invalid' })
  })

  it('is pinned to the prompt versions of its start, whatever is committed while it waits', async () => {
    const { head } = await room.prompts.create(by.organizationId, author, { key: 'greet', content: { text: 'Hello' } })
    const definition = workflow(
      [
        ask('sure'),
        node('greet', 'prompt', { promptId: 'greet', modelId: 'default', inputMapping: {}, outputVariable: 'greet' }),
      ],
      [['sure', 'greet']],
      { greet: 'greet' },
    )
    const { id } = await room.execute(by, definition)
    await room.until(by, id, ({ status }) => status === 'waiting')
    await room.prompts.commit(by.organizationId, 'greet', author, {
      branch: 'main',
      expectedHash: head.commitHash,
      content: { text: 'Good bye' },
    })
    await room.answers.resume(by, id, { address: 'sure', choice: 'yes' })
    const run = await ended(id)
    expect(run).toMatchObject({ status: 'completed', output: { greet: 'A model’s answer.' } })
    expect(run.pins).toEqual({
      greet: { promptId: head.promptId, versionId: head.id, versionNumber: 1, variantId: null },
    })
    const calls = await room.database.withOrganization(by.organizationId, (db) =>
      db.selectFrom('executions').select(['prompt_version_id', 'run_id', 'address', 'status']).execute(),
    )
    expect(calls).toEqual([{ prompt_version_id: head.id, run_id: id, address: 'greet', status: 'succeeded' }])
  })

  it('is refused when a node names a version of its prompt that does not exist', async () => {
    await room.prompts.create(by.organizationId, author, { key: 'greet', content: { text: 'Hello' } })
    const config = {
      promptId: 'greet',
      modelId: 'default',
      inputMapping: {},
      outputVariable: 'greet',
      ref: { label: 'gold' },
    }
    await expect(room.execute(by, workflow([node('greet', 'prompt', config)], []))).rejects.toMatchObject({
      code: 'workflow.invalid',
      message: expect.stringContaining('has no label "gold"'),
      data: { errors: [{ pointer: '/definition/nodes/0/data/config/ref', nodeId: 'greet' }] },
    })
  })

  it('tries a failing step again as its policy says, and records that', async () => {
    const retry = { maxAttempts: 3, initialIntervalMs: 1, backoffFactor: 1 }
    const { id } = await room.execute(by, workflow([tool('one', 'shaky', { retry })], [], { one: 'one' }))
    expect(await ended(id)).toMatchObject({ status: 'completed', output: { one: 'at last' } })
    const types = (await room.events(by, id)).map(({ type }) => type)
    expect(types).toEqual(['run.started', 'node.started', 'node.retrying', 'node.completed', 'run.completed'])
  })

  it('fails with the node that failed', async () => {
    const { id } = await room.execute(by, workflow([tool('one', 'fine'), tool('two', 'broken')], [['one', 'two']]))
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      output: null,
      error: { message: 'No stock.', nodeId: 'two', address: 'two' },
    })
    expect((await room.events(by, id)).slice(-2)).toMatchObject([
      { type: 'node.failed', address: 'two', handling: 'fail' },
      { type: 'run.failed', error: { address: 'two' } },
    ])
  })

  it('can be cancelled while it waits, while it works, and once', async () => {
    const waiting = await room.execute(by, workflow([ask('sure')], []))
    await room.until(by, waiting.id, ({ status }) => status === 'waiting')
    expect(await room.runs.cancel(by, waiting.id)).toMatchObject({
      status: 'cancelled',
      interrupts: [{ status: 'cancelled' }],
    })

    const working = await room.execute(by, workflow([tool('one', 'endless')], []))
    await expect.poll(() => gates.length).toBeGreaterThan(0)
    await room.runs.cancel(by, working.id)
    expect(await ended(working.id)).toMatchObject({ status: 'cancelled', output: null })

    for (const { id } of [waiting, working]) {
      expect((await room.events(by, id)).at(-1)).toMatchObject({ type: 'run.cancelled', by: by.name })
      await expect(room.runs.cancel(by, id)).rejects.toMatchObject({
        code: 'run.finished',
        data: { status: 'cancelled' },
      })
    }
  })

  it('is cancelled also when it came to wait before its worker could hear of that', async () => {
    let started = 0
    const cancelling = await openTestRoom(kind, {
      cancel: async (_input, { runId }) => {
        started++
        // As a worker whose notification comes late: the request is there, and nobody is told of it.
        await cancelling.database.withOrganization(by.organizationId, (db) => requestCancel(db, runId, 'Ada'))
        return null
      },
    })
    by = await cancelling.newOrganization()
    await cancelling.work()
    const { id } = await cancelling.execute(by, workflow([tool('one', 'cancel'), ask('sure')], [['one', 'sure']]))
    const run = await cancelling.until(by, id, ({ finishedAt }) => finishedAt !== null)
    expect(run).toMatchObject({ status: 'cancelled', interrupts: [{ status: 'cancelled' }] })
    expect(started).toBe(1)
    await cancelling.close()
  })

  it('stores what tools say also with characters that no database takes, and calls none of them twice', async () => {
    const calls: string[] = []
    const odd = await openTestRoom(kind, {
      nul: () => calls.push('nul') && 'a\0b',
      cut: () => calls.push('cut') && { 'k\0': '👋'.slice(0, 1) },
      broken: () => {
        calls.push('broken')
        throw new Error('no\0 stock')
      },
    })
    by = await odd.newOrganization()
    await odd.work()
    const { id } = await odd.execute(
      by,
      workflow(
        [tool('one', 'nul'), tool('two', 'cut'), tool('three', 'broken', { onError: 'continue' })],
        [
          ['one', 'two'],
          ['two', 'three'],
        ],
        { one: 'one', two: 'two' },
      ),
    )
    const run = await odd.until(by, id, ({ finishedAt }) => finishedAt !== null)
    expect(run).toMatchObject({ status: 'completed', output: { one: 'a\uFFFDb', two: { 'k\uFFFD': '\uFFFD' } } })
    expect(calls).toEqual(['nul', 'cut', 'broken'])
    await odd.close()
  })

  it('fails with a node that gives more than can be kept', async () => {
    const large = await openTestRoom(kind, { large: () => 'x'.repeat(5_000_000), fine: () => 'fine' })
    by = await large.newOrganization()
    await large.work()
    const tooLarge = await large.execute(by, workflow([tool('one', 'large')], []))
    const run = await large.until(by, tooLarge.id, ({ finishedAt }) => finishedAt !== null)
    expect(run).toMatchObject({ status: 'failed', error: { code: 'run.value_too_large', nodeId: 'one' } })
    await large.close()
  })

  it('is told of in the outbox when it has ended, once', async () => {
    const { id } = await room.execute(by, workflow([tool('one', 'fine')], []))
    await ended(id)
    const told = await room.database.withSystem((db) =>
      db.selectFrom('outbox').select(['topic', 'payload']).where('organization_id', '=', by.organizationId).execute(),
    )
    expect(told).toMatchObject([
      { topic: 'run.finished', payload: { runId: id, status: 'completed', workflowVersion: 1 } },
    ])
  })

  it('is listed newest first, by workflow and by status, page by page', async () => {
    const { id: workflowId } = await room.workflows.create(by, {
      definition: asDefinition(workflow([tool('one', 'fine')], [])),
    })
    const ids: string[] = []
    for (let index = 0; index < 5; index++) ids.unshift((await room.runs.execute(by, workflowId, { input: {} })).id)
    for (const id of ids) await ended(id)
    const other = await room.execute(by, workflow([ask('sure')], []))
    const list = (filter: Parameters<typeof room.runs.list>[1], limit: number, after?: string) =>
      room.runs.list(by.organizationId, filter, { limit, after }).then((rows) => rows.map(({ id }) => id))
    expect(await list({ workflowId }, 10)).toEqual(ids)
    // One more than the page holds says that there is more.
    expect(await list({ workflowId }, 2)).toEqual(ids.slice(0, 3))
    expect(await list({ workflowId }, 10, ids[2])).toEqual(ids.slice(3))
    expect(await list({ status: 'completed' }, 10)).toEqual(ids)
    await room.until(by, other.id, ({ status }) => status === 'waiting')
    expect(await list({ status: 'waiting' }, 10)).toEqual([other.id])
    await expect(list({ workflowId: other.id }, 10)).rejects.toMatchObject({ code: 'workflow.not_found' })
  })

  it('goes on when its workflow is archived, and no other is started', async () => {
    const { id } = await room.execute(by, workflow([ask('sure')], [], { sure: 'sure.choice' }))
    const { workflowId } = await room.until(by, id, ({ status }) => status === 'waiting')
    await room.workflows.archive(by, workflowId, 'v1')
    await expect(room.runs.execute(by, workflowId, { input: {} })).rejects.toMatchObject({ code: 'workflow.not_found' })
    await room.answers.resume(by, id, { address: 'sure', choice: 'yes' })
    expect(await ended(id)).toMatchObject({ status: 'completed', output: { sure: 'yes' } })
  })
})
