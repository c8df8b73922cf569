import { afterEach, describe, expect, it, vi } from 'vitest'
import { FairleadError } from '../base/index.ts'
import type { Workflow, WorkflowNode } from '../workflow/index.ts'
import { MemoryTransport } from './memory-transport.suite.ts'
import type { ToolFunction } from './sources.ts'
import { Worker } from './worker.ts'
import { branches, human, tool as toolNode, workflow } from './workflow-builder.suite.ts'

function tool(id: string, toolId: string): WorkflowNode {
  const config = { toolId, inputMapping: {}, outputVariable: id }
  return { id, type: 'tool', position: { x: 0, y: 0 }, data: { label: id, config } }
}

const twoSteps: Workflow = {
  formatVersion: 1,
  name: 'Two steps',
  inputs: {},
  variables: { one: { schema: {} }, two: { schema: {} } },
  outputs: { two: 'two' },
  nodes: [tool('one', 'one'), tool('two', 'two')],
  edges: [{ id: 'e', source: 'one', target: 'two' }],
}

const workers: Worker[] = []
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop(0)
})

async function work(transport: MemoryTransport, tools: Record<string, ToolFunction>, heartbeatMs = 3_600_000) {
  const errors: unknown[] = []
  const catalog = { models: [], tools: [] }
  const worker = new Worker({
    transport,
    workerId: 'w',
    kind: 'server',
    models: {},
    tools,
    catalog,
    clock: Date.now,
    heartbeatMs,
    onError: (error) => errors.push(error),
  })
  workers.push(worker)
  await worker.start()
  return { worker, errors }
}

/** A tool that the test lets come to its end, and that heeds its signal. */
function gate() {
  const calls: { open: () => void; fail: () => void; signal: AbortSignal }[] = []
  const execute: ToolFunction = (_input, { signal }) =>
    new Promise((resolve, reject) => {
      calls.push({ open: () => resolve('through'), fail: () => reject(new Error('refused')), signal })
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  return { calls, execute, entered: () => vi.waitFor(() => expect(calls).not.toHaveLength(0)) }
}

describe('a worker', () => {
  it('executes what is due, records every step before the next, and reports the end', async () => {
    const transport = new MemoryTransport(twoSteps)
    const recordedBefore: Record<string, string[]> = {}
    const note = (name: string) => () => {
      recordedBefore[name] = transport.entries.map(({ address }) => address)
      return name
    }
    await work(transport, { one: note('one'), two: note('two') })
    await vi.waitFor(() => expect(transport.outcomes).toEqual([{ status: 'completed', output: { two: 'two' } }]))
    expect(recordedBefore).toEqual({ one: [], two: ['one'] })
    expect(transport.types()).toEqual([
      'run.started',
      'node.started',
      'node.completed',
      'node.started',
      'node.completed',
      'run.completed',
    ])
  })

  it('waits where nothing is due, and begins when it hears that something is', async () => {
    const transport = new MemoryTransport(twoSteps)
    transport.isDue = false
    await work(transport, { one: () => 1, two: () => 2 })
    expect(transport.attempt).toBe(0)
    transport.makeDue()
    await vi.waitFor(() => expect(transport.outcomes).toHaveLength(1))
  })

  it('lets a run end its step when it is asked to stop, gives it back, and another goes on from there', async () => {
    const transport = new MemoryTransport(twoSteps)
    const one = gate()
    const { worker } = await work(transport, { one: one.execute, two: () => 2 })
    await one.entered()
    const stopped = worker.stop()
    one.calls[0]!.open()
    await stopped
    expect(transport.outcomes).toEqual([{ status: 'released' }])
    expect(transport.entries.map(({ address }) => address)).toEqual(['one'])
    transport.makeDue()
    await work(transport, { one: () => expect.unreachable('It was recorded.'), two: () => 2 })
    await vi.waitFor(() => expect(transport.outcomes.at(-1)).toEqual({ status: 'completed', output: { two: 2 } }))
    expect(transport.types().filter((type) => type === 'run.started' || type === 'run.resumed')).toEqual([
      'run.started',
      'run.resumed',
    ])
    expect(transport.types().filter((type) => type === 'node.completed')).toHaveLength(2)
  })

  it('gives back a run whose question is open while a branch beside it has not come to its end', async () => {
    const document = workflow(
      [branches('both', ['ask', 'one', 'two']), human('ask', 'answer'), toolNode('one', 'a'), toolNode('two', 'b')],
      ['both.body ask', 'both.body one', 'one two'],
    )
    const transport = new MemoryTransport(document)
    const one = gate()
    const { worker } = await work(transport, { one: one.execute, two: () => 2 })
    await one.entered()
    await vi.waitFor(() => expect(transport.types()).toContain('node.waiting'))
    const stopped = worker.stop()
    one.calls[0]!.open()
    await stopped
    expect(transport.outcomes).toEqual([{ status: 'released' }])
    expect(transport.entries.map(({ address }) => address)).toEqual(['both[1]/one'])
    transport.makeDue()
    await work(transport, { one: () => expect.unreachable('It was recorded.'), two: () => 2 })
    await vi.waitFor(() =>
      expect(transport.outcomes.at(-1)).toMatchObject({ status: 'waiting', interrupts: [{ address: 'both[0]/ask' }] }),
    )
    expect(transport.entries.map(({ address }) => address)).toEqual(['both[1]/one', 'both[1]/two'])
    expect(transport.types().filter((type) => type === 'node.waiting')).toHaveLength(1)
  })

  it('takes up no branch again beside which another one failed while it was asked to stop', async () => {
    const document = workflow(
      [
        branches('both', ['one', 'two', 'bad'], { onError: 'continue' }),
        toolNode('one', 'a'),
        toolNode('two', 'b'),
        toolNode('bad', 'c'),
      ],
      ['both.body one', 'one two', 'both.body bad'],
    )
    const transport = new MemoryTransport(document)
    const [one, bad] = [gate(), gate()]
    const { worker } = await work(transport, { one: one.execute, bad: bad.execute })
    await Promise.all([one.entered(), bad.entered()])
    const stopped = worker.stop()
    one.calls[0]!.open()
    await vi.waitFor(() => expect(transport.entries).toHaveLength(1))
    bad.calls[0]!.fail()
    await stopped
    expect(transport.outcomes).toEqual([{ status: 'released' }])
    transport.makeDue()
    const two = vi.fn()
    await work(transport, { two })
    await vi.waitFor(() => expect(transport.outcomes.at(-1)).toEqual({ status: 'completed', output: {} }))
    expect(two).not.toHaveBeenCalled()
  })

  it('cuts off what does not come to an end in time, and writes nothing of it', async () => {
    const transport = new MemoryTransport(twoSteps)
    const one = gate()
    const { worker } = await work(transport, { one: one.execute, two: () => 2 })
    await one.entered()
    await worker.stop(5)
    expect(one.calls[0]!.signal.aborted).toBe(true)
    expect(transport.outcomes).toEqual([])
    expect(transport.entries).toEqual([])
  })

  it('ends a run as cancelled as soon as it hears of it, also by a heartbeat', async () => {
    for (const how of ['at once', 'by heartbeat']) {
      const transport = new MemoryTransport(twoSteps)
      const one = gate()
      await work(transport, { one: one.execute, two: () => 2 }, how === 'at once' ? undefined : 10)
      await one.entered()
      if (how === 'at once') transport.cancel()
      else transport.cancelRequested = true
      await vi.waitFor(() => expect(transport.outcomes).toEqual([{ status: 'cancelled', by: 'request' }]))
      expect(one.calls[0]!.signal.aborted).toBe(true)
      expect(transport.types().at(-1)).toBe('run.cancelled')
    }
  })

  it('executes nothing of a run that was to be cancelled before it was claimed', async () => {
    const transport = new MemoryTransport(twoSteps)
    transport.cancelRequested = true
    await work(transport, { one: () => expect.unreachable('It was cancelled.'), two: () => 2 })
    await vi.waitFor(() => expect(transport.outcomes).toEqual([{ status: 'cancelled', by: 'request' }]))
  })

  it('drops a run that a heartbeat says is lost, and writes nothing more', async () => {
    const transport = new MemoryTransport(twoSteps)
    const one = gate()
    await work(transport, { one: one.execute, two: () => 2 }, 10)
    await one.entered()
    await vi.waitFor(() => expect(transport.types()).toContain('node.started'))
    const before = transport.batches
    transport.lost = true
    await vi.waitFor(() => expect(one.calls[0]!.signal.aborted).toBe(true))
    await workers[0]!.stop()
    expect([transport.batches, transport.outcomes, transport.entries]).toEqual([before, [], []])
  })

  it('drops the old execution of a run that it is handed again, and holds the new one to its end', async () => {
    const transport = new MemoryTransport(twoSteps)
    const one = gate()
    const { worker } = await work(transport, { one: one.execute, two: () => 2 }, 10)
    await one.entered()
    const leases: number[][] = []
    transport.heartbeat = async ({ leases: held }) => {
      leases.push(held.map(({ attempt }) => attempt))
      return { lost: [], cancelled: [] }
    }
    transport.makeDue()
    await vi.waitFor(() => expect(one.calls).toHaveLength(2))
    expect(one.calls[0]!.signal.aborted).toBe(true)
    const heard = leases.length
    await vi.waitFor(() => expect(leases.length).toBeGreaterThan(heard + 2))
    expect(leases.at(-1)).toEqual([2])
    const stopped = worker.stop()
    expect(transport.outcomes).toEqual([])
    one.calls[1]!.open()
    await stopped
    expect(transport.outcomes).toEqual([{ status: 'released' }])
    expect(transport.entries.map(({ address }) => address)).toEqual(['one'])
  })

  it('tells of the start also when the first worker died before it could', async () => {
    const transport = new MemoryTransport(twoSteps)
    transport.attempt = 1
    await work(transport, { one: () => 1, two: () => 2 })
    await vi.waitFor(() => expect(transport.outcomes).toHaveLength(1))
    expect(transport.types().filter((type) => type.startsWith('run.'))).toEqual(['run.started', 'run.completed'])
  })

  it('drops a run whose record is refused, says why, and does not execute on', async () => {
    const transport = new MemoryTransport(twoSteps)
    transport.beforeRecord = async () => {
      throw new FairleadError('run.lease_lost', 'Another worker holds the run.')
    }
    const { errors } = await work(transport, { one: () => 1, two: () => expect.unreachable('The run was lost.') })
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'run.lease_lost' }]))
    expect(transport.outcomes).toEqual([])
  })

  it('ends a run as failed whose record can never be stored: whoever took it up next would come no further', async () => {
    const transport = new MemoryTransport(twoSteps)
    transport.beforeRecord = async () => {
      throw new FairleadError('run.unrecordable', 'The database does not take this.')
    }
    const { errors } = await work(transport, { one: () => 1, two: () => expect.unreachable('The run was lost.') })
    await vi.waitFor(() =>
      expect(transport.outcomes).toEqual([
        { status: 'failed', error: { code: 'run.unrecordable', message: 'The database does not take this.' } },
      ]),
    )
    expect(transport.types()).toEqual(['run.failed'])
    expect(errors).toEqual([])
  })

  it('goes on claiming after a failure to reach the control plane', async () => {
    const transport = new MemoryTransport(twoSteps)
    const claim = transport.claim.bind(transport)
    let failures = 0
    transport.claim = async (request) => {
      if (failures++ < 1) throw new Error('The network is away.')
      return claim(request)
    }
    const { errors } = await work(transport, { one: () => 1, two: () => 2 })
    await vi.waitFor(() => expect(transport.outcomes).toHaveLength(1), { timeout: 5_000 })
    expect(errors).toMatchObject([{ message: 'The network is away.' }])
  })
})
