import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryWorkflow } from '../arbitrary.suite.ts'
import { serializeWorkflow } from '../serialize.ts'
import { validateWorkflow } from '../validate.ts'
import { containerOf, unwrapContainer } from './container.ts'
import { branches, condition, configOf, drawn, loop, tool, workflowOf } from './fixture.suite.ts'
import { applyPatch, invertPatch } from './patch.ts'
import { wrapInContainer } from './wrap.ts'

describe('nodes that are wrapped', () => {
  const chain = workflowOf([tool('a'), tool('b'), tool('c'), tool('d')], ['a', 'b'], ['b', 'c'], ['c', 'd'])

  test('stand inside the container, which takes their place on the path', () => {
    const { workflow } = wrapInContainer(chain, ['b', 'c'], loop('l', ['ignored']))
    expect(configOf(workflow, 'l')).toMatchObject({ bodyNodes: ['b', 'c'] })
    expect(drawn(workflow).sort()).toEqual(['a.out>l', 'b.out>c', 'l.body>b', 'l.done>d'])
    expect(workflow.edges.find((edge) => edge.source === 'a')!.id).toBe('e0')
  })

  test('side by side become branches, each entered', () => {
    const start = workflowOf(
      [condition('c'), tool('x'), tool('y'), tool('z')],
      ['c', 'x', 'true'],
      ['c', 'y', 'false'],
      ['x', 'z'],
      ['y', 'z'],
    )
    const { workflow } = wrapInContainer(start, ['x', 'y'], branches('p', []))
    expect(drawn(workflow).sort()).toEqual(['c.false>p', 'c.true>p', 'p.body>x', 'p.body>y', 'p.done>z'])
    expect(configOf(workflow, 'c')).toMatchObject({ trueTarget: 'p', falseTarget: 'p' })
    const looped = wrapInContainer(start, ['x', 'y'], loop('l', [])).workflow
    expect(drawn(looped).sort()).toEqual(['c.false>l', 'c.true>l', 'l.done>z'])
  })

  test('keep the place of their branch when they were the entry of one', () => {
    const start = workflowOf([branches('p', ['x', 'y']), tool('x'), tool('y')], ['p', 'x', 'body'], ['p', 'y', 'body'])
    const { workflow } = wrapInContainer(start, ['x'], loop('l', []))
    expect(containerOf(workflow, 'l')!.id).toBe('p')
    expect(drawn(workflow)).toEqual(['p.body>l', 'p.body>y', 'l.body>x'])
    expect(drawn(unwrapContainer(workflow, 'l').workflow)).toEqual(['p.body>x', 'p.body>y'])
  })

  test('end their way inside where a condition led out, and on several ways out nothing is guessed', () => {
    const start = workflowOf(
      [condition('c'), tool('x'), tool('y'), tool('z')],
      ['c', 'x', 'true'],
      ['c', 'y', 'false'],
      ['x', 'y'],
      ['y', 'z'],
    )
    Object.assign(configOf(start, 'c'), { trueTarget: 'x', falseTarget: 'y' })
    const { workflow } = wrapInContainer(start, ['c', 'x'], loop('l', []))
    expect(configOf(workflow, 'c')).toMatchObject({ trueTarget: 'x', falseTarget: 'end' })
    expect(drawn(workflow).sort()).toEqual(['c.true>x', 'l.body>c', 'l.done>y', 'y.out>z'])
    const open = wrapInContainer(start, ['c'], loop('l', [])).workflow
    expect(configOf(open, 'c')).toEqual({ expression: 'flag' })
    expect(drawn(open).sort()).toEqual(['l.body>c', 'x.out>y', 'y.out>z'])
  })

  test('in different containers, unknown, or under an id that is taken are refused', () => {
    const start = workflowOf([tool('a'), loop('l', ['x']), tool('x')])
    const refused = (ids: string[], id: string) => () => wrapInContainer(start, ids, loop(id, []))
    expect(refused(['a', 'x'], 'new')).toThrow(expect.objectContaining({ code: 'workflow.different_containers' }))
    expect(refused(['a', 'nowhere'], 'new')).toThrow(expect.objectContaining({ code: 'workflow.unknown_node' }))
    expect(refused(['a'], 'l')).toThrow(expect.objectContaining({ code: 'workflow.duplicate_node_id' }))
  })
})

test('any node of a valid workflow can be wrapped: the structure stays sound, and unwrapping draws the same again', () => {
  fc.assert(
    fc.property(arbitraryWorkflow({ maxDice: 120 }), fc.nat(), (start, at) => {
      const node = start.nodes[at % start.nodes.length]!
      // What these lead to lies outside, where no edge can go.
      fc.pre(node.type !== 'condition' && node.data.onError !== 'route')
      const { workflow, patch } = wrapInContainer(start, [node.id], branches('wrapped', []))
      expect(JSON.stringify(applyPatch(workflow, invertPatch(patch)))).toBe(JSON.stringify(start))
      const unsound = validateWorkflow(workflow).filter(
        ({ code }) => !/unwritten|type|unknown_prop|mismatch|undeclared/.test(code),
      )
      expect(unsound).toEqual([])
      expect(containerOf(workflow, node.id)!.id).toBe('wrapped')
      const unwrapped = unwrapContainer(workflow, 'wrapped').workflow
      expect(drawn(unwrapped).sort()).toEqual(drawn(start).sort())
      const bodies = (of: typeof start) =>
        of.nodes.map(({ data }) => ('bodyNodes' in data.config ? [...data.config.bodyNodes].sort() : []))
      expect(bodies(unwrapped)).toEqual(bodies(start))
      expect(serializeWorkflow(unwrapped).length).toBeGreaterThan(0)
    }),
    { numRuns: 200 },
  )
})
