import { describe, expect, it, vi } from 'vitest'
import type { ClaimedRun, JournalEntry, RunBatch, TimedEvent } from '../workflow/index.ts'
import { RunJournal } from './run-journal.ts'

const at = '2026-01-01T00:00:00.000Z'

function claimed(past: Partial<Pick<ClaimedRun, 'journal' | 'emitted'>> = {}): ClaimedRun {
  return {
    lease: { organizationId: 'o', runId: 'r', attempt: 1, workerId: 'w' },
    journal: [],
    emitted: [],
    ...past,
  } as unknown as ClaimedRun
}

function entry(address: string): JournalEntry {
  return { address, nodeId: address, status: 'completed', output: 1, attempts: 1, startedAt: at, finishedAt: at }
}

function started(address: string, attempt = 1): TimedEvent {
  return { type: 'node.started', address, nodeId: address, nodeType: 'tool', attempt, at }
}

function completed(address: string): TimedEvent {
  return { type: 'node.completed', address, nodeId: address, nodeType: 'tool', attempt: 1, durationMs: 1, at }
}

/** A transport whose batches the test lets through one by one. */
function gatedTransport() {
  const batches: RunBatch[] = []
  const gates: { open: () => void; fail: (error: Error) => void }[] = []
  const record = (_lease: unknown, batch: RunBatch) => {
    batches.push(batch)
    return new Promise<void>((open, fail) => gates.push({ open, fail }))
  }
  return { batches, gates, transport: { record } }
}

describe('the journal of a claimed run', () => {
  it('asks nothing inside a container that an earlier claim has seen fail, and everything else', async () => {
    const { transport } = gatedTransport()
    const emitted = [{ type: 'node.failed' as const, address: 'both', attempt: 1, pass: null }]
    const journal = new RunJournal(claimed({ emitted }), transport, () => {})
    for (const address of ['both[0]/ask', 'both[1]/inner[2]/ask', 'both2[0]/ask', 'ask']) {
      const asked = { address, nodeId: 'ask', request: { message: '?' } }
      journal.emit({ type: 'node.waiting', ...asked, nodeType: 'human', at })
      journal.ask(asked)
    }
    const { questions, events } = await journal.drain()
    expect(questions.map(({ address }) => address)).toEqual(['both2[0]/ask', 'ask'])
    expect(events).toMatchObject([{ address: 'both2[0]/ask' }, { address: 'ask' }])
  })

  it('is settled only when what was recorded is stored, and reads it at once', async () => {
    const { transport, gates } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    await journal.settled()
    journal.record(entry('a'), [completed('a')], { size: 1, isLast: false })
    expect(journal.read('a')).toEqual(entry('a'))
    let isStored = false
    const settled = journal.settled().then(() => {
      isStored = true
    })
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    expect(isStored).toBe(false)
    gates[0]!.open()
    await settled
    await journal.settled()
    expect(gates).toHaveLength(1)
  })

  it('sends a record at once, and hands the last one over with the end, if that comes soon', async () => {
    const { transport, gates, batches } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    journal.record(entry('a'), [completed('a')], { size: 1, isLast: false })
    await Promise.resolve()
    expect(batches).toHaveLength(1)
    gates[0]!.open()
    await journal.settled()
    journal.record(entry('late'), [completed('late')], { size: 1, isLast: true })
    await vi.waitFor(() => expect(batches).toHaveLength(2))
    gates[1]!.open()
    await journal.settled()
    journal.record(entry('b'), [completed('b')], { size: 1, isLast: true })
    expect(await journal.drain()).toMatchObject({ entries: [entry('b')], events: [completed('b')] })
    await journal.settled()
    expect(batches).toHaveLength(2)
  })

  it('stores large entries in several batches, and is settled when the last of those asked for is stored', async () => {
    const { transport, gates, batches } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    const size = 5 * 1024 * 1024
    for (const address of ['a', 'b', 'c']) journal.record(entry(address), [completed(address)], { size, isLast: false })
    let isStored = false
    const settled = journal.settled().then(() => {
      isStored = true
    })
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    gates[0]!.open()
    await vi.waitFor(() => expect(gates).toHaveLength(2))
    expect(isStored).toBe(false)
    gates[1]!.open()
    await settled
    expect(batches.map(({ entries, events }) => [entries.length, events.length])).toEqual([
      [2, 2],
      [1, 1],
    ])
  })

  it('has room for so much and no more, failures excepted, over all claims of the run', async () => {
    const { transport } = gatedTransport()
    const text = 'x'.repeat(40 * 1024 * 1024)
    const journal = new RunJournal(claimed({ journal: [{ ...entry('before'), output: text }] }), transport, () => {})
    const size = 30 * 1024 * 1024
    const record = (given: number) => journal.record(entry('a'), [completed('a')], { size: given, isLast: false })
    expect(() => record(size)).toThrow(expect.objectContaining({ code: 'run.too_large' }))
    expect(() => record(0)).not.toThrow()
  })

  it('is settled with the entries on their way, not with events that came after them', async () => {
    const { transport, gates, batches } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    journal.record(entry('a'), [], { size: 1, isLast: false })
    const first = journal.settled()
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    journal.emit(started('b'))
    const second = journal.settled()
    gates[0]!.open()
    await Promise.all([first, second])
    expect(batches).toHaveLength(1)
  })

  it('sends what gathers while a batch is on its way as one, events in order with their entries', async () => {
    const { transport, gates, batches } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    journal.record(entry('a'), [completed('a')], { size: 1, isLast: false })
    const first = journal.settled()
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    journal.emit(started('b'))
    for (const address of ['b', 'c', 'd'])
      journal.record(entry(address), [completed(address)], { size: 1, isLast: false })
    const rest = journal.settled()
    gates[0]!.open()
    await first
    await vi.waitFor(() => expect(gates).toHaveLength(2))
    gates[1]!.open()
    await rest
    expect(batches.map(({ entries }) => entries.map(({ address }) => address))).toEqual([['a'], ['b', 'c', 'd']])
    expect(batches[1]!.events.map((event) => event.type)).toEqual([
      'node.started',
      'node.completed',
      'node.completed',
      'node.completed',
    ])
  })

  it('flushes events too, also those that come while it does', async () => {
    const { transport, gates, batches } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    journal.emit(started('a'))
    const flushed = journal.flush()
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    journal.emit(started('b'))
    gates[0]!.open()
    await vi.waitFor(() => expect(gates).toHaveLength(2))
    gates[1]!.open()
    await flushed
    expect(batches.map(({ events }) => events)).toEqual([[started('a')], [started('b')]])
  })

  it('lets an event wait a little for company, and sends it alone when none comes', async () => {
    const { transport, batches, gates } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    journal.emit(started('a'))
    expect(batches).toHaveLength(0)
    await vi.waitFor(() => expect(batches).toHaveLength(1))
    expect(batches[0]).toMatchObject({ entries: [], events: [{ type: 'node.started', address: 'a' }] })
    gates[0]!.open()
  })

  it('does not emit again what an earlier claim has emitted, but what it has not', async () => {
    const emitted = [
      { type: 'node.started' as const, address: 'a', attempt: 1, pass: null },
      { type: 'node.progress' as const, address: 'loop', attempt: null, pass: 0 },
    ]
    const { transport } = gatedTransport()
    const journal = new RunJournal(claimed({ emitted }), transport, () => {})
    const progress = (pass: number): TimedEvent => {
      return { type: 'node.progress', address: 'loop', nodeId: 'loop', nodeType: 'loop', pass, at }
    }
    for (const event of [started('a'), progress(0), progress(1), started('a', 2)]) journal.emit(event)
    const { events } = await journal.drain()
    expect(events).toEqual([progress(1), started('a', 2)])
    expect(journal.attemptsBefore('a')).toBe(1)
    expect(journal.attemptsBefore('b')).toBe(0)
  })

  it('refuses everything once a batch could not be stored, and says so once', async () => {
    const { transport, gates } = gatedTransport()
    const failures: unknown[] = []
    const journal = new RunJournal(claimed(), transport, (error) => failures.push(error))
    journal.record(entry('a'), [], { size: 1, isLast: false })
    const first = journal.settled()
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    journal.record(entry('b'), [], { size: 1, isLast: false })
    const second = journal.settled()
    const lost = new Error('run.lease_lost')
    gates[0]!.fail(lost)
    await expect(first).rejects.toBe(lost)
    await expect(second).rejects.toBe(lost)
    await expect(journal.settled()).rejects.toBe(lost)
    await expect(journal.flush()).rejects.toBe(lost)
    await expect(journal.drain()).rejects.toBe(lost)
    expect(failures).toEqual([lost])
    expect(gates).toHaveLength(1)
  })

  it('hands over at the end what has not been sent, after what is on its way', async () => {
    const { transport, gates, batches } = gatedTransport()
    const journal = new RunJournal(claimed(), transport, () => {})
    journal.record(entry('a'), [], { size: 1, isLast: false })
    const first = journal.settled()
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    const drained = journal.drain()
    gates[0]!.open()
    await first
    await drained
    journal.emit({ type: 'run.completed', output: {}, at })
    expect(await journal.drain()).toMatchObject({ events: [{ type: 'run.completed' }] })
    expect(batches).toHaveLength(1)
  })
})
