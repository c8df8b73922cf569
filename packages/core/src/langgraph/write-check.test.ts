import { describe, expect, it } from 'vitest'
import type { WorkflowVariable } from '../workflow/index.ts'
import { compileWorkflow } from './compile.ts'
import { failureOf, listening, prompt, tool, workflow } from './workflow-builder.suite.ts'

const text = { type: 'string' }
const order = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] }

async function write(variable: WorkflowVariable, value: unknown) {
  const document = workflow([tool('find', 'order')], [], {
    variables: { order: variable },
    outputs: { order: 'order' },
  })
  return (await compileWorkflow(document, { tools: { find: () => value } }).invoke({})).order
}

describe('a value that its variable does not take', () => {
  it('fails the node that gave it, which is not tried again, and says what does not fit', async () => {
    const retry = { maxAttempts: 3, initialIntervalMs: 0, backoffFactor: 1 }
    const document = workflow([tool('find', 'order', {}, { retry }), tool('next', 'x')], ['find next'], {
      variables: { order: { schema: order } },
    })
    const { config, lines } = listening()
    const tools = { find: () => ({ total: '12' }), next: () => 1 }
    const failure = await failureOf(compileWorkflow(document, { tools }).invoke({}, config))
    expect(failure.code).toBe('workflow.unfit_write')
    expect(failure.message).toContain(
      'The node "find" gave a value that the variable "order" does not take at "/total": Must be number, not string. Change what the node gives, or the schema of "order".',
    )
    expect(lines()).toEqual(['find node.started', 'find node.failed'])
  })

  it('is found for prompts, too, with the call that gave it on record', async () => {
    const ask = prompt('ask', { promptId: 'p', modelId: 'm', inputMapping: {}, outputVariable: 'score' })
    const document = workflow([ask], [], { variables: { score: { schema: { type: 'number' } } } })
    const { config, events } = listening()
    const graph = compileWorkflow(document, { prompts: { p: 'Score?' }, models: { m: () => 'high' } })
    expect((await failureOf(graph.invoke({}, config))).code).toBe('workflow.unfit_write')
    expect(events.at(-1)).toMatchObject({ type: 'node.failed', calls: [{ modelId: 'm', status: 'succeeded' }] })
  })

  it('can be dealt with like any other failure', async () => {
    const nodes = [tool('find', 'order', {}, { onError: 'route' }), tool('note', 'why', { it: 'error.code' })]
    const document = workflow(nodes, ['find.error note'], {
      variables: { order: { schema: text }, why: { schema: text, default: '' } },
      outputs: { why: 'why' },
    })
    const graph = compileWorkflow(document, { tools: { find: () => 5, note: ({ it: code }) => code } })
    expect(await graph.invoke({})).toEqual({ why: 'workflow.unfit_write' })
  })
})

describe('a reducer', () => {
  const strings: WorkflowVariable = { schema: { type: 'array', items: text, minItems: 2 }, reducer: 'append' }
  const merged: WorkflowVariable = { schema: order, reducer: 'merge' }

  it('adds an element, or a list of them, that the schema of the elements allows', async () => {
    expect(await write(strings, 'a')).toEqual(['a'])
    expect(await write(strings, ['a', 'b'])).toEqual(['a', 'b'])
    expect((await failureOf(write(strings, 5))).message).toContain('does not take: Must be string')
    expect((await failureOf(write(strings, ['a', 5]))).message).toContain('does not take at "/1": Must be string')
  })

  it('merges members that the schema allows, and need not get all of them at once', async () => {
    expect(await write(merged, { more: 1 })).toEqual({ more: 1 })
    expect((await failureOf(write(merged, { total: 'a' }))).message).toContain('at "/total"')
    expect((await failureOf(write(merged, ['a']))).code).toBe('workflow.unfit_write')
  })

  it('adds numbers only', async () => {
    expect(await write({ schema: true, reducer: 'sum' }, 1.5)).toBe(1.5)
    expect((await failureOf(write({ schema: true, reducer: 'sum' }, 'a'))).message).toContain('Must be number')
    expect((await failureOf(write({ schema: { type: 'integer' }, reducer: 'sum' }, 1.5))).message).toContain('integer')
  })

  it('finds definitions, and claims nothing where a reference leads out of the elements', async () => {
    const $defs = { name: text }
    const byName: WorkflowVariable = {
      schema: { type: 'array', items: { $ref: '#/$defs/name' }, $defs },
      reducer: 'append',
    }
    expect((await failureOf(write(byName, 5))).code).toBe('workflow.unfit_write')
    const byPlace: WorkflowVariable = {
      schema: { type: 'array', items: { $ref: '#/prefixItems/0' }, prefixItems: [text] },
      reducer: 'append',
    }
    expect(await write(byPlace, 5)).toEqual([5])
  })
})

it('a variable that takes anything takes anything', async () => {
  expect(await write({ schema: true }, null)).toBeNull()
  expect(await write({ schema: {} }, [1])).toEqual([1])
  expect(await write({ schema: true, reducer: 'append' }, { a: 1 })).toEqual([{ a: 1 }])
})
