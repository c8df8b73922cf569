import { Command, MemorySaver } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import { branches, failureOf, human, listening, loop, openQuestions, tool, workflow } from './workflow-builder.suite.ts'

const tools = { inc: ({ n }: { n: number }) => n + 1 }

describe('names', () => {
  // LangGraph reserves some of these and refuses others, such as those of values in the state.
  const ids = ['__start__', '__end__', '__error__', '__interrupt__', 'n', 'start', 'END', 'a b', 'ü', '0', '.']

  it.each(ids)('a node may have the id %j, alone, as a branch and in a loop', async (id) => {
    const alone = workflow([tool(id, 'n', { n: 'n' }, { toolId: 'inc' })], [], counting())
    expect(await compileWorkflow(alone, { tools }).invoke({})).toEqual({ n: 1 })

    const nodes = [
      branches('all', ['twice', 'other']),
      loop('twice', 2, 'n < 9', [id]),
      tool(id, 'n', { n: 'n' }, { toolId: 'inc' }),
      tool('other', 'm', { n: 'n' }, { toolId: 'inc' }),
    ]
    const nested = workflow(nodes, ['all.body twice', 'all.body other', `twice.body ${id}`], counting())
    expect(await compileWorkflow(nested, { tools }).invoke({})).toEqual({ n: 2 })
  })

  it.each(['start', 'finish', 'outputs', 'n_0', 'messages', 'END', 'then', 'recursionLimit'])(
    'a variable, an input and an output may be called %s',
    async (name) => {
      const variable = workflow([tool('add', name, { n: '1' }, { toolId: 'inc' })], [], { outputs: { [name]: name } })
      expect(await compileWorkflow(variable, { tools }).invoke({})).toEqual({ [name]: 2 })
      const input = workflow([tool('add', 'm', { n: name }, { toolId: 'inc' })], [], {
        inputs: { [name]: { type: 'number' } },
        outputs: { [name]: 'm' },
      })
      expect(await compileWorkflow(input, { tools }).invoke({ [name]: 4 })).toEqual({ [name]: 5 })
    },
  )
})

describe('what goes in and comes out', () => {
  it('is the inputs and the outputs and nothing else', async () => {
    const document = workflow([tool('add', 'm', { n: 'n' }, { toolId: 'inc' })], [], {
      inputs: { n: { type: 'number' } },
      outputs: { sum: 'n + m' },
    })
    const graph = compileWorkflow(document, { tools })
    expect(await graph.invoke({ n: 1, m: 90, $frame: { run: 'x' }, $results: [] })).toEqual({ sum: 3 })
  })

  it('does not keep for the next run of a thread what that one leaves out', async () => {
    const document = workflow([tool('add', 'm', { n: 'n' }, { toolId: 'inc' })], [], {
      inputs: { n: { type: 'number', default: 1 } },
      outputs: { m: 'm' },
    })
    const graph = compileWorkflow(document, { tools, checkpointer: new MemorySaver() })
    const { config } = listening()
    expect(await graph.invoke({ n: 7 }, config)).toEqual({ m: 8 })
    expect(await graph.invoke({}, config)).toEqual({ m: 2 })
  })

  it('is nothing, unless somebody is asked, from a workflow without outputs', async () => {
    const graph = compileWorkflow(workflow([human('ask', 'a')], []), { checkpointer: new MemorySaver() })
    const { config } = listening()
    const waiting = await graph.invoke({}, config)
    const ended = await graph.invoke(new Command({ resume: { [openQuestions(waiting).ask!]: 'yes' } }), config)
    expect(ended ?? {}).toEqual({})
  })

  it('leaves out what is not known yet while somebody is asked', async () => {
    const document = workflow([human('ask', 'answer')], [], { outputs: { choice: 'answer.choice' } })
    const graph = compileWorkflow(document, { checkpointer: new MemorySaver() })
    expect(Object.keys(await graph.invoke({}, { configurable: { thread_id: 't' } }))).toEqual(['__interrupt__'])
  })

  it('is judged first: a missing or ill-typed input is refused with a pointer to it', async () => {
    const document = workflow([tool('add', 'm', { n: 'n' }, { toolId: 'inc' })], [], {
      inputs: { n: { type: 'number' } },
    })
    const graph = compileWorkflow(document, { tools })
    for (const input of [{}, { n: 'one' }]) {
      const failure = await failureOf(graph.invoke(input))
      expect(failure).toMatchObject({ code: 'workflow.invalid_input', message: expect.stringContaining('/n') })
    }
  })

  it('is refused altogether for a workflow with errors, with their diagnostics', () => {
    const document = workflow([tool('add', 'm', { n: '1' }, { toolId: 'inc' })], [])
    document.nodes[0]!.id = 'a/b'
    expect(() => compileWorkflow(document, { tools })).toThrow(
      expect.objectContaining({
        code: 'workflow.invalid',
        data: { diagnostics: [expect.objectContaining({ nodeId: 'a/b' })] },
      }),
    )
  })
})

function counting() {
  return { variables: { n: { schema: { type: 'number' } as const, default: 0 } }, outputs: { n: 'n' } }
}
