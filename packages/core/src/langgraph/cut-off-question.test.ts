import { Command, MemorySaver } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { FairleadError } from '../base/index.ts'
import type { RunEvent, TimedEvent, Workflow } from '../workflow/index.ts'
import { foldRunEvents } from '../workflow/index.ts'
import { compileWorkflow } from './compile.ts'
import {
  branches,
  condition,
  failureOf,
  human,
  listening,
  loop,
  map,
  openQuestions,
  tool,
  workflow,
} from './workflow-builder.suite.ts'

/* A failure of a branch or an item while somebody beside it is asked something, in a process of one's own. */

const route = { onError: 'route' } as const

/** Runs a workflow whose tool `refuse` fails, once what the test says has happened. */
function bench(document: Workflow) {
  const { config, events, lines } = listening()
  let open: () => void = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const ended: string[] = []
  const tools = {
    refuse: () => {
      throw new Error('refused')
    },
    refuseLater: async () => {
      await gate
      throw new Error('refused later')
    },
    fine: (_: unknown, { address }: { address: string }) => {
      ended.push(address)
      return 'fine'
    },
    later: async () => {
      await gate
      return 'fine'
    },
    list: () => ['a', 'b', 'c'],
    refuseB: ({ of }: { of: unknown }) => {
      if (of === 'b') throw new Error('not b')
      return of
    },
  }
  const graph = compileWorkflow(document, { tools, checkpointer: new MemorySaver() })
  return {
    ended,
    lines,
    open: () => open(),
    start: (options = {}) => graph.invoke({}, { ...config, ...options }),
    answer: (address: string, result: Record<string, unknown>) => {
      const id = openQuestions(result)[address]
      if (id === undefined) throw new Error(`nobody is asked at ${address}`)
      return graph.invoke(new Command({ resume: { [id]: 'yes' } }), config)
    },
    asked: (address: string) => expect.poll(() => lines()).toContain(`${address} node.waiting`),
    kept: async () => (await graph.getState(config)).tasks.flatMap(({ interrupts }) => interrupts),
    state: () => foldRunEvents(events.map(numbered)),
  }
}

function numbered(event: TimedEvent, index: number): RunEvent {
  return { ...event, runId: 'thread', seq: index + 1 }
}

/** `left` beside `right` in `both`, whose failure leads to `rescue`. */
function beside(left: ReturnType<typeof tool>[], right: ReturnType<typeof tool>[], more: string[] = []): Workflow {
  return workflow(
    [
      branches(
        'both',
        [...left, ...right].map(({ id }) => id),
        route,
      ),
      ...left,
      ...right,
      tool('rescue', 'saved', { of: 'error.message' }, { toolId: 'fine' }),
    ],
    [`both.body ${left[0]!.id}`, `both.body ${right[0]!.id}`, 'both.error rescue', ...more],
    { variables: { saved: { schema: true, default: 'nothing' } }, outputs: { saved: 'saved' } },
  )
}

describe('a failure beside an open question', () => {
  it('counts at once when it comes after the question, whose node is cancelled', async () => {
    const run = bench(beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'refuseLater' })]))
    const result = run.start()
    await run.asked('both[0]/ask')
    run.open()
    expect(await result).toEqual({ saved: 'fine' })
    expect(run.lines()).toEqual([
      'both node.started',
      'both[0]/ask node.waiting',
      'both[1]/work node.started',
      'both[1]/work node.failed',
      'both node.failed',
      'rescue node.started',
      'rescue node.completed',
    ])
    expect(run.state()).toMatchObject({ interrupts: [], nodes: { 'both[0]/ask': { status: 'cancelled' } } })
    expect(await run.kept()).toEqual([])
  })

  it('counts at once when it comes before the question, which is never put', async () => {
    const slow = tool('slow', 'c', {}, { toolId: 'later' })
    const run = bench(beside([slow, human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'refuse' })], ['slow ask']))
    expect(await run.start()).toEqual({ saved: 'fine' })
    run.open()
    await new Promise((resolve) => setImmediate(resolve))
    expect(run.lines()).not.toContain('both[0]/ask node.waiting')
  })

  it.each([
    ['left', 'both[0]/left', 'both[1]/right'],
    ['right', 'both[1]/right', 'both[0]/left'],
  ])(
    'counts at once when an answer led to it: of %s, the other question is taken back',
    async (side, first, second) => {
      const after = tool('work', 'c', {}, { toolId: 'refuse' })
      const [left, right] = [human('left', 'a'), human('right', 'b')]
      const run = bench(
        side === 'left'
          ? beside([left, after], [right], ['left work'])
          : beside([left], [right, after], ['right work']),
      )
      const waiting = await run.start()
      expect(Object.keys(openQuestions(waiting)).sort()).toEqual(['both[0]/left', 'both[1]/right'])
      expect(await run.answer(first, waiting)).toEqual({ saved: 'fine' })
      expect(run.state()).toMatchObject({
        interrupts: [],
        nodes: { [first]: { status: 'completed' }, [second]: { status: 'cancelled' }, both: { status: 'failed' } },
      })
    },
  )

  it('ends the run at once where nobody takes it, and no question is left in the checkpoint', async () => {
    const document = beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'refuseLater' })])
    delete document.nodes[0]!.data.onError
    document.edges = document.edges.filter(({ sourceHandle }) => sourceHandle !== 'error')
    document.edges.push({ id: 'done', source: 'both', sourceHandle: 'done', target: 'rescue' })
    document.nodes.at(-1)!.data.config = { toolId: 'fine', inputMapping: {}, outputVariable: 'saved' }
    const run = bench(document)
    const result = failureOf(run.start())
    await run.asked('both[0]/ask')
    run.open()
    expect(await result).toMatchObject({ name: 'NodeFailure', error: { address: 'both[1]/work' } })
    expect(run.state()).toMatchObject({ interrupts: [], nodes: { 'both[0]/ask': { status: 'cancelled' } } })
    expect(await run.kept()).toEqual([])
  })

  it('lets the loop around the container take it, and its next pass asks anew', async () => {
    const document = workflow(
      [
        loop('again', 2, 'loop.index < 9', ['both', 'count']),
        branches('both', ['ask', 'work'], { onError: 'continue' }),
        human('ask', 'a'),
        tool('work', 'b', {}, { toolId: 'refuse' }),
        tool('count', 'c', {}, { toolId: 'fine' }),
      ],
      ['again.body both', 'both.body ask', 'both.body work', 'both.done count'],
      { variables: { c: { schema: true, default: null } }, outputs: { counted: 'c' } },
    )
    const run = bench(document)
    expect(await run.start()).toEqual({ counted: 'fine' })
    expect(run.ended).toEqual(['again[0]/count', 'again[1]/count'])
    expect(run.state()).toMatchObject({ interrupts: [], byNode: { ask: { counts: { waiting: 0 } } } })
  })

  it('cuts off the questions of loops and of containers inside the branches beside it', async () => {
    const document = workflow(
      [
        tool('list', 'items'),
        branches('both', ['rounds', 'inner', 'work'], route),
        loop('rounds', 2, 'loop.index < 9', ['askRound']),
        human('askRound', 'a'),
        branches('inner', ['each', 'askInner']),
        map('each', { items: 'items', result: 'd', outputVariable: 'all', bodyNodes: ['askItem'] }),
        human('askItem', 'd'),
        human('askInner', 'e'),
        tool('work', 'b', {}, { toolId: 'refuseLater' }),
        tool('rescue', 'saved', {}, { toolId: 'fine' }),
      ],
      [
        'list both',
        'both.body rounds',
        'both.body inner',
        'both.body work',
        'rounds.body askRound',
        'inner.body each',
        'inner.body askInner',
        'each.body askItem',
        'both.error rescue',
      ],
      { variables: { saved: { schema: true, default: 'nothing' } }, outputs: { saved: 'saved' } },
    )
    const asked = [
      'both[0]/rounds[0]/askRound',
      'both[1]/inner[0]/each[0]/askItem',
      'both[1]/inner[0]/each[1]/askItem',
      'both[1]/inner[0]/each[2]/askItem',
      'both[1]/inner[1]/askInner',
    ]
    const run = bench(document)
    const result = run.start()
    for (const address of asked) await run.asked(address)
    run.open()
    expect(await result).toEqual({ saved: 'fine' })
    const { interrupts, nodes } = run.state()
    expect(interrupts).toEqual([])
    for (const address of asked) expect([address, nodes[address]?.status]).toEqual([address, 'cancelled'])
  })

  it('ends only its own container: the questions beside that one stay, and are answered', async () => {
    const document = workflow(
      [
        branches('outer', ['inner', 'askOuter']),
        branches('inner', ['askInner', 'work'], { onError: 'continue' }),
        human('askInner', 'a'),
        tool('work', 'b', {}, { toolId: 'refuseLater' }),
        human('askOuter', 'c'),
      ],
      ['outer.body inner', 'outer.body askOuter', 'inner.body askInner', 'inner.body work'],
      { outputs: { choice: 'c.choice' } },
    )
    const run = bench(document)
    const result = run.start()
    await run.asked('outer[0]/inner[0]/askInner')
    await run.asked('outer[1]/askOuter')
    run.open()
    const waiting = await result
    expect(Object.keys(openQuestions(waiting))).toEqual(['outer[1]/askOuter'])
    expect(run.state().interrupts.map(({ address }) => address)).toEqual(['outer[1]/askOuter'])
    expect(run.state().nodes['outer[0]/inner']).toMatchObject({ status: 'failed' })
    expect(await run.answer('outer[1]/askOuter', waiting)).toEqual({ choice: 'yes' })
  })

  it('is handed on by a container that does not take it, and ends the one around it with all its questions', async () => {
    const document = workflow(
      [
        branches('outer', ['inner', 'askOuter'], route),
        branches('inner', ['askInner', 'work']),
        human('askInner', 'a'),
        tool('work', 'b', {}, { toolId: 'refuseLater' }),
        human('askOuter', 'c'),
        tool('rescue', 'saved', {}, { toolId: 'fine' }),
      ],
      ['outer.body inner', 'outer.body askOuter', 'inner.body askInner', 'inner.body work', 'outer.error rescue'],
      { variables: { saved: { schema: true, default: 'nothing' } }, outputs: { saved: 'saved' } },
    )
    const run = bench(document)
    const result = run.start()
    await run.asked('outer[0]/inner[0]/askInner')
    await run.asked('outer[1]/askOuter')
    run.open()
    expect(await result).toEqual({ saved: 'fine' })
    expect(run.state()).toMatchObject({
      interrupts: [],
      nodes: { 'outer[0]/inner': { status: 'failed' }, outer: { status: 'failed', error: { nodeId: 'work' } } },
    })
  })

  it.each([undefined, 1, 2])(
    'counts among items of which %s may run at once: a question takes no place',
    async (cap) => {
      const document = (onItemError?: 'collect') =>
        workflow(
          [
            tool('list', 'items'),
            map(
              'each',
              {
                items: 'items',
                result: 'kept',
                outputVariable: 'all',
                bodyNodes: ['isB', 'work', 'ask'],
                ...(cap && { concurrency: cap }),
                ...(onItemError && { onItemError }),
              },
              { onError: 'continue' },
            ),
            condition('isB', "item == 'b'"),
            tool('work', 'kept', { of: 'item' }, { toolId: 'refuseB' }),
            human('ask', 'kept'),
          ],
          ['list each', 'each.body isB', 'isB.true work', 'isB.false ask'],
          {
            variables: { all: { schema: true, default: [] }, kept: { schema: true, default: null } },
            outputs: { all: 'all' },
          },
        )
      const strict = bench(document())
      expect(await strict.start()).toEqual({ all: [] })
      expect(strict.state().interrupts).toEqual([])

      // Where the map takes the failures of items, they end nothing: the others wait for their answers.
      const patient = bench(document('collect'))
      let result = await patient.start()
      expect(Object.keys(openQuestions(result))).toEqual(['each[0]/ask', 'each[2]/ask'])
      result = await patient.answer('each[2]/ask', result)
      result = await patient.answer('each[0]/ask', result)
      expect(result).toMatchObject({ all: [{ choice: 'yes' }, { error: { message: 'not b' } }, { choice: 'yes' }] })
    },
  )

  it('that its own node takes ends nothing', async () => {
    const work = tool('work', 'b', {}, { toolId: 'refuse', onError: 'continue' })
    const document = beside([human('ask', 'a')], [work])
    const run = bench(document)
    const waiting = await run.start()
    expect(Object.keys(openQuestions(waiting))).toEqual(['both[0]/ask'])
    expect(await run.answer('both[0]/ask', waiting)).toEqual({ saved: 'nothing' })
  })

  it('is waited for under a limit of LangGraph’s own, as long as a place is free', async () => {
    const run = bench(beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'refuseLater' })]))
    const result = run.start({ maxConcurrency: 2 })
    await run.asked('both[0]/ask')
    run.open()
    expect(await result).toEqual({ saved: 'fine' })

    const alone = bench(beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'refuse' })]))
    const waiting = await alone.start({ maxConcurrency: 1 })
    expect(Object.keys(openQuestions(waiting))).toEqual(['both[0]/ask'])
    expect(await alone.answer('both[0]/ask', waiting)).toEqual({ saved: 'fine' })
  })
})

describe('a question that nothing has failed beside', () => {
  it('is put again with the rest of its step, where a body beside it ended without having failed', async () => {
    let isLost = true
    let hear: () => void = () => {}
    const asked = new Promise<void>((resolve) => (hear = resolve))
    const settled = async () => {
      await asked
      if (isLost) throw new FairleadError('run.lease_lost', 'It was taken over.')
    }
    const journal = { read: () => undefined, record: () => {}, settled }
    const config = { configurable: { thread_id: 't', fairlead: { runId: 't', journal, onQuestion: () => hear() } } }
    const document = beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'fine' })])
    const graph = compileWorkflow(document, { tools: { fine: () => 'fine' }, checkpointer: new MemorySaver() })
    expect(await failureOf(graph.invoke({}, config))).toMatchObject({ code: 'run.lease_lost' })
    isLost = false
    const waiting = await graph.invoke(null, config)
    expect(Object.keys(openQuestions(waiting))).toEqual(['both[0]/ask'])
  })

  it('is announced at once and ends the step when the bodies beside it have ended', async () => {
    const run = bench(beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'later' })]))
    const result = run.start()
    await run.asked('both[0]/ask')
    expect(run.state().interrupts).toMatchObject([{ address: 'both[0]/ask' }])
    run.open()
    expect(Object.keys(openQuestions(await result))).toEqual(['both[0]/ask'])
  })

  it('does not hold up a caller who aborts', async () => {
    const caller = new AbortController()
    const run = bench(beside([human('ask', 'a')], [tool('work', 'b', {}, { toolId: 'later' })]))
    const result = failureOf(run.start({ signal: caller.signal }))
    await run.asked('both[0]/ask')
    caller.abort()
    expect((await result).message).toMatch(/abort/i)
  })
})
