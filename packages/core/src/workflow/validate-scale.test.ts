import { describe, expect, test } from 'vitest'
import { cpuClock } from '../base/cpu-time.suite.ts'
import { edge, tool } from './defect.suite.ts'
import type { Catalog, Diagnostic } from './document-schema.ts'
import { validateWorkflow } from './validate.ts'

/** Generous beyond the quarter of a second that the largest of these take: machines of tests are slow and shared. */
const mostMs = 3_000

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const named = <Value>(count: number, name: string, value: (n: number) => Value) =>
  Object.fromEntries(numbers(count).map((n) => [`${name}${n}`, value(n)]))
const chain = (count: number) => numbers(count - 1).map((n) => edge(`node${n}`, `node${n + 1}`))
const loop = (id: string, bodyNodes: string[]) => ({
  id,
  type: 'loop',
  position: { x: 0, y: 0 },
  data: { label: id, config: { maxIterations: 1, condition: 'loop.index < 1', bodyNodes } },
})

function validated(document: object, catalog?: Partial<Catalog>): Diagnostic[] {
  const variables = { notes: { schema: true } }
  const workflow = {
    formatVersion: 1,
    name: 'Large',
    inputs: {},
    variables,
    outputs: {},
    nodes: [],
    edges: [],
    ...document,
  }
  const spent = cpuClock()
  const found = validateWorkflow(workflow, catalog)
  expect(spent()).toBeLessThan(mostMs)
  return found
}

const places = (found: readonly Diagnostic[], reason: string) =>
  new Set(found.filter(({ code }) => code === `workflow.${reason}`).map(({ path }) => path)).size

describe('however many mistakes there are, each is found, and soon', () => {
  const nodes = (count: number, changes: (n: number) => Record<string, unknown> = () => ({})) =>
    numbers(count).map((n) => tool(`node${n}`, changes(n)))

  test('nodes that nothing connects', () => {
    const found = validated({ nodes: nodes(8_000) })
    expect(places(found, 'several_entries')).toBe(8_000)
    expect(JSON.stringify(found).length).toBeLessThan(4_000_000)
  })

  test('edges to nodes that are not there', () => {
    const edges = numbers(2_000).map((n) => edge(`node${n}`, `nodes${n}`))
    const found = validated({ nodes: nodes(2_000), edges })
    expect(places(found, 'edge_to_missing_node')).toBe(2_000)
    expect(found.find(({ code }) => code === 'workflow.edge_to_missing_node')?.hint).toContain('Did you mean "node0"?')
  })

  test('bodies of nodes that are not there', () => {
    const found = validated({
      nodes: [
        loop(
          'loop',
          numbers(3_000).map((n) => `nodes${n}`),
        ),
        ...nodes(3_000),
      ],
    })
    expect(places(found, 'unknown_body_node')).toBe(3_000)
  })

  test('names in expressions and messages that are not declared', () => {
    const variables = named(2_000, 'variable', () => ({ schema: true }))
    const found = validated({
      variables,
      nodes: nodes(2_000, (n) => ({ inputMapping: { a: `variabel${n}` }, outputVariable: `veriable${n}` })),
      edges: chain(2_000),
      outputs: named(20, 'output', () => `[${numbers(400).map((n) => `varjable${n}`)}]`),
    })
    expect(places(found, 'undeclared_variable')).toBe(4_020)
  })

  test('variables that no path has written', () => {
    const found = validated({
      variables: { notes: { schema: true }, late: { schema: true } },
      nodes: nodes(4_000, () => ({ inputMapping: { a: 'late' } })),
      edges: chain(4_000),
    })
    expect(places(found, 'never_written')).toBe(4_000)
  })

  test('members, tools and parameters that are unknown', () => {
    const properties = named(2_000, 'member', () => true)
    const tools = numbers(2_000).map((n) => ({ id: `tool${n}`, inputSchema: true, outputSchema: true }))
    const parametric = {
      id: 'parametric',
      inputSchema: { properties: named(2_000, 'parameter', () => true) },
      outputSchema: true,
    }
    const found = validated(
      {
        inputs: { input: { type: 'object', properties } },
        nodes: [
          ...nodes(2_000, (n) => ({ toolId: `tol${n}`, inputMapping: { a: `input.membre${n}` } })),
          tool('last', { toolId: 'parametric', inputMapping: named(2_000, 'paramter', () => '1') }),
        ],
        edges: [...chain(2_000), edge('node1999', 'last')],
      },
      { tools: [...tools, parametric] },
    )
    for (const reason of ['unknown_tool', 'unknown_property', 'unknown_parameter'])
      expect(places(found, reason)).toBe(2_000)
  })

  test('containers in containers, without end', () => {
    const loops = numbers(8_000).map((n) => loop(`loop${n}`, [`loop${n + 1}`]))
    const edges = numbers(8_000).map((n) => edge(`loop${n}`, `loop${n + 1}`, 'body'))
    const found = validated({ nodes: [...loops, tool('loop8000')], edges })
    expect(places(found, 'nested_too_deep')).toBe(8_000 - 32)
  })

  test('containers that all claim the same node', () => {
    const found = validated({ nodes: [tool('node'), ...numbers(4_000).map((n) => loop(`loop${n}`, ['node']))] })
    expect(places(found, 'shared_body_node')).toBe(4_000)
  })

  test('nodes of which the shape is wrong', () => {
    const misshapen = numbers(2_000).map((n) => ({ ...loop(`node${n}`, []), type: n % 2 ? 'loop' : 'lop', extra: 1 }))
    for (const { data } of misshapen) Object.assign(data, { config: { maxIterations: 1, condition: 'true' } })
    const edges = numbers(1_999).map((n) => edge(`node${n}`, `node${n + 1}`, 'body'))
    const found = validated({ nodes: misshapen, edges })
    expect(places(found, 'unknown_key')).toBe(1_000)
    expect(places(found, 'unknown_node_type')).toBe(1_000)
  })

  test('schemas and defaults that take long to check', () => {
    const self = { $ref: '#/$defs/n' }
    const schema = { ...self, $defs: { n: { properties: { a: { allOf: [self, self] } } } } }
    let nested: object = {}
    for (let level = 0; level < 40; level++) nested = { a: nested }
    const found = validated({ variables: named(200, 'variable', () => ({ schema, default: nested })) })
    expect(places(found, 'default_mismatch')).toBe(200)
    expect(found.some(({ message }) => message.includes("Can't be checked: it takes more than"))).toBe(true)
  })
})

test('a large valid workflow with many variables and containers is soon judged', () => {
  const variables = named(2_000, 'variable', () => ({ schema: true }))
  const nodes = numbers(2_000).flatMap((n) => [
    loop(`node${n}`, [`inner${n}`]),
    tool(`inner${n}`, { outputVariable: `variable${n}` }),
  ])
  const edges = numbers(2_000).flatMap((n) => [
    edge(`node${n}`, `inner${n}`, 'body'),
    ...(n > 0 ? [edge(`node${n - 1}`, `node${n}`, 'done')] : []),
  ])
  expect(validated({ variables, nodes, edges })).toEqual([])
})
