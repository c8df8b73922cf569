import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../workflow/index.ts'
import type { WorkflowRuntime } from './compile.ts'
import { compileWorkflow } from './compile.ts'
import { failureOf, prompt, tool, workflow } from './workflow-builder.suite.ts'

const ask = prompt('ask', { promptId: 'greet', modelId: 'default', inputMapping: {}, outputVariable: 'text' })
const document = () => workflow([tool('find', 'order', {}, { toolId: 'order.find' }), ask], ['find ask'])
const complete = { tools: { 'order.find': () => 1 }, models: { default: () => 'hi' }, prompts: { greet: 'Hi.' } }

function faults(runtime: WorkflowRuntime): string[] {
  try {
    compileWorkflow(document(), runtime)
    return []
  } catch (error) {
    const { code, data } = error as { code: string; data: { diagnostics: Diagnostic[] } }
    expect(code).toBe('workflow.invalid')
    return data.diagnostics.map(({ code, nodeId, path, hint }) => `${code} ${nodeId} ${path} ${hint}`)
  }
}

describe('what the host lists by name', () => {
  it('has to hold what the workflow names: what is missing is told at once, with the nearest name', () => {
    expect(faults({ tools: { 'order.fnd': () => 1 }, models: {}, prompts: { great: 'Hi.' } })).toEqual([
      'workflow.unknown_tool find /nodes/0/data/config/toolId Did you mean "order.fnd"? Or pass it under this name in "tools".',
      'workflow.unknown_prompt ask /nodes/1/data/config/promptId Did you mean "great"? Or pass it under this name in "prompts".',
      'workflow.unknown_model ask /nodes/1/data/config/modelId Pass it under this name in "models".',
    ])
  })

  it('may be lists', () => {
    const invoke = async () => 1
    expect(
      faults({ ...complete, tools: [{ name: 'order.find', invoke }], prompts: [{ key: 'greet', text: '' }] }),
    ).toEqual([])
    expect(faults({ ...complete, tools: [], prompts: [{ id: 'p1', text: '' }] })).toHaveLength(2)
  })

  it('need not hold the model of a node whose prompt brings one that is there', () => {
    const own = (id: string) => ({ greet: { text: '', model: { id, parameters: {} } } })
    expect(faults({ models: { gpt: () => '' }, prompts: own('gpt') })).toEqual([])
    expect(faults({ models: { gpt: () => '' }, prompts: own('other') })).toHaveLength(1)
    expect(faults({ models: { gpt: () => '' }, prompts: () => own('gpt').greet })).toEqual([])
  })
})

it('what functions find, what is not passed at all, and a workflow that counts as validated, shows when it runs', async () => {
  expect(faults({})).toEqual([])
  expect(faults({ tools: () => undefined, models: () => undefined, prompts: () => undefined })).toEqual([])
  const graph = compileWorkflow(document(), { tools: {}, validated: true })
  expect((await failureOf(graph.invoke({}))).code).toBe('tool.unknown')
})
