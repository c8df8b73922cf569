import type {
  ClaimedRun,
  JournalEntry,
  ModelCall,
  PendingInterrupt,
  Run,
  RunEvent,
  RunLease,
  RunTransport,
  TimedEvent,
} from '@fairlead/core/workflow'
import { expect, it } from 'vitest'
import type { Principal } from '../../http/index.ts'
import { ask, tool, workflow } from './definition.suite.ts'

/** What a suite of transports needs around it. `lapse` lets a lease run out as if its worker had died. */
export interface TransportBench {
  createTransport(): RunTransport
  newOrganization(): Promise<Principal>
  /** Queues a run. */
  execute(by: Principal): Promise<Run>
  run(by: Principal, runId: string): Promise<Run>
  events(by: Principal, runId: string): Promise<RunEvent[]>
  answer(by: Principal, runId: string, address: string): Promise<unknown>
  cancel(by: Principal, runId: string): Promise<unknown>
  lapse(by: Principal, runId: string): Promise<void>
}

/** A run of two tools with a question between them. */
export const benchWorkflow = workflow(
  [tool('one', 'fine'), ask('sure'), tool('two', 'fine')],
  [
    ['one', 'sure'],
    ['sure', 'two'],
  ],
)

const at = '2026-01-01T00:00:00.000Z'
const usage = { inputTokens: 10, cachedTokens: 5, cacheWriteTokens: 0, outputTokens: 3, reasoningTokens: 2 }

const nothing = { entries: [], questions: [], events: [] }

function entry(address: string, more: Partial<JournalEntry> = {}): JournalEntry {
  const base = { address, nodeId: address, status: 'completed' as const, output: 'fine', attempts: 1 }
  return { ...base, startedAt: at, finishedAt: at, ...more }
}

function started(address: string, attempt = 1): TimedEvent {
  return { type: 'node.started', address, nodeId: address, nodeType: 'tool', attempt, at }
}

function question(address: string): PendingInterrupt {
  return { address, nodeId: address, request: { message: 'Sure?', choices: [{ id: 'yes', label: 'Yes' }] } }
}

/** What every transport promises a worker (core/workflow/transport.ts). */
export function describeTransport(bench: () => TransportBench): void {
  /** Claims until the run comes: other tests leave runs behind. */
  const claimRun = async (transport: RunTransport, runId: string, workerId = 'worker-1'): Promise<ClaimedRun> => {
    for (let tries = 0; tries < 50; tries++) {
      for (const claim of await transport.claim({ workerId, limit: 20 })) if (claim.lease.runId === runId) return claim
    }
    throw new Error('The run was not to be claimed.')
  }
  const begin = async () => {
    const by = await bench().newOrganization()
    const transport = bench().createTransport()
    const run = await bench().execute(by)
    return { by, transport, run, claim: await claimRun(transport, run.id) }
  }
  const refused = { code: 'run.lease_lost' }

  it('hands out a run with all that its execution needs, once', async () => {
    const { transport, run, claim } = await begin()
    expect(claim).toMatchObject({
      workflow: benchWorkflow,
      input: {},
      pins: {},
      journal: [],
      emitted: [],
      hasSnapshot: false,
    })
    expect(claim.lease).toMatchObject({ runId: run.id, attempt: 1, workerId: 'worker-1' })
    const more = await transport.claim({ workerId: 'worker-2', limit: 50 })
    expect(more.map(({ lease }) => lease.runId)).not.toContain(run.id)
  })

  it('never hands one run to two workers that claim at the same time', async () => {
    const by = await bench().newOrganization()
    const runs: string[] = []
    for (let index = 0; index < 12; index++) runs.push((await bench().execute(by)).id)
    const transport = bench().createTransport()
    const claims = await Promise.all(
      Array.from({ length: 6 }, (_value, index) => transport.claim({ workerId: `racer-${index}`, limit: 4 })),
    )
    const taken = claims.flat().map(({ lease }) => lease.runId)
    expect(new Set(taken).size).toBe(taken.length)
    const rest = await transport.claim({ workerId: 'last', limit: 100 })
    for (const run of runs) expect([...taken, ...rest.map(({ lease }) => lease.runId)]).toContain(run)
  })

  it('lets organizations take turns', async () => {
    const transport = bench().createTransport()
    while ((await transport.claim({ workerId: 'sweeper', limit: 100 })).length > 0);
    const busy = await bench().newOrganization()
    for (let index = 0; index < 10; index++) await bench().execute(busy)
    const quiet = await bench().newOrganization()
    const { id } = await bench().execute(quiet)
    const claims = await transport.claim({ workerId: 'fair', limit: 2 })
    expect(claims.map(({ lease }) => lease.runId)).toContain(id)
  })

  it('stores entries and events in their order, and hands them to the next claim', async () => {
    const { by, transport, run, claim } = await begin()
    await transport.record(claim.lease, {
      entries: [entry('one', { output: { deep: [1, null, 'ü'] } })],
      questions: [],
      events: [started('one'), started('two')],
    })
    await transport.record(claim.lease, { ...nothing, events: [started('two', 2)] })
    expect((await bench().events(by, run.id)).map((event) => [event.seq, 'address' in event && event.address])).toEqual(
      [
        [1, 'one'],
        [2, 'two'],
        [3, 'two'],
      ],
    )
    await bench().lapse(by, run.id)
    const next = await claimRun(transport, run.id, 'worker-2')
    expect(next.lease.attempt).toBe(2)
    expect(next.journal).toEqual([entry('one', { output: { deep: [1, null, 'ü'] } })])
    expect(next.emitted.map(({ type, address, attempt }) => [type, address, attempt])).toEqual([
      ['node.started', 'one', 1],
      ['node.started', 'two', 1],
      ['node.started', 'two', 2],
    ])
  })

  it.each([
    [
      'record',
      (transport: RunTransport, lease: RunLease) =>
        transport.record(lease, { ...nothing, entries: [entry('two')], events: [started('two')] }),
    ],
    [
      'finish',
      (transport: RunTransport, lease: RunLease) =>
        transport.finish(lease, { status: 'completed', output: {} }, { ...nothing, events: [started('two')] }),
    ],
    [
      'finish waiting',
      (transport: RunTransport, lease: RunLease) =>
        transport.finish(lease, { status: 'waiting', interrupts: [question('sure')] }, nothing),
    ],
    [
      'finish released',
      (transport: RunTransport, lease: RunLease) => transport.finish(lease, { status: 'released' }, nothing),
    ],
    [
      'saveSnapshot',
      (transport: RunTransport, lease: RunLease) => transport.saveSnapshot(lease, { snapshots: [], writes: [] }),
    ],
  ] as const)('refuses a late %s of a worker that lost the run, and writes nothing of it', async (_name, write) => {
    const { by, transport, run, claim } = await begin()
    await transport.record(claim.lease, { ...nothing, events: [started('one')] })
    await bench().lapse(by, run.id)
    const next = await claimRun(transport, run.id, 'worker-2')
    const before = [await bench().run(by, run.id), await bench().events(by, run.id)]
    await expect(write(transport, claim.lease)).rejects.toMatchObject(refused)
    expect([await bench().run(by, run.id), await bench().events(by, run.id)]).toEqual(before)
    // The one that holds it is not disturbed.
    await transport.finish(next.lease, { status: 'completed', output: { done: true } }, nothing)
    expect(await bench().run(by, run.id)).toMatchObject({ status: 'completed', output: { done: true }, interrupts: [] })
    await expect(write(transport, next.lease)).rejects.toMatchObject(refused)
  })

  it('says of what can never be stored that it is so, and takes the end of the run all the same', async () => {
    const transport = bench().createTransport()
    const by = await bench().newOrganization()
    const { id } = await bench().execute(by)
    const { lease } = await claimRun(transport, id)
    const odd = entry('one', { output: 'a\0b' })
    await expect(
      transport.record(lease, { ...nothing, entries: [odd], events: [started('one')] }),
    ).rejects.toMatchObject({
      code: 'run.unrecordable',
    })
    expect(await bench().events(by, id)).toEqual([])
    const error = { code: 'run.unrecordable', message: 'no' }
    await transport.finish(
      lease,
      { status: 'failed', error },
      { ...nothing, events: [{ type: 'run.failed', error, at }] },
    )
    expect(await bench().run(by, id)).toMatchObject({ status: 'failed', error })
  })

  it('says by a heartbeat which runs are lost and which shall be cancelled', async () => {
    const { by, transport, run, claim } = await begin()
    const other = await bench().execute(by)
    const otherClaim = await claimRun(transport, other.id)
    const leases = [claim.lease, otherClaim.lease]
    expect(await transport.heartbeat({ workerId: 'worker-1', leases })).toEqual({ lost: [], cancelled: [] })
    await bench().lapse(by, run.id)
    await claimRun(transport, run.id, 'worker-2')
    await bench().cancel(by, other.id)
    expect(await transport.heartbeat({ workerId: 'worker-1', leases })).toEqual({
      lost: [run.id],
      cancelled: [other.id],
    })
  })

  it('keeps a run with its worker as long as heartbeats come', async () => {
    const { transport, run, claim } = await begin()
    await transport.heartbeat({ workerId: 'worker-1', leases: [claim.lease] })
    const others = await transport.claim({ workerId: 'worker-2', limit: 100 })
    expect(others.map(({ lease }) => lease.runId)).not.toContain(run.id)
  })

  it('tells the next claim that cancellation was asked for', async () => {
    const { by, transport, run, claim } = await begin()
    expect(claim.cancelRequested).toBe(false)
    await bench().cancel(by, run.id)
    await bench().lapse(by, run.id)
    const next = await claimRun(transport, run.id, 'worker-2')
    expect(next.cancelRequested).toBe(true)
    const events: TimedEvent[] = [{ type: 'run.cancelled', by: 'request', at }]
    await transport.finish(next.lease, { status: 'cancelled', by: 'request' }, { ...nothing, events })
    expect(await bench().run(by, run.id)).toMatchObject({ status: 'cancelled' })
    // Who asked is known to the control plane alone.
    expect((await bench().events(by, run.id)).at(-1)).toMatchObject({ type: 'run.cancelled', by: by.name })
  })

  it('lets a run wait, and makes it due again when it is answered', async () => {
    const { by, transport, run, claim } = await begin()
    await transport.finish(claim.lease, { status: 'waiting', interrupts: [question('sure')] }, nothing)
    expect(await bench().run(by, run.id)).toMatchObject({
      status: 'waiting',
      interrupts: [{ address: 'sure', status: 'pending' }],
    })
    expect((await bench().events(by, run.id)).at(-1)).toMatchObject({ type: 'run.waiting', addresses: ['sure'] })
    await bench().answer(by, run.id, 'sure')
    const next = await claimRun(transport, run.id)
    expect(next.journal).toMatchObject([{ address: 'sure', status: 'completed', output: { choice: 'yes' } }])
  })

  it('makes a run due at once that was answered while its worker was about to let it wait', async () => {
    const { by, transport, run, claim } = await begin()
    await transport.record(claim.lease, { ...nothing, questions: [question('sure')] })
    await bench().answer(by, run.id, 'sure')
    expect(await bench().run(by, run.id)).toMatchObject({ status: 'running' })
    await transport.finish(claim.lease, { status: 'waiting', interrupts: [question('sure')] }, nothing)
    expect(await bench().run(by, run.id)).toMatchObject({ status: 'queued' })
    expect((await bench().events(by, run.id)).some(({ type }) => type === 'run.waiting')).toBe(false)
  })

  it.each(['one batch', 'two batches', 'the last batch'])(
    'cancels the open questions inside a container whose failure is recorded, and no others: in %s',
    async (how) => {
      const { by, transport, run, claim } = await begin()
      const inside = ['both[0]/left', 'both[1]/inner[3]/deep', 'both[1]/answered']
      const outside = ['both2[0]/other', 'bot', 'around[0]/both[0]/other']
      const questions = [...inside, ...outside].map(question)
      const error = { code: 'node.failed', message: 'No.' }
      const failed = { attempt: 1, error, durationMs: 1, handling: 'continue' as const, at }
      const events: TimedEvent[] = [
        // A leaf may bear any name: only a container has an inside.
        { type: 'node.failed', address: 'both2', nodeId: 'both2', nodeType: 'tool', ...failed },
        { type: 'node.failed', address: 'both', nodeId: 'both', nodeType: 'parallel', ...failed },
      ]
      if (how !== 'one batch') {
        await transport.record(claim.lease, { ...nothing, questions })
        await bench().answer(by, run.id, 'both[1]/answered')
      }
      if (how === 'the last batch') {
        const ending: TimedEvent = { type: 'run.failed', error, at }
        await transport.finish(claim.lease, { status: 'failed', error }, { ...nothing, events: [...events, ending] })
      } else if (how === 'one batch') await transport.record(claim.lease, { ...nothing, questions, events })
      else await transport.record(claim.lease, { ...nothing, events })
      const { interrupts } = await bench().run(by, run.id)
      const statuses = Object.fromEntries(interrupts.map(({ address, status }) => [address, status]))
      const rest = how === 'the last batch' ? 'cancelled' : 'pending'
      expect(statuses).toEqual({
        ...Object.fromEntries(outside.map((address) => [address, rest])),
        'both[0]/left': 'cancelled',
        'both[1]/inner[3]/deep': 'cancelled',
        'both[1]/answered': how === 'one batch' ? 'cancelled' : 'answered',
      })
      const refusal = (address: string) =>
        bench()
          .answer(by, run.id, address)
          .catch((error: Error) => error.message)
      expect(await refusal('both[0]/left')).toContain('"both", in which it was asked, failed')
      if (how === 'the last batch')
        expect(await refusal('bot')).toBe('The question at "bot" is cancelled already: nothing was changed.')
    },
  )

  it('leaves a question closed that is asked again, and lets the run wait for another one', async () => {
    const { by, transport, run, claim } = await begin()
    const error = { code: 'node.failed', message: 'No.' }
    const node = { address: 'both', nodeId: 'both', nodeType: 'parallel' as const }
    const failed: TimedEvent = {
      type: 'node.failed',
      ...node,
      attempt: 1,
      error,
      durationMs: 1,
      handling: 'continue',
      at,
    }
    await transport.record(claim.lease, { ...nothing, questions: [question('both[0]/left')] })
    await transport.record(claim.lease, { ...nothing, questions: [question('both[0]/left')], events: [failed] })
    await transport.finish(claim.lease, { status: 'waiting', interrupts: [question('sure')] }, nothing)
    expect(await bench().run(by, run.id)).toMatchObject({
      status: 'waiting',
      interrupts: [
        { address: 'both[0]/left', status: 'cancelled' },
        { address: 'sure', status: 'pending' },
      ],
    })
  })

  it('numbers events without a gap also when answers come in between', async () => {
    const { by, transport, run, claim } = await begin()
    const addresses = Array.from({ length: 8 }, (_value, index) => `q${index}`)
    await transport.record(claim.lease, { ...nothing, questions: addresses.map(question) })
    await Promise.all([
      ...addresses.map((address) => bench().answer(by, run.id, address)),
      ...addresses.map((address) =>
        transport.record(claim.lease, { ...nothing, events: [started(address), started(address, 2)] }),
      ),
    ])
    const events = await bench().events(by, run.id)
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 24 }, (_value, index) => index + 1))
  })

  it('ends a run that costs one worker after the other, but not one that gets on in between', async () => {
    const { by, transport, run, claim } = await begin()
    let { lease } = claim
    const loseWorker = async () => {
      await bench().lapse(by, run.id)
      const [next] = (await transport.claim({ workerId: 'next', limit: 50 })).filter(
        (one) => one.lease.runId === run.id,
      )
      lease = next?.lease ?? lease
    }
    for (let times = 0; times < 9; times++) await loseWorker()
    await transport.record(lease, { ...nothing, entries: [entry('one')] })
    for (let times = 0; times < 10; times++) await loseWorker()
    expect(await bench().run(by, run.id)).toMatchObject({ status: 'running' })
    await loseWorker()
    expect(await bench().run(by, run.id)).toMatchObject({ status: 'failed', error: { code: 'run.workers_lost' } })
    expect((await bench().events(by, run.id)).at(-1)).toMatchObject({ type: 'run.failed' })
  })

  it('makes a run that is given back due at once', async () => {
    const { transport, run, claim } = await begin()
    await transport.finish(claim.lease, { status: 'released' }, nothing)
    expect((await claimRun(transport, run.id, 'worker-2')).lease.attempt).toBe(2)
  })

  it('adds up what model calls used and cost, once each', async () => {
    const { by, transport, run, claim } = await begin()
    const call: ModelCall = {
      id: crypto.randomUUID(),
      modelId: 'default',
      model: 'fairlead-demo',
      provider: 'fairlead',
      promptId: null,
      promptVersionId: null,
      status: 'succeeded',
      errorCode: null,
      startedAt: at,
      latencyMs: 12.4,
      usage,
      costNanoUsd: null,
    }
    // The first attempt is told of when it ends, so that its call counts whatever becomes of the next.
    const node = { address: 'one', nodeId: 'one', nodeType: 'prompt' as const, at }
    const error = { code: 'model.failed', message: 'No.' }
    const retrying: TimedEvent = { type: 'node.retrying', ...node, attempt: 1, delayMs: 1, error, calls: [call] }
    await transport.record(claim.lease, { ...nothing, events: [retrying] })
    const before = await bench().run(by, run.id)
    expect(before.usage).toEqual(usage)
    expect(before.costNanoUsd).toBeGreaterThan(0)
    const second = { ...call, id: crypto.randomUUID() }
    const completed: TimedEvent = { type: 'node.completed', ...node, attempt: 2, durationMs: 1, calls: [second] }
    const recorded = entry('one', { attempts: 2, calls: [call, second] })
    await transport.record(claim.lease, { ...nothing, entries: [recorded], events: [completed] })
    const after = await bench().run(by, run.id)
    expect(after.usage.inputTokens).toBe(2 * usage.inputTokens)
    expect(after.costNanoUsd).toBe(2 * before.costNanoUsd)
    await transport.finish(claim.lease, { status: 'completed', output: {} }, nothing)
    expect(await bench().run(by, run.id)).toMatchObject({ usage: after.usage, costNanoUsd: after.costNanoUsd })
  })

  it('keeps snapshots with their writes, the latest saved alone, until the run ends', async () => {
    const { by, transport, run, claim } = await begin()
    const snapshot = (checkpointId: string) => ({
      namespace: '',
      checkpointId,
      parentCheckpointId: null,
      checkpointType: 'json',
      checkpoint: new Uint8Array([0, 1, 255]),
      metadataType: 'json',
      metadata: new Uint8Array([2]),
    })
    const write = (taskPath: string | null, index: number) => ({
      namespace: '',
      checkpointId: 'c2',
      taskId: 'task',
      index,
      taskPath,
      channel: 'channel',
      valueType: 'json',
      value: new Uint8Array([9]),
    })
    await transport.saveSnapshot(claim.lease, { snapshots: [snapshot('c1')], writes: [] })
    const saved = { snapshots: [snapshot('c2')], writes: [write('~0', 0), write(null, -1)] }
    await transport.saveSnapshot(claim.lease, saved)
    await bench().lapse(by, run.id)
    const next = await claimRun(transport, run.id, 'worker-2')
    expect(next.hasSnapshot).toBe(true)
    const loaded = await transport.loadSnapshots(next.lease)
    const plain = (rows: readonly object[]) =>
      rows.map((row) => Object.entries(row).map(([key, part]) => [key, part instanceof Uint8Array ? [...part] : part]))
    expect(plain(loaded.snapshots)).toEqual(plain(saved.snapshots))
    expect(plain(loaded.writes.sort((one, other) => other.index - one.index))).toEqual(plain(saved.writes))
    await transport.finish(next.lease, { status: 'completed', output: {} }, nothing)
    expect(await transport.loadSnapshots(next.lease)).toEqual({ snapshots: [], writes: [] })
  })
}
