import { expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import { failureOf, tool, workflow } from './workflow-builder.suite.ts'

const document = workflow([tool('find', 'order', { id: '1' })], [], { outputs: { order: 'order' } })
const run = (find: unknown) => compileWorkflow(document, { tools: { find } as never }).invoke({})

it('a tool may be a function, an object that executes, or one that is invoked as those of LangChain are', async () => {
  const find = ({ id }: { id: number }) => ({ id })
  for (const form of [
    find,
    { execute: find },
    { name: 'find', invoke: async (input: { id: number }) => find(input) },
  ]) {
    expect(await run(form)).toEqual({ order: { id: 1 } })
  }
})

it('what is none of these is told what a tool has to be', async () => {
  for (const form of ['order.find', { inputSchema: true }, 5]) {
    const failure = await failureOf(run(form))
    expect(failure).toMatchObject({ code: 'tool.invalid' })
    expect(failure.message).toContain('Pass a function, { execute, inputSchema }, or a tool of LangChain.')
  }
})
