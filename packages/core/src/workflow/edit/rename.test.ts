import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryWorkflow } from '../arbitrary.suite.ts'
import { arbitraryCatalog } from '../arbitrary-catalog.suite.ts'
import { serializeWorkflow } from '../serialize.ts'
import { validateWorkflow } from '../validate.ts'
import { branches, condition, configOf, drawn, loop, tool, workflowOf } from './fixture.suite.ts'
import { applyPatch, invertPatch } from './patch.ts'
import { renameNode } from './rename.ts'

test('edges, lists and targets follow a node to its new id', () => {
  const start = workflowOf(
    [condition('c'), loop('l', ['x', 'y']), tool('x'), tool('y')],
    ['c', 'l', 'true'],
    ['l', 'x', 'body'],
    ['x', 'y'],
  )
  Object.assign(configOf(start, 'c'), { trueTarget: 'l', falseTarget: 'end' })
  const renamed = ['c', 'l', 'x'].reduce((workflow, id) => renameNode(workflow, id, `new ${id}`).workflow, start)
  expect(renamed.nodes.map((node) => node.id)).toEqual(['new c', 'new l', 'new x', 'y'])
  expect(drawn(renamed)).toEqual(['new c.true>new l', 'new l.body>new x', 'new x.out>y'])
  expect(configOf(renamed, 'new c')).toMatchObject({ trueTarget: 'new l', falseTarget: 'end' })
  expect(configOf(renamed, 'new l')).toMatchObject({ bodyNodes: ['new x', 'y'] })
  expect(renamed.edges.map((edge) => edge.id)).toEqual(start.edges.map((edge) => edge.id))
})

test('what does not name the node stays the very same object', () => {
  const start = workflowOf([tool('a'), tool('b'), branches('p', ['q']), tool('q')], ['a', 'b'], ['b', 'p'])
  const { workflow } = renameNode(start, 'a', 'z')
  expect(workflow.nodes.slice(1).every((node, index) => node === start.nodes[index + 1])).toBe(true)
  expect(workflow.edges[1]).toBe(start.edges[1])
  expect(workflow.variables).toBe(start.variables)
})

test('an id that another node has and an unknown node are refused; the same id changes nothing', () => {
  const start = workflowOf([tool('a'), tool('b')])
  expect(() => renameNode(start, 'a', 'b')).toThrow(expect.objectContaining({ code: 'workflow.duplicate_node_id' }))
  expect(() => renameNode(start, 'x', 'y')).toThrow(expect.objectContaining({ code: 'workflow.unknown_node' }))
  expect(renameNode(start, 'a', 'a').patch).toEqual([])
})

test('a valid workflow stays valid when all its nodes are renamed, and renaming back gives it back byte for byte', () => {
  fc.assert(
    fc.property(arbitraryWorkflow({ maxDice: 120 }), (start) => {
      let workflow = start
      for (const { id } of start.nodes) {
        const { workflow: after, patch } = renameNode(workflow, id, `renamed ${id}`)
        expect(applyPatch(workflow, patch)).toEqual(after)
        expect(JSON.stringify(applyPatch(after, invertPatch(patch)))).toBe(JSON.stringify(workflow))
        workflow = after
      }
      expect(workflow.nodes.every((node) => node.id.startsWith('renamed '))).toBe(true)
      expect(validateWorkflow(workflow, arbitraryCatalog)).toEqual([])
      for (const { id } of start.nodes) workflow = renameNode(workflow, `renamed ${id}`, id).workflow
      expect(serializeWorkflow(workflow)).toBe(serializeWorkflow(start))
    }),
    { numRuns: 40 },
  )
})
