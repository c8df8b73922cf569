import { Command, MemorySaver } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import type { Workflow } from '../workflow/index.ts'
import { compileWorkflow } from './compile.ts'
import { checkAnswer } from './human.ts'
import {
  branches,
  failureOf,
  human,
  listening,
  loop,
  map,
  openQuestions,
  tool,
  workflow,
} from './workflow-builder.suite.ts'

const tools = { note: ({ of }: { of: unknown }) => `note ${JSON.stringify(of)}`, list: () => ['a', 'b', 'c'] }

function compile(document: Workflow) {
  return compileWorkflow(document, { tools, checkpointer: new MemorySaver() })
}

function resume(id: string | undefined, answer: unknown): Command {
  if (id === undefined) throw new Error('nobody is asked there')
  return new Command({ resume: { [id]: answer } })
}

describe('an answer', () => {
  const form = { type: 'object', required: ['why'] } as const
  const choices = [{ id: 'yes', label: 'Yes' }]

  it.each([
    ['without values, where there is a form', { form }, {}, '/values', '"values" is missing: the question has a form'],
    ['whose values are null', { form }, { values: null }, '/values', 'object'],
    ['whose values lack something', { form, choices }, { choice: 'yes', values: {} }, '/values', 'why'],
    ['without a choice, where there are some', { choices }, {}, '/choice', 'must be one of "yes"'],
    [
      'with a choice, where the list of them is empty',
      { choices: [] },
      { choice: 'yes' },
      '/choice',
      'must be left out',
    ],
  ])('%s is refused, and told why', (_what, request, answer, pointer, message) => {
    const refuse = () => checkAnswer({ message: 'Sure?', ...request }, answer, 0)
    expect(refuse).toThrow(
      expect.objectContaining({
        code: 'run.invalid_answer',
        data: { errors: [expect.objectContaining({ pointer, message: expect.stringContaining(message) })] },
      }),
    )
  })

  it.each([
    ['a form that takes nothing', { form: { type: ['object', 'null'] } }],
    ['an empty list of choices', { choices: [] }],
  ])('may say nothing to %s', (_what, request) => {
    expect(checkAnswer({ message: 'Sure?', ...request }, {}, 0)).toEqual({ by: 'unknown', at: expect.any(String) })
  })
})

describe('a question', () => {
  it('stops the run with its address, message, choices and form, and the answer becomes its value', async () => {
    const form = { type: 'object', properties: { why: { type: 'string' } }, required: ['why'] } as const
    const ask = human('ask', 'answer', { message: 'Send "{{text}}"?', form, assignees: ['ada'] })
    const graph = compile(
      workflow([ask, tool('note', 'noted', { of: 'answer.choice' })], ['ask note'], {
        inputs: { text: { type: 'string' } },
        outputs: { noted: 'noted', answer: 'answer' },
      }),
    )
    const { config } = listening()
    const waiting = await graph.invoke({ text: 'Hello' }, config)
    expect(waiting.__interrupt__).toMatchObject([
      {
        value: {
          address: 'ask',
          nodeId: 'ask',
          request: { message: 'Send "Hello"?', form, choices: [{ id: 'yes' }, { id: 'no' }], assignees: ['ada'] },
        },
      },
    ])
    const given = { choice: 'yes', values: { why: 'fine' }, by: 'ada', at: '2026-01-01T00:00:00.000Z' }
    const ended = await graph.invoke(resume(openQuestions(waiting).ask, given), config)
    expect(ended).toEqual({ noted: 'note "yes"', answer: given })
  })

  it('is announced once, with the due time of its first asking, however often the run is taken up', async () => {
    let now = Date.UTC(2026, 0, 1)
    const document = workflow(
      [branches('both', ['left', 'right']), human('left', 'a', { dueInSeconds: 60 }), human('right', 'b')],
      ['both.body left', 'both.body right'],
    )
    const graph = compileWorkflow(document, { checkpointer: new MemorySaver(), clock: () => now })
    const { config, lines, events } = listening()
    const first = await graph.invoke({}, config)
    now += 30_000
    const second = await graph.invoke(resume(openQuestions(first)['both[1]/right'], 'yes'), config)
    const dueAt = (result: Record<string, unknown>) =>
      (result.__interrupt__ as { value: { address: string; request: { dueAt?: string } } }[]).find(
        ({ value }) => value.address === 'both[0]/left',
      )?.value.request.dueAt
    expect([dueAt(first), dueAt(second)]).toEqual(['2026-01-01T00:01:00.000Z', '2026-01-01T00:01:00.000Z'])
    await graph.invoke(resume(openQuestions(second)['both[0]/left'], 'no'), config)
    expect(lines().filter((line) => line.endsWith('node.waiting'))).toEqual([
      'both[0]/left node.waiting',
      'both[1]/right node.waiting',
    ])
    expect(events.find((event) => event.type === 'node.completed' && event.nodeId === 'left')).toMatchObject({
      durationMs: 30_000,
    })
  })

  it('is asked again, with what was wrong, until the answer fits', async () => {
    const ask = human('ask', 'answer')
    // A wrong answer is no failure of the node, so no policy takes it.
    ask.data.onError = 'continue'
    const variables = { answer: { schema: true as const, default: { choice: 'none' } } }
    const graph = compile(workflow([ask], [], { variables, outputs: { choice: 'answer.choice' } }))
    const { config, lines } = listening()
    let result = await graph.invoke({}, config)
    for (const wrong of ['maybe', { choice: 'perhaps' }]) {
      result = await graph.invoke(resume(openQuestions(result).ask, wrong), config)
      expect(result.__interrupt__).toMatchObject([
        { value: { address: 'ask', refused: { message: expect.stringContaining('one of "yes", "no"') } } },
      ])
    }
    expect(await graph.invoke(resume(openQuestions(result).ask, 'no'), config)).toEqual({ choice: 'no' })
    expect(lines().filter((line) => line.endsWith('node.waiting'))).toHaveLength(1)
  })

  it('takes an empty form and false, null, zero and empty text as answers', async () => {
    for (const value of [false, null, 0, '']) {
      const ask = human('ask', 'answer', { form: {} })
      delete (ask.data.config as { choices?: unknown }).choices
      const graph = compile(workflow([ask], [], { outputs: { value: 'answer.values' } }))
      const { config } = listening()
      const waiting = await graph.invoke({}, config)
      expect(await graph.invoke(resume(openQuestions(waiting).ask, { values: value }), config)).toEqual({ value })
    }
  })

  it('needs a checkpointer, and says so', async () => {
    const graph = compileWorkflow(workflow([human('ask', 'answer')], []))
    expect(await failureOf(graph.invoke({}))).toMatchObject({ code: 'workflow.checkpointer_missing' })
  })
})

describe('questions side by side', () => {
  const document = workflow(
    [
      tool('list', 'items'),
      map('each', { items: 'items', result: 'answer.choice', outputVariable: 'all', bodyNodes: ['draft', 'ask'] }),
      tool('draft', 'text', { of: 'item' }, { toolId: 'note' }),
      human('ask', 'answer', { message: 'Send {{text}}?' }),
    ],
    ['list each', 'each.body draft', 'draft ask'],
    { outputs: { all: 'all' } },
  )
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]

  it.each(orders)('are answered independently, in the order %i, %i, %i, and never cross', async (...order) => {
    const graph = compile(document)
    const { config, lines } = listening()
    let result = await graph.invoke({}, config)
    expect(Object.keys(openQuestions(result))).toEqual(['each[0]/ask', 'each[1]/ask', 'each[2]/ask'])
    const answers = ['yes', 'no', 'yes']
    for (const [count, position] of order.entries()) {
      expect(Object.keys(openQuestions(result))).toHaveLength(3 - count)
      result = await graph.invoke(resume(openQuestions(result)[`each[${position}]/ask`], answers[position]), config)
    }
    expect(result).toEqual({ all: answers })
    expect(lines().filter((line) => line === 'each[1]/draft node.started')).toHaveLength(1)
  })

  it('keep their ids from one resume to the next, and can be answered all at once', async () => {
    const graph = compile(document)
    const { config } = listening()
    const first = openQuestions(await graph.invoke({}, config))
    const second = openQuestions(await graph.invoke(resume(first['each[1]/ask'], 'no'), config))
    expect(second).toEqual({ 'each[0]/ask': first['each[0]/ask'], 'each[2]/ask': first['each[2]/ask'] })
    const rest = Object.fromEntries(Object.values(second).map((id) => [id, 'yes']))
    expect(await graph.invoke(new Command({ resume: rest }), config)).toEqual({ all: ['yes', 'no', 'yes'] })
  })

  it('are answered once: a second answer to the same question changes nothing', async () => {
    const graph = compile(document)
    const { config } = listening()
    const first = openQuestions(await graph.invoke({}, config))
    await graph.invoke(resume(first['each[1]/ask'], 'no'), config)
    const again = await graph.invoke(resume(first['each[1]/ask'], 'yes'), config)
    const rest = Object.fromEntries(Object.values(openQuestions(again)).map((id) => [id, 'yes']))
    expect(await graph.invoke(new Command({ resume: rest }), config)).toEqual({ all: ['yes', 'no', 'yes'] })
  })

  it('may be in loops in branches in maps, each with an address of its own', async () => {
    const nested = workflow(
      [
        tool('list', 'items'),
        map('outer', { items: 'items', result: 'item', outputVariable: 'all', bodyNodes: ['split'] }),
        branches('split', ['twice', 'other']),
        loop('twice', 2, 'loop.index < 9', ['ask']),
        human('ask', 'a'),
        human('other', 'b'),
      ],
      ['list outer', 'outer.body split', 'split.body twice', 'split.body other', 'twice.body ask'],
      { outputs: { all: 'all' } },
    )
    const graph = compile(nested)
    const { config } = listening()
    const asked: string[] = []
    let result = await graph.invoke({}, config)
    for (;;) {
      const open = Object.entries(openQuestions(result)).sort()
      if (open.length === 0) break
      // The last one first: an order that nothing in the graph has.
      const [address, id] = open.at(-1)!
      asked.push(address)
      result = await graph.invoke(resume(id, 'yes'), config)
    }
    const expected = [0, 1, 2].flatMap((item) => [
      `outer[${item}]/split[0]/twice[0]/ask`,
      `outer[${item}]/split[0]/twice[1]/ask`,
      `outer[${item}]/split[1]/other`,
    ])
    expect(asked.sort()).toEqual(expected)
    expect(result).toEqual({ all: ['a', 'b', 'c'] })
  })
})
