import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import { condition, failureOf, listening, loop, map, tool, workflow } from './workflow-builder.suite.ts'

const tools = { inc: ({ n }: { n: number }) => n + 1, pass: ({ it }: { it: unknown }) => it }
const inc = (id: string) => tool(id, 'n', { n: 'n' }, { toolId: 'inc' })
const log = (id: string, it: string) => tool(id, 'log', { it }, { toolId: 'pass' })
const state = {
  variables: {
    n: { schema: { type: 'number' } as const, default: 0 },
    log: { schema: { type: 'array' } as const, reducer: 'append' as const },
  },
  outputs: { n: 'n', log: 'log' },
}
const run = (nodes: Parameters<typeof workflow>[0], edges: string[]) =>
  compileWorkflow(workflow(nodes, edges, state), { tools, validated: true }).invoke({})

describe('a loop', () => {
  it('tests its condition before each pass, which counts from 0', async () => {
    const nodes = [loop('again', 9, 'n < 3', ['note']), log('note', 'loop.index'), inc('more')]
    nodes[0]!.data.config = { ...nodes[0]!.data.config, bodyNodes: ['note', 'more'] } as never
    expect(await run(nodes, ['again.body note', 'note more'])).toEqual({ n: 3, log: [0, 1, 2] })
  })

  it('may have no pass at all', async () => {
    expect(
      await run(
        [loop('again', 9, 'n > 3', ['more']), inc('more'), inc('after')],
        ['again.body more', 'again.done after'],
      ),
    ).toEqual({
      n: 1,
      log: [],
    })
  })

  it('ends at its limit, as a success unless it says otherwise', async () => {
    const nodes = (onLimit?: 'fail') => [loop('again', 2, 'n < 9', ['more'], onLimit ? { onLimit } : {}), inc('more')]
    expect(await run(nodes(), ['again.body more'])).toEqual({ n: 2, log: [] })
    expect(await failureOf(run(nodes('fail'), ['again.body more']))).toMatchObject({
      code: 'workflow.loop_limit',
      error: { nodeId: 'again' },
    })
  })

  it('that reaches its limit may hand that on as an error', async () => {
    const nodes = [
      loop('again', 2, 'n < 9', ['more'], { onLimit: 'fail', onError: 'route' }),
      inc('more'),
      log('why', 'error.code'),
    ]
    expect(await run(nodes, ['again.body more', 'again.error why'])).toEqual({ n: 2, log: ['workflow.loop_limit'] })
  })

  it('may lie in a loop: the inner one starts anew in each pass, and the limit of steps has room for all of them', async () => {
    const nodes = [
      loop('outer', 12, 'n < 1000', ['inner', 'note']),
      loop('inner', 5, 'loop.index < 5', ['more']),
      inc('more'),
      log('note', 'loop.index'),
    ]
    const edges = ['outer.body inner', 'inner.body more', 'inner.done note']
    expect(await run(nodes, edges)).toEqual({ n: 60, log: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] })
  })

  it('comes back to its condition from every end of a path inside', async () => {
    const nodes = [
      loop('again', 4, 'n < 9', ['check', 'more', 'note']),
      condition('check', 'n % 2 == 0'),
      inc('more'),
      log('note', 'n'),
    ]
    nodes[0]!.data.config = { ...nodes[0]!.data.config, condition: 'size(log) < 2' } as never
    const edges = ['again.body check', 'check.true more', 'check.false note']
    expect(await run(nodes, edges)).toEqual({ n: 1, log: [1, 1] })
  })

  it('may fill a map and lie in one, with an address for every pass', async () => {
    const document = workflow(
      [
        map('each', { items: '[1, 2]', result: 'm', outputVariable: 'all', bodyNodes: ['again'] }),
        loop('again', 2, 'm < 9', ['more']),
        tool('more', 'm', { n: 'm' }, { toolId: 'inc' }),
      ],
      ['each.body again', 'again.body more'],
      { variables: { m: { schema: { type: 'number' }, default: 5 } }, outputs: { all: 'all', m: 'm' } },
    )
    const { config, lines } = listening()
    expect(await compileWorkflow(document, { tools }).invoke({}, config)).toEqual({ all: [7, 7], m: 5 })
    expect(
      lines()
        .filter((line) => line.endsWith('more node.started'))
        .sort(),
    ).toEqual([
      'each[0]/again[0]/more node.started',
      'each[0]/again[1]/more node.started',
      'each[1]/again[0]/more node.started',
      'each[1]/again[1]/more node.started',
    ])
  })

  it('in which a node fails is closed with that failure, pass and all', async () => {
    const document = workflow(
      [loop('again', 2, 'n < 9', ['more']), tool('more', 'n', {}, { toolId: 'missing' })],
      ['again.body more'],
      state,
    )
    const { config, lines } = listening()
    const graph = compileWorkflow(document, { tools, validated: true })
    expect(await failureOf(graph.invoke({}, config))).toMatchObject({
      code: 'tool.unknown',
    })
    expect(lines()).toEqual([
      'again node.started',
      'again node.progress',
      'again[0]/more node.started',
      'again[0]/more node.failed',
      'again node.failed',
    ])
  })

  it('takes the failures inside when it goes on or routes, and runs what comes after', async () => {
    for (const onError of ['continue', 'route'] as const) {
      const nodes = [
        loop('again', 2, 'n < 9', ['more'], { onError }),
        tool('more', 'n', {}, { toolId: 'missing' }),
        log('after', "'after'"),
        log('why', 'error.nodeId'),
      ]
      const edges = ['again.body more', 'again.done after']
      if (onError === 'route') edges.push('again.error why')
      else nodes.pop()
      expect((await run(nodes, edges)).log).toEqual([onError === 'route' ? 'more' : 'after'])
    }
  })
})
