import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryWorkflow } from '../arbitrary.suite.ts'
import type { ConditionNode, Workflow, WorkflowNode } from '../document-schema.ts'
import { handleOf, handlesOf } from '../flow.ts'
import { parseWorkflow } from '../parse.ts'
import { serializeWorkflow } from '../serialize.ts'
import { copyNodes, pasteNodes } from './clip.ts'
import { containerOf, moveIntoContainer, moveOutOfContainer, unwrapContainer, withContents } from './container.ts'
import { setDetails, setInputs, setOutputs, setVariables } from './declaration.ts'
import { connect, disconnect } from './edge.ts'
import { branches, condition, configOf, drawn, loop, tool, workflowOf } from './fixture.suite.ts'
import type { Edit, History } from './history.ts'
import { recordEdit, redo, startHistory, undo } from './history.ts'
import { addNode, moveNodes, removeNode, updateNode } from './node.ts'
import type { Patch } from './patch.ts'
import { applyPatch, invertPatch, squashPatches } from './patch.ts'
import { renameNode } from './rename.ts'
import { wrapInContainer } from './wrap.ts'

type Operation = (workflow: Workflow, roll: (sides: number) => number) => Edit

const anyNode = (workflow: Workflow, roll: (sides: number) => number): WorkflowNode =>
  workflow.nodes[roll(workflow.nodes.length)]!

function freeId(workflow: Workflow): string {
  let number = workflow.nodes.length
  while (workflow.nodes.some((node) => node.id === `new-${number}`)) number++
  return `new-${number}`
}

const operations: Operation[] = [
  (workflow, roll) => {
    const made = [tool, condition, (id: string) => loop(id, [])][roll(3)]!(freeId(workflow))
    const container = workflow.nodes.find((node) => 'bodyNodes' in node.data.config && roll(2) === 0)
    return addNode(workflow, made, container === undefined ? {} : { container: container.id })
  },
  (workflow, roll) => removeNode(workflow, anyNode(workflow, roll).id),
  (workflow, roll) => unwrapContainer(workflow, anyNode(workflow, roll).id),
  (workflow, roll) =>
    moveNodes(workflow, { [anyNode(workflow, roll).id]: { x: roll(9), y: roll(9) }, nowhere: { x: 1, y: 1 } }),
  (workflow, roll) => {
    const source = anyNode(workflow, roll)
    const handles = handlesOf(source)
    return connect(workflow, {
      source: source.id,
      sourceHandle: handles[roll(handles.length)]!,
      target: anyNode(workflow, roll).id,
    })
  },
  (workflow, roll) => disconnect(workflow, workflow.edges[roll(workflow.edges.length)]?.id ?? ''),
  (workflow, roll) =>
    updateNode(workflow, anyNode(workflow, roll).id, { onError: (['route', 'continue', undefined] as const)[roll(3)] }),
  (workflow, roll) => {
    const node = workflow.nodes.find((candidate) => candidate.type === 'condition') as ConditionNode | undefined
    if (node === undefined) return setDetails(workflow, { name: `Name ${roll(9)}` })
    const target = ['end', undefined, anyNode(workflow, roll).id][roll(3)]
    const { trueTarget: _, ...config } = node.data.config
    return updateNode(workflow, node.id, { config: { ...config, ...(target !== undefined && { trueTarget: target }) } })
  },
  (workflow, roll) => {
    const container = workflow.nodes.find((node) => 'bodyNodes' in node.data.config && roll(2) === 0)
    const node = anyNode(workflow, roll)
    if (container === undefined || withContents(workflow, node.id).has(container.id)) {
      return moveOutOfContainer(workflow, [node.id])
    }
    return moveIntoContainer(workflow, [node.id], container.id)
  },
  (workflow, roll) => renameNode(workflow, anyNode(workflow, roll).id, freeId(workflow)),
  (workflow, roll) => {
    const chosen = anyNode(workflow, roll)
    const around = containerOf(workflow, chosen.id)?.id
    const others = [anyNode(workflow, roll), anyNode(workflow, roll)].filter(
      ({ id }) => containerOf(workflow, id)?.id === around,
    )
    const ids = [...new Set([chosen, ...others].map(({ id }) => id))]
    return wrapInContainer(workflow, ids, [loop, branches][roll(2)]!(freeId(workflow), []))
  },
  (workflow, roll) => {
    const container = workflow.nodes.find((node) => 'bodyNodes' in node.data.config && roll(2) === 0)
    const ids = new Set([anyNode(workflow, roll).id, anyNode(workflow, roll).id])
    const where = { ...(container !== undefined && { container: container.id }), offset: { x: roll(9), y: 1 } }
    return pasteNodes(workflow, copyNodes(workflow, [...ids]), where)
  },
  (workflow, roll) => setInputs(workflow, { ...workflow.inputs, [`i${roll(5)}`]: { type: 'string' } }),
  (workflow, roll) => setVariables(workflow, { ...workflow.variables, [`v${roll(5)}`]: { schema: true } }),
  (workflow, roll) => setOutputs(workflow, { [`o${roll(5)}`]: 'flag' }),
  (workflow, roll) => setDetails(workflow, { description: roll(2) === 0 ? undefined : `Says ${roll(9)}` }),
]

/** Applies operations until the dice are used up, or so many of them; answers the history and every patch. */
function edited(start: Workflow, dice: readonly number[], most = 600): { history: History; patches: Patch[] } {
  let at = 0
  const roll = (sides: number) => (dice[at++] ?? 0) % Math.max(1, sides)
  let history = startHistory(start, { limit: 10_000 })
  const patches: Patch[] = []
  while (at < dice.length && patches.length < most) {
    const chosen = operations[roll(operations.length)]!
    const edit =
      history.workflow.nodes.length === 0 ? operations[0]!(history.workflow, roll) : chosen(history.workflow, roll)
    patches.push(edit.patch)
    history = recordEdit(history, edit)
  }
  return { history, patches }
}

/** Many dice from one number (xorshift32), where shrinking them one by one would take too long. */
function rollsOf(seed: number, count: number): number[] {
  let state = seed + 1
  return Array.from({ length: count }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 8) & 0xffff
  })
}

const dice = fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 200, size: 'max' })
const small = arbitraryWorkflow({ maxDice: 60 })

describe('undo and redo', () => {
  test('500 edits undone give the first workflow, redone the last, byte for byte', () => {
    fc.assert(
      fc.property(small, fc.nat(0x7fffffff), (start, seed) => {
        const { history, patches } = edited(start, rollsOf(seed, 20_000))
        expect(patches.length).toBe(600)
        let back = history
        while (back.past.length > 0) back = undo(back)
        expect(back.workflow).toEqual(start)
        expect(JSON.stringify(back.workflow)).toBe(JSON.stringify(start))
        let forth = back
        while (forth.future.length > 0) forth = redo(forth)
        expect(JSON.stringify(forth.workflow)).toBe(JSON.stringify(history.workflow))
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  test('only so many steps are kept, and a new edit forgets what was undone', () => {
    let history = startHistory(workflowOf([tool('a')]), { limit: 3 })
    for (let x = 1; x <= 5; x++) history = recordEdit(history, moveNodes(history.workflow, { a: { x, y: 0 } }))
    expect(history.past.length).toBe(3)
    history = undo(undo(undo(undo(history))))
    expect(history.workflow.nodes[0]!.position.x).toBe(2)
    history = recordEdit(history, moveNodes(history.workflow, { a: { x: 9, y: 0 } }))
    expect(redo(history)).toBe(history)
    expect(undo(undo(history))).toEqual(undo(history))
  })

  test('merged edits are one step, and an edit that changes nothing is none', () => {
    const start = startHistory(workflowOf([tool('a'), tool('b')]))
    let history = start
    for (let x = 1; x <= 5; x++) {
      history = recordEdit(history, moveNodes(history.workflow, { a: { x, y: 0 }, b: { x, y: 1 } }), { merge: x > 1 })
    }
    expect(history.past.length).toBe(1)
    expect(history.past[0]!.length).toBe(2)
    expect(undo(history).workflow).toEqual(start.workflow)
    expect(recordEdit(history, disconnect(history.workflow, 'none'))).toBe(history)
  })

  test('merged edits that cancel each other out leave no step, and what goes on from there is one of its own', () => {
    const move = (from: History, x: number, merge: boolean) =>
      recordEdit(from, moveNodes(from.workflow, { a: { x, y: 0 } }), { merge })
    const named = startHistory(workflowOf([tool('a')]))
    let history = recordEdit(named, setDetails(named.workflow, { name: 'B' }))
    history = move(move(history, 5, false), 0, true)
    expect(history.past.length).toBe(1)
    history = move(move(history, 6, true), 7, true)
    expect(history.past.length).toBe(2)
    expect(undo(history).workflow).toMatchObject({ name: 'B', nodes: [{ position: { x: 0 } }] })
  })

  test('a history of no steps undoes nothing', () => {
    const start = startHistory(workflowOf([tool('a')]), { limit: 0 })
    const history = recordEdit(start, moveNodes(start.workflow, { a: { x: 5, y: 0 } }))
    expect(history.past).toEqual([])
    expect(undo(history)).toBe(history)
  })
})

describe('patches', () => {
  test('are plain data: a patch that went through JSON does the same, and its inverse takes it back', () => {
    fc.assert(
      fc.property(small, dice, (start, rolls) => {
        let workflow = start
        for (const patch of edited(start, rolls).patches) {
          const after = applyPatch(workflow, JSON.parse(JSON.stringify(patch)))
          expect(applyPatch(after, invertPatch(patch))).toEqual(workflow)
          workflow = after
        }
        expect(workflow).toEqual(edited(start, rolls).history.workflow)
      }),
      { numRuns: 50 },
    )
  })

  test('squashed do what they do one after the other, forth and back', () => {
    fc.assert(
      fc.property(small, dice, (start, rolls) => {
        const { history, patches } = edited(start, rolls)
        const squashed = squashPatches(...patches)
        expect(applyPatch(start, squashed)).toEqual(history.workflow)
        expect(applyPatch(history.workflow, invertPatch(squashed))).toEqual(start)
        expect(squashed.length).toBeLessThanOrEqual(patches.flat().length)
      }),
      { numRuns: 50 },
    )
  })

  test('made for another workflow are refused', () => {
    const { patch } = removeNode(workflowOf([tool('a'), tool('b')]), 'b')
    expect(() => applyPatch(workflowOf([tool('a')]), patch)).toThrow(/not there/)
    expect(() => applyPatch(workflowOf([tool('a'), tool('c')]), patch)).toThrow(
      expect.objectContaining({ code: 'workflow.patch_mismatch' }),
    )
  })
})

test('after any edits the workflow has a valid shape, and the targets of conditions agree with their edges', () => {
  fc.assert(
    fc.property(small, dice, (start, rolls) => {
      const { workflow } = edited(start, rolls).history
      const parsed = parseWorkflow(workflow)
      expect(parsed).toEqual({ ok: true, workflow: JSON.parse(serializeWorkflow(workflow)) })
      const ids = new Set(workflow.nodes.map((node) => node.id))
      for (const edge of workflow.edges) expect(ids.has(edge.source) && ids.has(edge.target)).toBe(true)
      for (const node of workflow.nodes) {
        if ('bodyNodes' in node.data.config) for (const id of node.data.config.bodyNodes) expect(ids).toContain(id)
        if (node.type !== 'condition') continue
        for (const [handle, key] of [
          ['true', 'trueTarget'],
          ['false', 'falseTarget'],
        ] as const) {
          const edge = workflow.edges.find((each) => each.source === node.id && handleOf(each) === handle)
          const target = node.data.config[key]
          expect(target === 'end' ? undefined : target).toBe(edge?.target)
        }
      }
    }),
    { numRuns: 100 },
  )
})

describe('nodes', () => {
  test('a container takes its body along', () => {
    const start = workflowOf(
      [tool('a'), loop('l', ['m', 'x']), loop('m', ['y']), tool('x'), tool('y')],
      ['a', 'l'],
      ['l', 'm', 'body'],
      ['m', 'y', 'body'],
    )
    const { workflow } = removeNode(start, 'l')
    expect(workflow.nodes.map((node) => node.id)).toEqual(['a'])
    expect(workflow.edges).toEqual([])
  })

  test('a removed node leaves the lists and targets that named it', () => {
    const start = workflowOf(
      [condition('c'), tool('x'), loop('l', ['y', 'z']), tool('y'), tool('z')],
      ['c', 'x', 'true'],
    )
    const connected = connect(start, { source: 'c', sourceHandle: 'false', target: 'l' }).workflow
    expect(configOf(removeNode(removeNode(connected, 'l').workflow, 'x').workflow, 'c')).toEqual({ expression: 'flag' })
    expect(configOf(removeNode(start, 'y').workflow, 'l')).toMatchObject({ bodyNodes: ['z'] })
  })

  test.each(['end', '', 'a/b', 'constructor'])('the id %j is refused: no node can have it', (id) => {
    const start = workflowOf([tool('a')])
    const refused = expect.objectContaining({ code: 'workflow.invalid_node_id' })
    expect(() => addNode(start, tool(id))).toThrow(refused)
    expect(() => renameNode(start, 'a', id)).toThrow(refused)
  })

  test('a second node of the same id and unknown ids are refused', () => {
    const start = workflowOf([tool('a')])
    expect(() => addNode(start, tool('a'))).toThrow(/"a" already/)
    for (const edit of [
      () => removeNode(start, 'b'),
      () => updateNode(start, 'b', {}),
      () => connect(start, { source: 'a', target: 'b' }),
      () => addNode(start, tool('c'), { container: 'b' }),
      () => moveIntoContainer(start, ['b'], 'a'),
    ]) {
      expect(edit).toThrow(/There is no node "b"|no inside/)
    }
  })

  test('taking "route" away takes the error edge away', () => {
    const start = updateNode(workflowOf([tool('a'), tool('b')]), 'a', { onError: 'route' }).workflow
    const routed = connect(start, { source: 'a', sourceHandle: 'error', target: 'b' }).workflow
    expect(drawn(routed)).toEqual(['a.error>b'])
    expect(drawn(updateNode(routed, 'a', { onError: 'continue' }).workflow)).toEqual([])
  })

  test('the edges of a condition follow its targets', () => {
    const start = workflowOf([condition('c'), tool('x'), tool('y')])
    const aimed = updateNode(start, 'c', {
      config: { expression: 'flag', trueTarget: 'x', falseTarget: 'end' },
    }).workflow
    expect(drawn(aimed)).toEqual(['c.true>x'])
    const turned = updateNode(aimed, 'c', {
      config: { expression: '!flag', trueTarget: 'end', falseTarget: 'y' },
    }).workflow
    expect(drawn(turned)).toEqual(['c.false>y'])
    expect(configOf(turned, 'c')).toEqual({ expression: '!flag', trueTarget: 'end', falseTarget: 'y' })
  })
})

describe('edges', () => {
  test('a handle that takes one edge gets the new one instead of the old, and the target follows', () => {
    const start = workflowOf([condition('c'), tool('x'), tool('y')], ['c', 'x', 'true'])
    const { workflow } = connect(start, { source: 'c', sourceHandle: 'true', target: 'y' })
    expect(workflow.edges).toEqual([{ id: 'e0', source: 'c', sourceHandle: 'true', target: 'y' }])
    expect(configOf(workflow, 'c')).toMatchObject({ trueTarget: 'y' })
    expect(configOf(disconnect(workflow, 'e0').workflow, 'c')).toEqual({ expression: 'flag' })
  })

  test('the body of branches takes many, each once', () => {
    let workflow = workflowOf([branches('p', ['x', 'y']), tool('x'), tool('y')])
    for (const target of ['x', 'y', 'x'])
      workflow = connect(workflow, { source: 'p', sourceHandle: 'body', target }).workflow
    expect(drawn(workflow)).toEqual(['p.body>x', 'p.body>y'])
  })

  test('an unknown handle is refused', () => {
    const start = workflowOf([tool('a'), tool('b')])
    expect(() => connect(start, { source: 'a', sourceHandle: 'done', target: 'b' })).toThrow(
      /no handle "done"; it has out/,
    )
  })
})

describe('containers', () => {
  const start = workflowOf(
    [tool('a'), tool('b'), tool('c'), loop('l', ['x']), tool('x')],
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'l'],
    ['l', 'x', 'body'],
  )

  test('nodes that move in keep the edges among them and lose those across', () => {
    const { workflow } = moveIntoContainer(start, ['b', 'c'], 'l')
    expect(configOf(workflow, 'l')).toMatchObject({ bodyNodes: ['x', 'b', 'c'] })
    expect(drawn(workflow)).toEqual(['b.out>c', 'l.body>x'])
  })

  test('a node that moves out goes to the container around the one it was in', () => {
    const nested = moveIntoContainer(addNode(start, loop('outer', [])).workflow, ['l'], 'outer').workflow
    const { workflow } = moveOutOfContainer(nested, ['x'])
    expect(containerOf(workflow, 'x')!.id).toBe('outer')
    expect(drawn(workflow)).toEqual(['a.out>b', 'b.out>c'])
    expect(containerOf(moveOutOfContainer(workflow, ['x']).workflow, 'x')).toBeNull()
  })

  test('a container that moves keeps what lies inside it, also where both are chosen', () => {
    const outer = addNode(start, loop('outer', [])).workflow
    const inside = moveIntoContainer(outer, ['l', 'x'], 'outer').workflow
    expect(configOf(inside, 'outer')).toMatchObject({ bodyNodes: ['l'] })
    expect(configOf(inside, 'l')).toMatchObject({ bodyNodes: ['x'] })
    const outside = moveOutOfContainer(inside, ['x', 'l']).workflow
    expect(configOf(outside, 'outer')).toMatchObject({ bodyNodes: [] })
    expect(configOf(outside, 'l')).toMatchObject({ bodyNodes: ['x'] })
    expect(drawn(outside)).toContain('l.body>x')
  })

  test('a container can move neither into itself nor into what it contains', () => {
    const nested = moveIntoContainer(addNode(start, loop('inner', [])).workflow, ['inner'], 'l').workflow
    expect(() => moveIntoContainer(nested, ['l'], 'l')).toThrow(/lies inside it/)
    expect(() => moveIntoContainer(nested, ['l'], 'inner')).toThrow(
      expect.objectContaining({ code: 'workflow.cyclic_containers' }),
    )
  })

  test('unwrapped, a container leaves its body in its place on the path', () => {
    const long = connect(addNode(addNode(start, tool('y'), { container: 'l' }).workflow, tool('z')).workflow, {
      source: 'x',
      target: 'y',
    }).workflow
    const { workflow } = unwrapContainer(
      connect(long, { source: 'l', sourceHandle: 'done', target: 'z' }).workflow,
      'l',
    )
    expect(drawn(workflow)).toEqual(expect.arrayContaining(['c.out>x', 'x.out>y', 'y.out>z']))
    expect(workflow.edges.length).toBe(5)
    expect(workflow.nodes.map((node) => node.id)).toEqual(['a', 'b', 'c', 'x', 'y', 'z'])
  })
})
