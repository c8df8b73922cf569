import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import {
  branches,
  condition,
  failureOf,
  human,
  listening,
  loop,
  map,
  tool,
  workflow,
} from './workflow-builder.suite.ts'

const pass = ({ it }: { it: unknown }) => it
const list = { type: 'array' as const }

/** Items that finish in the opposite order of their positions. */
async function backwards({ it, of }: { it: number; of: number }) {
  for (let turn = 0; turn < of - it; turn++) await Promise.resolve()
  return it * 2
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('a map', () => {
  const doubled = workflow(
    [
      map('each', { items: 'items', result: 'twice', outputVariable: 'all', bodyNodes: ['double'] }),
      tool('double', 'twice', { it: 'item', of: 'size(items)' }),
    ],
    ['each.body double'],
    { inputs: { items: list }, outputs: { all: 'all' } },
  )

  it.each([0, 1, 24, 25, 26, 113])('of %i items gives their results in item order', async (count) => {
    const graph = compileWorkflow(doubled, { tools: { double: backwards } })
    expect(await graph.invoke({ items: numbers(count) })).toEqual({ all: numbers(count).map((item) => item * 2) })
  })

  it('announces its number of items, and each item under an address of its own', async () => {
    const { config, events } = listening()
    await compileWorkflow(doubled, { tools: { double: backwards } }).invoke({ items: numbers(30) }, config)
    expect(events[0]).toMatchObject({ type: 'node.started', address: 'each', total: 30 })
    expect(events.at(-1)).toMatchObject({ type: 'node.completed', address: 'each' })
    const ended = events.flatMap((event) => (event.type === 'node.completed' ? [event.address] : []))
    expect(new Set(ended).size).toBe(31)
    expect(ended).toContain('each[29]/double')
  })

  it('fails where its items are no list', async () => {
    const document = structuredClone(doubled)
    document.inputs.items = true
    const graph = compileWorkflow(document, { tools: { double: backwards } })
    for (const items of [null, 'abc', { a: 1 }]) {
      expect(await failureOf(graph.invoke({ items }))).toMatchObject({
        code: expect.stringMatching(/workflow.not_a_list|expression/),
        error: { nodeId: 'each' },
      })
    }
  })

  it('keeps what its body writes to the item, and adds up in item order what has a reducer', async () => {
    const document = workflow(
      [
        map('each', { items: 'items', result: 'own + 1', outputVariable: 'all', bodyNodes: ['write', 'log', 'more'] }),
        tool('write', 'own', { it: 'item' }, { toolId: 'pass' }),
        tool('log', 'log', { it: '[item, index]' }, { toolId: 'pass' }),
        tool('more', 'log', { it: 'size(log)' }, { toolId: 'pass' }),
      ],
      ['each.body write', 'write log', 'log more'],
      {
        inputs: { items: list },
        variables: {
          own: { schema: { type: 'number' }, default: 0 },
          log: { schema: list, reducer: 'append', default: [7] },
        },
        outputs: { all: 'all', log: 'log', own: 'own' },
      },
    )
    expect(await compileWorkflow(document, { tools: { pass } }).invoke({ items: [5, 6] })).toEqual({
      all: [6, 7],
      // Each item sees what was there before the map and what it wrote itself.
      log: [7, 5, 0, 3, 6, 1, 3],
      own: 0,
    })
  })

  it('may end the path of an item early, at a condition, and lie in a map itself', async () => {
    const document = workflow(
      [
        map('rows', {
          items: 'items',
          itemVariable: 'row',
          result: 'cells',
          outputVariable: 'all',
          bodyNodes: ['cells'],
        }),
        map('cells', {
          items: 'row',
          itemVariable: 'cell',
          result: 'n',
          outputVariable: 'cells',
          bodyNodes: ['odd', 'add'],
        }),
        condition('odd', 'cell % 2 == 1'),
        tool('add', 'n', { it: 'cell + 10 * index' }, { toolId: 'pass' }),
      ],
      ['rows.body cells', 'cells.body odd', 'odd.true add'],
      {
        inputs: { items: list },
        variables: { n: { schema: { type: 'number' }, default: -1 } },
        outputs: { all: 'all' },
      },
    )
    const graph = compileWorkflow(document, { tools: { pass } })
    expect(await graph.invoke({ items: [[1, 2, 3], [], [4, 5]] })).toEqual({ all: [[1, -1, 23], [], [-1, 15]] })
  })

  it.each([
    ['walked', false],
    ['as graphs', true],
  ])('never runs more bodies at once than its concurrency, %s, over all chunks', async (_, asGraph) => {
    const nodes = [
      map('each', { items: 'items', result: 'n', outputVariable: 'all', bodyNodes: ['work'], concurrency: 3 }),
      tool('work', 'n', { it: 'item' }),
    ]
    const edges = ['each.body work']
    if (asGraph) {
      // Somebody could be asked in there, so the bodies are graphs, though nobody is.
      nodes[0]!.data.config = { ...nodes[0]!.data.config, bodyNodes: ['work', 'odd', 'ask'] } as never
      nodes.push(condition('odd', 'item < 0'), human('ask', 'answer'))
      edges.push('work odd', 'odd.true ask')
    }
    const document = workflow(nodes, edges, { inputs: { items: list }, outputs: { all: 'all' } })
    let [running, peak] = [0, 0]
    const work = async ({ it }: { it: number }) => {
      peak = Math.max(peak, ++running)
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      running--
      return it
    }
    expect(await compileWorkflow(document, { tools: { work } }).invoke({ items: numbers(60) })).toEqual({
      all: numbers(60),
    })
    expect(peak).toBe(3)
  })
})

describe('an item that fails', () => {
  const refuse = ({ it }: { it: number }) => {
    if (it % 2 === 1) throw new Error(`refused ${it}`)
    return it
  }
  const failing = (onItemError?: 'fail' | 'collect' | 'skip', policies: { onError?: 'continue' | 'route' } = {}) =>
    workflow(
      [
        map(
          'each',
          {
            items: 'items',
            result: 'n',
            outputVariable: 'all',
            bodyNodes: ['log', 'work'],
            ...(onItemError && { onItemError }),
          },
          policies,
        ),
        tool('log', 'log', { it: 'item' }, { toolId: 'pass' }),
        tool('work', 'n', { it: 'item' }),
        tool('after', 'log', { it: "'after'" }, { toolId: 'pass' }),
        ...(policies.onError === 'route' ? [tool('why', 'log', { it: 'error.message' }, { toolId: 'pass' })] : []),
      ],
      ['each.body log', 'log work', 'each.done after', ...(policies.onError === 'route' ? ['each.error why'] : [])],
      {
        inputs: { items: list },
        variables: { log: { schema: list, reducer: 'append' }, all: { schema: list, default: [] } },
        outputs: { all: 'all', log: 'log' },
      },
    )
  const run = (document: ReturnType<typeof failing>, items: number[]) =>
    compileWorkflow(document, { tools: { work: refuse, pass } }).invoke({ items })

  it('fails the run, with the address of the node that failed', async () => {
    expect(await failureOf(run(failing(), [0, 2, 3, 4]))).toMatchObject({
      name: 'NodeFailure',
      message: 'The run failed at "each[2]/work": refused 3',
      error: { code: 'node.failed', nodeId: 'work', address: 'each[2]/work' },
    })
  })

  it('is put in its place as {error} where the map collects, and what it wrote is not kept', async () => {
    const { all, log } = await run(failing('collect'), [0, 1, 2])
    expect(all).toEqual([0, { error: expect.objectContaining({ message: 'refused 1', address: 'each[1]/work' }) }, 2])
    expect(log).toEqual([0, 2, 'after'])
  })

  it('is left out where the map skips', async () => {
    expect(await run(failing('skip'), [0, 1, 2, 3, 4])).toEqual({ all: [0, 2, 4], log: [0, 2, 4, 'after'] })
  })

  it('lets the run go on, or on by the error edge, where the map says so', async () => {
    expect(await run(failing(undefined, { onError: 'continue' }), [0, 1])).toEqual({ all: [], log: ['after'] })
    expect(await run(failing(undefined, { onError: 'route' }), [0, 1])).toEqual({ all: [], log: ['refused 1'] })
  })

  it('ends the items beside it, which are told by their signal, in every chunk', async () => {
    const aborted: number[] = []
    const document = workflow(
      [
        map(
          'each',
          { items: 'items', result: 'n', outputVariable: 'all', bodyNodes: ['work'] },
          { onError: 'continue' },
        ),
        tool('work', 'n', { it: 'item' }),
      ],
      ['each.body work'],
      { inputs: { items: list } },
    )
    const work = ({ it }: { it: number }, { signal }: { signal: AbortSignal }) => {
      if (it === 30) throw new Error('no')
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(it)
          reject(signal.reason)
        })
      })
    }
    const { config, events } = listening()
    await compileWorkflow(document, { tools: { work } }).invoke({ items: numbers(31) }, config)
    expect(aborted.sort((a, b) => a - b)).toEqual(numbers(30))
    expect(
      events.filter(({ type }) => type === 'node.failed').map((event) => 'address' in event && event.address),
    ).toEqual(['each[30]/work', 'each'])
  })
})

describe('branches', () => {
  it('run side by side, and what they write is combined in the order of the branches', async () => {
    const document = workflow(
      [
        branches('both', ['slow', 'fast']),
        loop('slow', 2, 'size(log) < 9', ['note']),
        tool('note', 'log', { it: "'slow'" }, { toolId: 'pass' }),
        tool('fast', 'log', { it: "'fast'" }, { toolId: 'pass' }),
      ],
      ['both.body slow', 'both.body fast', 'slow.body note'],
      { variables: { log: { schema: list, reducer: 'append', default: ['first'] } }, outputs: { log: 'log' } },
    )
    const { config, lines } = listening()
    const result = await compileWorkflow(document, { tools: { pass } }).invoke({}, config)
    expect(result).toEqual({ log: ['first', 'slow', 'slow', 'fast'] })
    expect(lines().indexOf('both[1]/fast node.completed')).toBeLessThan(
      lines().lastIndexOf('both[0]/slow[1]/note node.completed'),
    )
  })

  it('keep to their concurrency', async () => {
    const names = ['a', 'b', 'c', 'd']
    const document = workflow(
      [branches('all', names, { concurrency: 2 }), ...names.map((name) => tool(name, name, {}, { toolId: 'work' }))],
      names.map((name) => `all.body ${name}`),
    )
    let [running, peak] = [0, 0]
    const work = async () => {
      peak = Math.max(peak, ++running)
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    await compileWorkflow(document, { tools: { work } }).invoke({})
    expect(peak).toBe(2)
  })

  it('that fail together give one failure, not a list of them', async () => {
    const names = ['a', 'b', 'c']
    const document = workflow(
      [branches('all', names), ...names.map((name) => tool(name, name, {}, { toolId: 'missing' }))],
      names.map((name) => `all.body ${name}`),
    )
    const { config, lines } = listening()
    expect(await failureOf(compileWorkflow(document).invoke({}, config))).toMatchObject({
      name: 'NodeFailure',
      code: 'tool.unknown',
    })
    expect(lines().filter((line) => line === 'all node.failed')).toHaveLength(1)
  })
})
