import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryWorkflow } from '../arbitrary.suite.ts'
import { validateWorkflow } from '../validate.ts'
import { copyNodes, parseClip, pasteNodes } from './clip.ts'
import { condition, configOf, drawn, loop, tool, workflowOf } from './fixture.suite.ts'
import { removeNode } from './node.ts'
import { applyPatch, invertPatch } from './patch.ts'

describe('a copy', () => {
  const start = workflowOf(
    [tool('a'), condition('c'), loop('l', ['x']), tool('x'), tool('z')],
    ['a', 'c'],
    ['c', 'l', 'true'],
    ['c', 'z', 'false'],
    ['l', 'x', 'body'],
    ['l', 'z', 'done'],
  )
  Object.assign(configOf(start, 'c'), { trueTarget: 'l', falseTarget: 'z' })

  test('takes the insides of containers and the edges among the copied nodes along, and nothing that leads out', () => {
    const clip = copyNodes(start, ['c', 'l'])
    expect(clip.nodes.map((node) => node.id)).toEqual(['c', 'l', 'x'])
    expect(clip.edges.map(({ source, target }) => [source, target])).toEqual([
      ['c', 'l'],
      ['l', 'x'],
    ])
    expect(clip.nodes[0]!.data.config).toEqual({ expression: 'flag', trueTarget: 'l' })
    expect(() => copyNodes(start, ['nowhere'])).toThrow(expect.objectContaining({ code: 'workflow.unknown_node' }))
  })

  test('is pasted under free ids, by which its parts know each other', () => {
    const { workflow, ids } = pasteNodes(start, copyNodes(start, ['c', 'l']), { offset: { x: 5, y: -5 } })
    expect(Object.fromEntries(ids)).toEqual({ c: 'c-2', l: 'l-2', x: 'x-2' })
    expect(drawn(workflow).slice(start.edges.length)).toEqual(['c-2.true>l-2', 'l-2.body>x-2'])
    expect(configOf(workflow, 'c-2')).toEqual({ expression: 'flag', trueTarget: 'l-2' })
    expect(configOf(workflow, 'l-2')).toMatchObject({ bodyNodes: ['x-2'] })
    expect(workflow.nodes.at(-1)!.position).toEqual({ x: 5, y: -5 })
    expect(new Set(workflow.edges.map((edge) => edge.id)).size).toBe(workflow.edges.length)
    const third = pasteNodes(workflow, copyNodes(workflow, ['l-2']))
    expect([...third.ids.values()]).toEqual(['l-3', 'x-3'])
  })

  test('is pasted into a container by its outermost nodes, and into nothing else', () => {
    const { workflow } = pasteNodes(start, copyNodes(start, ['l']), { container: 'l' })
    expect(configOf(workflow, 'l')).toMatchObject({ bodyNodes: ['x', 'l-2'] })
    expect(configOf(workflow, 'l-2')).toMatchObject({ bodyNodes: ['x-2'] })
    const into = (container: string) => () => pasteNodes(start, copyNodes(start, ['a']), { container })
    expect(into('a')).toThrow(expect.objectContaining({ code: 'workflow.not_a_container' }))
    expect(into('nowhere')).toThrow(expect.objectContaining({ code: 'workflow.unknown_node' }))
  })

  test('of an id that no node can have gets another', () => {
    expect(pasteNodes(workflowOf([]), { nodes: [tool('end')], edges: [] }).workflow.nodes[0]!.id).toBe('end-2')
  })

  test('keeps its ids in a workflow that has none of them', () => {
    const { workflow } = pasteNodes(workflowOf([]), copyNodes(start, ['a', 'c', 'l', 'z']))
    expect(workflow.nodes).toEqual(start.nodes)
    expect(drawn(workflow)).toEqual(drawn(start))
  })
})

test('pasted whole, a valid workflow stands beside itself as sound as it was, and can be taken back', () => {
  fc.assert(
    fc.property(arbitraryWorkflow({ maxDice: 100 }), (start) => {
      const clip = copyNodes(
        start,
        start.nodes.map((node) => node.id),
      )
      expect(parseClip(JSON.parse(JSON.stringify(clip)))).toEqual({ ok: true, clip })
      const { workflow, patch, ids } = pasteNodes(start, clip)
      expect(workflow.nodes.length).toBe(2 * start.nodes.length)
      expect(new Set(validateWorkflow(workflow).map(({ code }) => code))).toEqual(new Set(['workflow.several_entries']))
      expect(JSON.stringify(applyPatch(workflow, invertPatch(patch)))).toBe(JSON.stringify(start))
      const alone = start.nodes.reduce(
        (left, { id }) => (left.nodes.some((node) => node.id === id) ? removeNode(left, id).workflow : left),
        workflow,
      )
      expect(validateWorkflow(alone)).toEqual([])
      expect(alone.nodes.map((node) => node.id)).toEqual(start.nodes.map((node) => ids.get(node.id)))
    }),
    { numRuns: 40 },
  )
})

test('whatever a clipboard holds is a clip or is told why not', () => {
  expect(parseClip({ nodes: [{ id: 'a' }], edges: [] })).toMatchObject({
    ok: false,
    diagnostics: [{ nodeId: 'a', path: '/nodes/0/type' }],
  })
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const parsed = parseClip(value)
      if (!parsed.ok) expect(parsed.diagnostics.length).toBeGreaterThan(0)
    }),
  )
})
