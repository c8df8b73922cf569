import { AIMessage } from '@langchain/core/messages'
import { FakeListChatModel, FakeStreamingChatModel } from '@langchain/core/utils/testing'
import { describe, expect, it } from 'vitest'
import type { ModelCall, Workflow } from '../workflow/index.ts'
import type { WorkflowRuntime } from './compile.ts'
import { compileWorkflow } from './compile.ts'
import { failureOf, listening, prompt, workflow } from './workflow-builder.suite.ts'

const verdict = { type: 'object', properties: { score: { type: 'number' } }, required: ['score'] } as const

const document = (
  config: Partial<Parameters<typeof prompt>[1]> = {},
  policies?: Parameters<typeof prompt>[2],
): Workflow =>
  workflow(
    [
      prompt(
        'ask',
        { promptId: 'p', modelId: 'default', inputMapping: { topic: 'topic' }, outputVariable: 'answer', ...config },
        policies,
      ),
    ],
    [],
    { inputs: { topic: { type: 'string' } }, outputs: { answer: 'answer' } },
  )

async function run(workflowDocument: Workflow, runtime: WorkflowRuntime) {
  const { config, events } = listening()
  const graph = compileWorkflow(workflowDocument, { prompts: { p: 'About {{topic}}.' }, ...runtime })
  const result = await graph.invoke({ topic: 'tea' }, config)
  const calls = events.flatMap((event): ModelCall[] => ('calls' in event ? (event.calls ?? []) : []))
  return { answer: result.answer as unknown, calls }
}

describe('a prompt node', () => {
  it('refuses a version that still refers to others, and reads partials nowhere else', async () => {
    const models = { default: (messages: readonly { content: string }[]) => messages[0]!.content }
    const stored = { text: 'Be {{> tone}}.', references: { tone: { prompt: 'tone', version: 1 } } }
    const failure = await failureOf(run(document(), { models, prompts: { p: stored } }))
    expect(failure).toMatchObject({ code: 'prompt.not_composed' })
    expect((await run(document(), { models, prompts: { p: 'Be {{> tone}}.' } })).answer).toBe('Be {{> tone}}.')
  })

  it('gives the text of a chat model of LangChain, and tells the call', async () => {
    const model = new FakeListChatModel({ responses: ['Tea is fine.'] })
    const { answer, calls } = await run(document(), { models: { default: model } })
    expect(answer).toBe('Tea is fine.')
    expect(calls).toMatchObject([{ modelId: 'default', status: 'succeeded', promptId: 'p', errorCode: null }])
  })

  it('takes the default of a variable that is not mapped, and of an input that is not given', async () => {
    const seen: unknown[] = []
    const model = (messages: unknown) => {
      seen.push(messages)
      return 'ok'
    }
    const greedy = document()
    greedy.inputs = { topic: { type: 'string' }, tone: { type: 'string', default: 'calm' } }
    greedy.outputs = { answer: 'answer', tone: 'tone' }
    const messages = [{ role: 'user' as const, content: '{{topic}} in {{language}}' }]
    const prompts = { p: { messages, variables: { language: { type: 'string', default: 'English' } } } }
    const graph = compileWorkflow(greedy, { prompts, models: { default: model } })
    expect(await graph.invoke({ topic: 'tea' })).toEqual({ answer: 'ok', tone: 'calm' })
    expect(seen).toEqual([[{ role: 'user', content: 'tea in English' }]])
  })

  it('takes a model that streams', async () => {
    const model = new FakeStreamingChatModel({ responses: [new AIMessage('Tea, streamed.')] })
    expect((await run(document(), { models: { default: model } })).answer).toBe('Tea, streamed.')
  })

  it('renders its messages with the mapped values, and hands parameters and the signal on', async () => {
    const seen: unknown[] = []
    const model = (messages: unknown, { parameters, signal }: { parameters: unknown; signal: AbortSignal }) => {
      seen.push(messages, parameters, signal instanceof AbortSignal)
      return 'ok'
    }
    const p = {
      messages: [
        { role: 'system' as const, content: 'Be brief.' },
        { role: 'user' as const, content: 'On {{topic}}?' },
      ],
      model: { id: 'own', parameters: { temperature: 0.2 } },
    }
    const { answer, calls } = await run(document(), { models: { own: model, default: () => 'wrong' }, prompts: { p } })
    expect(answer).toBe('ok')
    expect(seen).toEqual([
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'On tea?' },
      ],
      { temperature: 0.2 },
      true,
    ])
    // The version's own model wins over the node's.
    expect(calls).toMatchObject([{ modelId: 'own' }])
  })

  it('counts every token once: cached, cache-writing and reasoning ones apart', async () => {
    const message = new AIMessage({
      content: 'ok',
      usage_metadata: {
        input_tokens: 100,
        output_tokens: 50,
        total_tokens: 150,
        input_token_details: { cache_read: 30, cache_creation: 10 },
        output_token_details: { reasoning: 20 },
      },
      response_metadata: { model_name: 'small-2', model_provider: 'acme' },
    })
    const { calls } = await run(document(), { models: { default: { invoke: async () => message } } })
    expect(calls).toMatchObject([
      {
        model: 'small-2',
        provider: 'acme',
        usage: { inputTokens: 60, cachedTokens: 30, cacheWriteTokens: 10, outputTokens: 30, reasoningTokens: 20 },
      },
    ])
  })

  it('asks a model without structured output for JSON by an instruction, and reads it out of a fence', async () => {
    const asked: string[] = []
    const model = (messages: { content: string }[]) => {
      asked.push(messages[0]!.content)
      return '```json\n{"score": 4}\n```'
    }
    expect((await run(document({ outputSchema: verdict }), { models: { default: model } })).answer).toEqual({
      score: 4,
    })
    expect(asked[0]).toContain(JSON.stringify(verdict))
  })

  it('uses structured output where the model has it', async () => {
    const asked: unknown[] = []
    const model = {
      invoke: async () => 'not this way',
      bindTools: () => {},
      withStructuredOutput: (schema: unknown) => {
        asked.push(schema)
        return { invoke: async () => ({ raw: new AIMessage('{"score":3}'), parsed: { score: 3 } }) }
      },
    }
    expect((await run(document({ outputSchema: verdict }), { models: { default: model } })).answer).toEqual({
      score: 3,
    })
    expect(asked).toMatchObject([verdict])
    // This one of LangChain gives the value without the message.
    const bare = new FakeListChatModel({ responses: ['{"score": 2}'] })
    expect((await run(document({ outputSchema: verdict }), { models: { default: bare } })).answer).toEqual({ score: 2 })
  })

  it('fails where the answer does not fit its schema, tries again if told to, and tells every call', async () => {
    const answers = ['no JSON', '{"score": "high"}', '{"score": 5}']
    const model = () => answers.shift()
    const retry = { maxAttempts: 3, initialIntervalMs: 0, backoffFactor: 1 }
    const { answer, calls } = await run(document({ outputSchema: verdict }, { retry }), { models: { default: model } })
    expect(answer).toEqual({ score: 5 })
    expect(calls.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ['failed', 'prompt.output_invalid'],
      ['failed', 'prompt.output_invalid'],
      ['succeeded', null],
    ])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3)
  })

  it('tells what it lacks: the prompt, the model', async () => {
    expect(await failureOf(run(document(), { prompts: {}, validated: true }))).toMatchObject({ code: 'prompt.unknown' })
    expect(await failureOf(run(document(), { models: {}, validated: true }))).toMatchObject({ code: 'model.unknown' })
  })

  it('tells what a model has to be, once, where it is given something else', async () => {
    const retry = { maxAttempts: 3, initialIntervalMs: 0, backoffFactor: 1 }
    for (const model of ['gpt-4o', {}, null]) {
      const failure = await failureOf(run(document({}, { retry }), { models: { default: model as never } }))
      expect(failure).toMatchObject({ code: model === null ? 'model.unknown' : 'model.invalid' })
      if (model !== null) expect(failure.message).toContain('Pass a chat model of LangChain')
    }
  })

  it('looks prompts up by a function, which is told node and reference', async () => {
    const requests: unknown[] = []
    const prompts: WorkflowRuntime['prompts'] = async (request) => {
      requests.push(request)
      return { text: 'On {{topic}}' }
    }
    await run(document({ ref: { label: 'canary' } }), { prompts, models: { default: () => 'ok' } })
    expect(requests).toEqual([{ promptId: 'p', nodeId: 'ask', ref: { label: 'canary' } }])
  })
})
