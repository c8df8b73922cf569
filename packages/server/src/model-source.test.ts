import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ModelRequest } from '@fairlead/core/langgraph'
import { callModel } from '@fairlead/core/langgraph'
import { afterEach, describe, expect, it } from 'vitest'
import { createModels } from './model-source.ts'

let server: Server | undefined
afterEach(() => server?.close())

interface Asked {
  authorization: string | undefined
  path: string | undefined
  body: { model: string; messages: { role: string; content: string }[]; [more: string]: unknown }
}

async function readJson(request: IncomingMessage): Promise<Asked['body']> {
  let text = ''
  for await (const piece of request) text += piece
  return JSON.parse(text)
}

/** An endpoint that speaks OpenAI's chat completions protocol and answers what the test says. */
async function openAiEndpoint(answer: (asked: Asked) => { status?: number; body: object }) {
  const seen: Asked[] = []
  server = createServer(async (request, response) => {
    const asked = { authorization: request.headers.authorization, path: request.url, body: await readJson(request) }
    seen.push(asked)
    const { status = 200, body } = answer(asked)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

function completion(content: string) {
  return {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'served-model-2',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
  }
}

const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  modelId: 'default',
  parameters: { temperature: 0.2, top_p: 0.9, maxTokens: 12 },
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why?' },
  ],
  outputSchema: undefined,
  signal: new AbortController().signal,
  clock: Date.now,
  ...more,
})

describe('the models of a control plane', () => {
  it('are the offline demonstration model where nothing is configured, which says so', async () => {
    const models = await createModels({}, undefined)
    expect(models.ids).toEqual(['default'])
    expect(models.description).toMatch(/offline and deterministic: set OPENAI_API_KEY/)
    expect(models.find('default')).toBeDefined()
    expect(models.find('openai:gpt-4o-mini')).toBeUndefined()
  })

  it('call a compatible endpoint without a key, such as vLLM or Ollama', async () => {
    const { seen, url } = await openAiEndpoint(() => ({ body: completion('Because.') }))
    const models = await createModels({ OPENAI_BASE_URL: url, OPENAI_MODEL: 'llama' }, undefined)
    expect(models.description).toBe('llama (openai)')
    const { value, call } = await callModel(models.find('default')!, request())
    expect(value).toBe('Because.')
    expect(seen[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: {
        model: 'llama',
        temperature: 0.2,
        top_p: 0.9,
        max_tokens: 12,
        messages: [{ content: 'Be brief.' }, { role: 'user', content: 'Why?' }],
      },
    })
    // Tokens in disjoint classes.
    expect(call).toMatchObject({
      model: 'served-model-2',
      provider: 'openai',
      status: 'succeeded',
      usage: { inputTokens: 60, cachedTokens: 40, outputTokens: 30, reasoningTokens: 20 },
    })
  })

  it('name any model of a configured provider, with its key', async () => {
    const { seen, url } = await openAiEndpoint(() => ({ body: completion('Because.') }))
    const models = await createModels({ OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: url }, undefined)
    await callModel(models.find('openai:some-model')!, request())
    expect(seen[0]).toMatchObject({ authorization: 'Bearer sk-test', body: { model: 'some-model' } })
    expect(models.ids).toContain('openai:gpt-4o-mini')
    expect(models.find('anthropic:claude-haiku-4-5')).toBeUndefined()
    expect(models.find('openai:')).toBeUndefined()
  })

  it('give an object by the provider’s own structured output, held to the schema', async () => {
    const outputSchema = { type: 'object', required: ['score'], properties: { score: { type: 'number' } } }
    const scores = ['{"score": 4}', '{"score": "four"}']
    const { seen, url } = await openAiEndpoint(() => ({ body: completion(scores.shift()!) }))
    const models = await createModels({ OPENAI_BASE_URL: url }, undefined)
    const fits = await callModel(models.find('default')!, request({ outputSchema }))
    expect(fits).toMatchObject({ value: { score: 4 }, call: { status: 'succeeded' } })
    expect(JSON.stringify(seen[0]?.body)).toContain('"score"')
    const misfits = await callModel(models.find('default')!, request({ outputSchema }))
    expect(misfits).toMatchObject({
      value: undefined,
      error: { code: 'prompt.output_invalid' },
      call: { status: 'failed' },
    })
  })

  it.each([401, 429, 500])(
    'report a refusal with its status and leave repeating to the node’s policy: %i',
    async (status) => {
      const { seen, url } = await openAiEndpoint(() => ({ status, body: { error: { message: 'No.' } } }))
      const models = await createModels({ OPENAI_BASE_URL: url }, undefined)
      const { error, call } = await callModel(models.find('default')!, request())
      expect(error).toMatchObject({ status })
      expect(call).toMatchObject({ status: 'failed', errorCode: `http.${status}` })
      expect(seen).toHaveLength(1)
    },
  )

  it('are the application’s own first', async () => {
    const own = () => 'mine'
    const models = await createModels({ OPENAI_API_KEY: 'sk-test' }, { default: own, special: own })
    expect(models.find('default')).toBe(own)
    expect(models.ids.slice(0, 2)).toEqual(['default', 'special'])
    expect(models.description).toBe('the application’s own')
    expect(models.find('openai:gpt-4o-mini')).toBeDefined()
  })

  it('are known without a client, and of clients those are kept that were asked for last', async () => {
    const models = await createModels({ OPENAI_API_KEY: 'sk-test' }, { own: () => 'mine' })
    const [first, second] = [models.find('openai:first'), models.find('openai:second')]
    for (const id of ['own', 'default', 'openai:any']) expect(models.has(id)).toBe(true)
    for (const id of ['openai:', 'anthropic:any', 'none', 'toString']) expect(models.has(id)).toBe(false)
    for (let index = 0; index < 200; index++) expect(models.has(`openai:asked-for-${index}`)).toBe(true)
    expect(models.find('openai:first')).toBe(first)
    expect(models.find('openai:second')).toBe(second)
    for (let index = 0; index < 99; index++) {
      models.find(`openai:other-${index}`)
      expect(models.find('openai:first')).toBe(first)
    }
    expect(models.find('openai:second')).not.toBe(second)
  })

  it('call Anthropic where its key is set', async () => {
    const models = await createModels({ ANTHROPIC_API_KEY: 'sk-ant' }, undefined)
    expect(models.description).toBe('claude-haiku-4-5 (anthropic)')
    expect(models.ids.some((id) => id.startsWith('anthropic:'))).toBe(true)
  })
})
