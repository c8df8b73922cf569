import { Annotation, Command, END, INTERRUPT, interrupt, START, StateGraph } from '@langchain/langgraph'
import { validate } from '@langchain/langgraph-checkpoint-validation'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunLease, Snapshot, SnapshotWrite } from '../workflow/index.ts'
import { TransportSaver } from './transport-saver.ts'

const lease: RunLease = { organizationId: 'o', runId: 'run-1', attempt: 1, workerId: 'w' }

/** Keeps what was saved last, the way a control plane does. */
function memoryTransport() {
  let saved: { snapshots: Snapshot[]; writes: SnapshotWrite[] } = { snapshots: [], writes: [] }
  return {
    loadSnapshots: async () => structuredClone(saved),
    saveSnapshot: async (_lease: RunLease, next: typeof saved) => {
      saved = structuredClone(next)
    },
    saved: () => saved,
  }
}

// LangGraph's own suite for checkpointers: what a graph may ask of one while a worker holds the run.
// It takes its runner from the global scope.
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it })
validate({
  // Under this name the suite leaves out what it lets LangGraph's own saver in memory, the base of ours, leave out too:
  // to store only the channels that have changed. Ours stores one checkpoint, so there is nothing that it could repeat.
  checkpointerName: 'MemorySaver',
  createCheckpointer: () => new TransportSaver(memoryTransport()),
})

/** Two questions side by side, after a step that counts how often it runs. */
function askingGraph(saver: TransportSaver, calls: string[]) {
  const State = Annotation.Root({
    seen: Annotation<string[], string[]>({ reducer: (before, more) => [...before, ...more], default: () => [] }),
  })
  const ask = (name: string) => () => ({ seen: [`${name}: ${interrupt(name)}`] })
  return new StateGraph(State)
    .addNode('begin', () => {
      calls.push('begin')
      return { seen: ['begun'] }
    })
    .addNode('left', ask('left'))
    .addNode('right', ask('right'))
    .addEdge(START, 'begin')
    .addEdge('begin', 'left')
    .addEdge('begin', 'right')
    .addEdge('left', END)
    .addEdge('right', END)
    .compile({ checkpointer: saver })
}

describe('a saver over a transport', () => {
  const config = { configurable: { thread_id: lease.runId }, durability: 'exit' as const }

  it('lets another worker go on where the run waited, also when one of two questions was answered', async () => {
    const transport = memoryTransport()
    const calls: string[] = []
    const first = new TransportSaver(transport)
    const asked = await askingGraph(first, calls).invoke({}, config)
    const [left, right] = asked[INTERRUPT as never] as { id: string; value: string }[]
    await first.flush(lease)
    await first.close(lease)

    const second = new TransportSaver(transport)
    expect(await second.open(lease)).toBe(true)
    await askingGraph(second, calls).invoke(new Command({ resume: { [left!.id]: 'yes' } }), config)
    await second.flush(lease)

    const third = new TransportSaver(transport)
    await third.open(lease)
    const ended = await askingGraph(third, calls).invoke(new Command({ resume: { [right!.id]: 'no' } }), config)
    expect(ended.seen.toSorted()).toEqual(['begun', 'left: yes', 'right: no'])
    expect(calls).toEqual(['begin'])
  })

  it('sends the newest checkpoint of each namespace, and the same tuple comes back', async () => {
    const transport = memoryTransport()
    const saver = new TransportSaver(transport)
    await askingGraph(saver, []).invoke({}, { ...config, durability: 'sync' })
    await saver.flush(lease)
    expect(transport.saved().snapshots).toHaveLength(1)
    const reopened = new TransportSaver(transport)
    await reopened.open(lease)
    const before = await saver.getTuple(config)
    const after = await reopened.getTuple(config)
    expect(after?.checkpoint).toEqual(before?.checkpoint)
    expect(after?.metadata).toEqual(before?.metadata)
    expect(after?.pendingWrites).toEqual(before?.pendingWrites)
  })

  it('says that there is nothing where nothing was stored, and forgets a run that was let go', async () => {
    const saver = new TransportSaver(memoryTransport())
    expect(await saver.open(lease)).toBe(false)
    await askingGraph(saver, []).invoke({}, config)
    expect(await saver.getTuple(config)).toBeDefined()
    await saver.close(lease)
    expect(await saver.getTuple(config)).toBeUndefined()
    expect(saver.writes).toEqual({})
  })
})
