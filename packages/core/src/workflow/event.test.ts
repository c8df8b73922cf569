import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldRunEvents, skippedNodes } from './event.ts'
import type { ModelCall, RunEvent, RunEventBody } from './run-schema.ts'

function numbered(bodies: readonly RunEventBody[]): RunEvent[] {
  return bodies.map((body, index) => ({ ...body, runId: 'run', seq: index + 1, at: `2026-01-01T00:00:${index}Z` }))
}

const call = (costNanoUsd: number | null): ModelCall => ({
  id: 'call',
  modelId: 'default',
  model: 'm',
  provider: null,
  promptId: null,
  promptVersionId: null,
  status: 'succeeded',
  errorCode: null,
  startedAt: '2026-01-01T00:00:00Z',
  latencyMs: 5,
  usage: { inputTokens: 10, cachedTokens: 1, cacheWriteTokens: 2, outputTokens: 3, reasoningTokens: 4 },
  costNanoUsd,
})

const node = (address: string) => ({
  address,
  nodeId: address.replace(/^.*\//, '').replace(/\[.*$/, ''),
  nodeType: 'tool' as const,
})

const failure = { code: 'tool.failed', message: 'no' }

test('a run that completes is told with its nodes, its output, its usage and its cost', () => {
  const state = foldRunEvents(
    numbered([
      { type: 'run.started' },
      { type: 'node.started', ...node('a'), attempt: 1 },
      { type: 'node.retrying', ...node('a'), attempt: 1, delayMs: 5, error: failure, calls: [call(2)] },
      { type: 'node.started', ...node('a'), attempt: 2 },
      {
        type: 'node.completed',
        ...node('a'),
        attempt: 2,
        output: { x: 1 },
        durationMs: 7,
        calls: [call(40), call(null)],
      },
      { type: 'run.completed', output: { y: 2 } },
    ]),
  )
  expect(state).toMatchObject({
    runId: 'run',
    status: 'completed',
    output: { y: 2 },
    error: null,
    costNanoUsd: 42,
    usage: { inputTokens: 30, cachedTokens: 3, cacheWriteTokens: 6, outputTokens: 9, reasoningTokens: 12 },
    startedAt: '2026-01-01T00:00:0Z',
    finishedAt: '2026-01-01T00:00:5Z',
    lastSeq: 6,
  })
  expect(state.nodes.a).toMatchObject({ status: 'completed', attempt: 2, output: { x: 1 }, durationMs: 7, error: null })
})

test('the executions of one node are counted together, what needs attention first', () => {
  const started = ['m[0]/x', 'm[1]/x', 'm[2]/x'].map((address) => ({
    type: 'node.started' as const,
    ...node(address),
    attempt: 1,
  }))
  const failed = {
    type: 'node.failed' as const,
    ...node('m[0]/x'),
    attempt: 1,
    error: failure,
    durationMs: 1,
    handling: 'collect' as const,
  }
  const completed = { type: 'node.completed' as const, ...node('m[1]/x'), attempt: 1, durationMs: 1 }
  const waiting = { type: 'node.waiting' as const, ...node('m[2]/x'), request: { message: 'ok?' } }
  const during = foldRunEvents(numbered([...started, failed]))
  expect(during.byNode.x).toMatchObject({ status: 'running', counts: { running: 2, failed: 1 } })
  const later = foldRunEvents(numbered([...started, failed, completed, waiting]))
  expect(later.byNode.x).toMatchObject({
    status: 'waiting',
    counts: { running: 0, failed: 1, completed: 1, waiting: 1 },
  })
})

test('a question is pending until its node completes, and none is after the run has ended', () => {
  const waiting = [
    { type: 'run.started' as const },
    { type: 'node.waiting' as const, ...node('a'), request: { message: 'a?' } },
    { type: 'node.waiting' as const, ...node('b'), request: { message: 'b?' } },
    { type: 'run.waiting' as const, addresses: ['a', 'b'] },
  ]
  expect(foldRunEvents(numbered(waiting))).toMatchObject({
    status: 'waiting',
    interrupts: [{ address: 'a', request: { message: 'a?' } }, { address: 'b' }],
  })
  const answered = [...waiting, { type: 'node.completed' as const, ...node('a'), attempt: 1, durationMs: 1 }]
  expect(foldRunEvents(numbered(answered)).interrupts.map((question) => question.address)).toEqual(['b'])
  const cancelled = foldRunEvents(numbered([...answered, { type: 'run.cancelled', by: 'me' }]))
  expect(cancelled).toMatchObject({ status: 'cancelled', interrupts: [], nodes: { b: { status: 'cancelled' } } })
})

test('progress keeps what an event does not mention', () => {
  const state = foldRunEvents(
    numbered([
      { type: 'node.started', ...node('m'), attempt: 1, total: 4 },
      { type: 'node.progress', ...node('m'), done: 2 },
      { type: 'node.progress', ...node('m'), pass: 1 },
    ]),
  )
  expect(state.nodes.m!.progress).toEqual({ pass: 1, done: 2, total: 4 })
})

test('nodes that a finished run never reached are skipped, and none is before it has finished', () => {
  const workflow = { nodes: ['a', 'b', 'constructor'].map((id) => ({ id })) } as Parameters<typeof skippedNodes>[0]
  const events = numbered([
    { type: 'node.started', ...node('a'), attempt: 1 },
    { type: 'run.failed', error: failure },
  ])
  expect(skippedNodes(workflow, foldRunEvents(events.slice(0, 1)))).toEqual([])
  expect(skippedNodes(workflow, foldRunEvents(events))).toEqual(['b', 'constructor'])
})

const address = fc.constantFrom('a', 'b', 'm[0]/c', 'm[1]/c', '__proto__').map(node)
const body = fc.oneof<fc.Arbitrary<RunEventBody>[]>(
  fc.constant({ type: 'run.started' as const }),
  fc.nat().map((attempt) => ({ type: 'run.resumed' as const, attempt })),
  address.map((at) => ({ type: 'node.started' as const, ...at, attempt: 1 })),
  address.map((at) => ({ type: 'node.waiting' as const, ...at, request: { message: 'ok?' } })),
  address.map((at) => ({ type: 'node.progress' as const, ...at, done: 1 })),
  address.map((at) => ({ type: 'node.retrying' as const, ...at, attempt: 1, delayMs: 1, error: failure })),
  fc
    .tuple(address, fc.option(fc.nat(1000)))
    .map(([at, cost]) => ({ type: 'node.completed' as const, ...at, attempt: 1, durationMs: 1, calls: [call(cost)] })),
  address.map((at) => ({
    type: 'node.failed' as const,
    ...at,
    attempt: 1,
    durationMs: 1,
    error: failure,
    handling: 'skip' as const,
  })),
  fc.constant({ type: 'run.waiting' as const, addresses: [] }),
  fc.constant({ type: 'run.completed' as const, output: {} }),
)

test('folding in pieces, with any overlap, gives what folding at once gives, and changes no earlier state', () => {
  fc.assert(
    fc.property(fc.array(body), fc.nat(), fc.nat(), (bodies, cut, overlap) => {
      const events = numbered(bodies)
      const at = cut % (events.length + 1)
      const first = foldRunEvents(events.slice(0, at))
      const kept = structuredClone(first)
      const second = foldRunEvents(events.slice(Math.max(0, at - (overlap % 5))), first)
      expect(second).toEqual(foldRunEvents(events))
      expect(first).toEqual(kept)
      expect(foldRunEvents(events, second)).toEqual(second)
    }),
  )
})

test('events of kinds that are not known yet change nothing, wherever they stand', () => {
  const strange = fc.record({
    type: fc.constantFrom('run.paused', 'node.dreaming', 'constructor', '__proto__', ''),
    address: fc.constantFrom('a', 'new', undefined),
    nodeId: fc.constantFrom('a', 'new', undefined),
    output: fc.anything(),
  }) as unknown as fc.Arbitrary<RunEventBody>
  fc.assert(
    fc.property(fc.array(fc.tuple(body, fc.option(strange))), (pairs) => {
      const known = numbered(pairs.flatMap(([one, other]) => (other === null ? [one] : [one, one])))
      const strangers = numbered(pairs.flatMap(([one, other]) => (other === null ? [one] : [one, other])))
      // The known ones keep their numbers; the others take those between.
      const ours = known.filter(({ seq }) => !isStrange(strangers[seq - 1]!))
      const { lastSeq: _, ...expected } = foldRunEvents(ours)
      const { lastSeq, ...state } = foldRunEvents(strangers)
      expect(state).toEqual({ ...expected, runId: strangers.length === 0 ? null : 'run' })
      expect(lastSeq).toBe(strangers.length)
    }),
  )
})

const isStrange = ({ type }: RunEvent) =>
  !/^(run|node)\.(started|resumed|waiting|progress|retrying|completed|failed)$/.test(type)

test('the counts of a node add up to its executions', () => {
  fc.assert(
    fc.property(fc.array(body), (bodies) => {
      const state = foldRunEvents(numbered(bodies))
      for (const [nodeId, { counts }] of Object.entries(state.byNode)) {
        const executions = Object.values(state.nodes).filter((execution) => execution.nodeId === nodeId)
        expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(executions.length)
        for (const execution of executions) expect(counts[execution.status]).toBeGreaterThan(0)
      }
    }),
  )
})

test('what was under way inside a container that a failure ended is cut off, with its questions; what is beside it is not', () => {
  const parallel = { address: 'p', nodeId: 'p', nodeType: 'parallel' as const }
  const events = numbered([
    { type: 'run.started' },
    { type: 'node.started', ...node('pp'), attempt: 1 },
    { type: 'node.started', ...parallel, attempt: 1 },
    { type: 'node.started', ...node('p[0]/slow'), attempt: 1 },
    { type: 'node.waiting', ...node('p[1]/ask'), request: { message: 'ok?' } },
    { type: 'node.failed', ...parallel, attempt: 1, error: failure, durationMs: 1, handling: 'continue' },
  ])
  const state = foldRunEvents(events)
  expect(state.nodes).toMatchObject({
    p: { status: 'failed' },
    'p[0]/slow': { status: 'cancelled', finishedAt: '2026-01-01T00:00:5Z' },
    'p[1]/ask': { status: 'cancelled' },
    pp: { status: 'running' },
  })
  expect(state.interrupts).toEqual([])
  expect(state.byNode.slow).toMatchObject({ status: 'cancelled', counts: { running: 0, cancelled: 1 } })
  expect(foldRunEvents(events.slice(4), foldRunEvents(events.slice(0, 4)))).toEqual(state)
})
