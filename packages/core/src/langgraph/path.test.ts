import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import { condition, failureOf, listening, tool, workflow } from './workflow-builder.suite.ts'

const tools = { inc: ({ n }: { n: number }) => n + 1 }
const inc = (id: string) => tool(id, 'n', { n: 'n' }, { toolId: 'inc' })
const n = { variables: { n: { schema: true as const, default: 0 } }, outputs: { n: 'n' } }
const flag = { ...n, inputs: { flag: { type: 'boolean' as const } } }

describe('a path', () => {
  it('takes the side of a condition, and meets the other again without running anything twice', async () => {
    // One side is longer than the other: a plain join would run for each of them.
    const document = workflow(
      [condition('check', 'flag'), inc('a'), inc('b'), inc('join')],
      ['check.true a', 'check.false join', 'a b', 'b join'],
      flag,
    )
    const graph = compileWorkflow(document, { tools })
    expect(await graph.invoke({ flag: true })).toEqual({ n: 3 })
    expect(await graph.invoke({ flag: false })).toEqual({ n: 1 })
  })

  it('ends where a condition has no target on that side', async () => {
    const graph = compileWorkflow(workflow([condition('check', 'flag'), inc('a')], ['check.true a'], flag), { tools })
    expect([await graph.invoke({ flag: true }), await graph.invoke({ flag: false })]).toEqual([{ n: 1 }, { n: 0 }])
  })

  it('may be as long as the document: the limit of steps is computed', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `s${index}`)
    const document = workflow(
      ids.map(inc),
      ids.slice(1).map((id, index) => `s${index} ${id}`),
      n,
    )
    expect(await compileWorkflow(document, { tools }).invoke({})).toEqual({ n: 120 })
  })

  it('has an edge in the drawing only where it can go', async () => {
    const document = workflow(
      [condition('check', 'flag'), inc('a'), inc('b'), inc('c')],
      ['check.true a', 'check.false b', 'a c'],
      flag,
    )
    const drawn = (await compileWorkflow(document, { tools }).getGraphAsync()).toJSON() as {
      edges: { source: string; target: string }[]
    }
    expect(drawn.edges.map(({ source, target }) => `${source} > ${target}`).sort()).toEqual([
      '1.check > 2.a',
      '1.check > 3.b',
      '2.a > 4.c',
      '3.b > __end__',
      '4.c > __end__',
      '__start__ > 1.check',
    ])
  })

  it('ends with an error where a condition gives something else than true or false', async () => {
    const document = workflow([condition('check', 'any'), inc('a')], ['check.true a'], { ...n, inputs: { any: true } })
    const { config, events } = listening()
    const failure = await failureOf(compileWorkflow(document, { tools }).invoke({ any: 'true' }, config))
    expect(failure).toMatchObject({ code: 'workflow.not_boolean', error: { nodeId: 'check', address: 'check' } })
    expect(events.map(({ type }) => type)).toEqual(['node.started', 'node.failed'])
  })

  it('ends, as a success, where a condition that fails may go on without a value', async () => {
    const check = condition('check', 'any', { onError: 'continue' })
    const document = workflow([check, inc('a')], ['check.true a'], { ...n, inputs: { any: true } })
    expect(await compileWorkflow(document, { tools }).invoke({ any: 'true' })).toEqual({ n: 0 })
  })
})
