import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import { planOf } from './plan-cache.ts'
import { tool, workflow } from './workflow-builder.suite.ts'

const tools = { inc: ({ n }: { n: number }) => n + 1 }

function counting() {
  return workflow([tool('add', 'n', { n: '1' }, { toolId: 'inc' })], [], {
    variables: { n: { schema: { type: 'number' } } },
    outputs: { n: 'n' },
  })
}

describe('the plan of a workflow', () => {
  it('is made once for a workflow that stays as it is', () => {
    const document = counting()
    expect(planOf(document, { trusted: false })).toBe(planOf(document, { trusted: false }))
    expect(planOf(document, { trusted: true })).toBe(planOf(document, { trusted: false }))
  })

  it('is made anew when the workflow was changed in place, and its compiled graphs stay what they were', async () => {
    const document = counting()
    const before = compileWorkflow(document, { tools })
    const [node] = document.nodes
    if (node?.type !== 'tool') throw new Error('not the node that was made')
    node.data.config.inputMapping = { n: '41' }
    expect(await compileWorkflow(document, { tools }).invoke({})).toEqual({ n: 42 })
    expect(await before.invoke({})).toEqual({ n: 2 })
  })

  it('of a workflow taken on trust does not spare it the judgement', () => {
    const document = counting()
    document.outputs = { n: 'missing' }
    planOf(document, { trusted: true })
    expect(() => compileWorkflow(document, { tools })).toThrow(/missing/)
    document.outputs = { n: 'n' }
    expect(() => compileWorkflow(document, { tools })).not.toThrow()
  })

  it('of what is no workflow is refused with reasons', () => {
    const cyclic: Record<string, unknown> = { ...counting() }
    cyclic.self = cyclic
    for (const value of [cyclic, null, 'text', undefined])
      expect(() => compileWorkflow(value as never)).toThrow(expect.objectContaining({ code: 'workflow.invalid' }))
  })
})
