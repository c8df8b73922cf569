import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import { branches, condition, listening, loop, map, tool, workflow } from './workflow-builder.suite.ts'

const tools = {
  pass: ({ it }: { it: unknown }) => it,
  fail: () => {
    throw Object.assign(new Error('no luck'), { status: 503 })
  },
}
const log = (id: string, it: string) => tool(id, 'log', { it }, { toolId: 'pass' })
const state = {
  variables: { log: { schema: { type: 'array' as const }, reducer: 'append' as const } },
  outputs: { log: 'log' },
}
const run = async (nodes: Parameters<typeof workflow>[0], edges: string[]) =>
  (await compileWorkflow(workflow(nodes, edges, state), { tools }).invoke({})).log

describe('output', () => {
  it('is what the node before on the path wrote, through conditions', async () => {
    const nodes = [
      tool('a', 'x', { it: "'one'" }, { toolId: 'pass' }),
      condition('is', "output == 'one'"),
      log('b', 'output'),
    ]
    expect(await run(nodes, ['a is', 'is.true b'])).toEqual(['one'])
  })

  it('may be asked for by the outputs alone', async () => {
    const document = workflow([tool('one', 'x', { n: '41' }, { toolId: 'inc' })], [], { outputs: { last: 'output' } })
    expect(await compileWorkflow(document, { tools: { inc: ({ n }) => n + 1 } }).invoke({})).toEqual({ last: 42 })
  })

  it('goes into branches, items and passes, and after a map it is the list of results', async () => {
    const nodes = [
      tool('a', 'x', { it: "'one'" }, { toolId: 'pass' }),
      branches('both', ['b', 'c']),
      log('b', "output + ' b'"),
      log('c', "output + ' c'"),
      tool('d', 'x', { it: "'two'" }, { toolId: 'pass' }),
      map('each', { items: '[1, 2]', result: "output + '!'", outputVariable: 'all', bodyNodes: ['e'] }),
      tool('e', 'y', { it: "output + ' e'" }, { toolId: 'pass' }),
      log('f', 'output'),
    ]
    expect(
      await run(nodes, ['a both', 'both.body b', 'both.body c', 'both.done d', 'd each', 'each.body e', 'each.done f']),
    ).toEqual(['one b', 'one c', 'two e!', 'two e!'])
  })
})

describe('error', () => {
  it('is in scope behind the error handle: code, message, node', async () => {
    const nodes = [
      tool('bad', 'x', {}, { toolId: 'fail', onError: 'route' }),
      log('why', '[error.code, error.message, error.nodeId]'),
    ]
    expect(await run(nodes, ['bad.error why'])).toEqual(['http.503', 'no luck', 'bad'])
  })

  it('of something deep inside names where it happened', async () => {
    const nodes = [
      branches('both', ['each'], { onError: 'route' }),
      map('each', { items: '[1]', result: 'x', outputVariable: 'all', bodyNodes: ['bad'] }),
      tool('bad', 'x', {}, { toolId: 'fail' }),
      log('why', 'error.nodeId'),
    ]
    expect(await run(nodes, ['both.body each', 'each.body bad', 'both.error why'])).toEqual(['bad'])
  })
})

describe('error in a loop', () => {
  const body = [
    loop('twice', 2, "loop.index < 2 && error.nodeId == 'bad'", ['first', 'worse', 'then']),
    log('first', "'pass after ' + error.nodeId"),
    tool('worse', 'x', {}, { toolId: 'fail', onError: 'route' }),
    log('then', "'then ' + error.nodeId"),
    log('after', "'after ' + error.nodeId"),
  ]
  const edges = ['twice.body first', 'first worse', 'worse.error then', 'twice.done after']
  const passes = ['pass after bad', 'then worse', 'pass after bad', 'then worse', 'after bad']

  it('is that of the handle around it again in each pass and behind the loop', async () => {
    const bad = tool('bad', 'x', {}, { toolId: 'fail', onError: 'route' })
    expect(await run([bad, ...body], ['bad.error twice', ...edges])).toEqual(passes)
  })

  it('is so inside an item, too', async () => {
    const bad = tool('bad', 'x', {}, { toolId: 'fail', onError: 'route' })
    const each = map('each', {
      items: '[1]',
      result: 'item',
      outputVariable: 'all',
      bodyNodes: ['bad', 'twice', 'after'],
    })
    expect(await run([each, bad, ...body], ['each.body bad', 'bad.error twice', ...edges])).toEqual(passes)
  })

  it('is that of the inner loop for what deals with its failure, and the outer one then begins anew', async () => {
    const nodes = [
      tool('bad', 'x', {}, { toolId: 'fail', onError: 'route' }),
      loop('outer', 2, 'loop.index < 2', ['inner', 'why']),
      loop('inner', 1, "loop.index < 1 && error.nodeId == 'bad'", ['worse'], { onError: 'route' }),
      tool('worse', 'x', {}, { toolId: 'fail' }),
      log('why', 'error.nodeId'),
      log('after', 'error.nodeId'),
    ]
    const drawn = ['bad.error outer', 'outer.body inner', 'inner.body worse', 'inner.error why', 'outer.done after']
    expect(await run(nodes, drawn)).toEqual(['worse', 'worse', 'bad'])
  })
})

describe('loop and index', () => {
  it('are those of the innermost loop and map around, also across a branch', async () => {
    const nodes = [
      loop('outer', 2, 'loop.index < 2', ['both']),
      branches('both', ['each']),
      map('each', { items: "['a', 'b']", result: 'item', outputVariable: 'all', bodyNodes: ['note', 'inner'] }),
      log('note', "item + string(index) + ' in ' + string(loop.index)"),
      loop('inner', 1, 'loop.index < 1', ['deep']),
      log('deep', "'deep ' + string(loop.index)"),
    ]
    const edges = ['outer.body both', 'both.body each', 'each.body note', 'note inner', 'inner.body deep']
    expect(await run(nodes, edges)).toEqual([
      'a0 in 0',
      'deep 0',
      'b1 in 0',
      'deep 0',
      'a0 in 1',
      'deep 0',
      'b1 in 1',
      'deep 0',
    ])
  })
})

describe('events without a host of ours', () => {
  it('come in the stream of custom chunks, those of bodies too, without asking for subgraphs', async () => {
    const document = workflow(
      [
        branches('both', ['each']),
        map('each', { items: '[1]', result: 'item', outputVariable: 'all', bodyNodes: ['note'] }),
        log('note', 'item'),
      ],
      ['both.body each', 'each.body note'],
      state,
    )
    const chunks: { type: string; address: string }[] = []
    for await (const chunk of await compileWorkflow(document, { tools }).stream({}, { streamMode: 'custom' }))
      chunks.push(chunk)
    const { config, events } = listening()
    await compileWorkflow(document, { tools }).invoke({}, config)
    expect(chunks.map(({ type, address }) => [type, address])).toEqual(
      events.map((event) => [event.type, 'address' in event && event.address]),
    )
    expect(chunks.map(({ address }) => address)).toContain('both[0]/each[0]/note')
  })
})
