import type { BaseMessage } from '@langchain/core/messages'
import type { Clock, JsonSchema } from '../base/index.ts'
import { FairleadError, validateJson } from '../base/index.ts'
import type { ModelCall } from '../workflow/index.ts'
import { withParameters } from './model-parameters.ts'
import { usageOf } from './model-usage.ts'
import { elapsed } from './node-event.ts'
import { recordableMessage } from './recordable.ts'

export interface ModelMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** A LangChain chat model, or anything that is invoked like one. */
export interface InvokableModel {
  // biome-ignore lint/suspicious/noExplicitAny: LangChain's input types differ from model to model.
  invoke(messages: any, options?: any): Promise<unknown>
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  withStructuredOutput?(schema: any, options?: any): { invoke(messages: any, options?: any): Promise<unknown> }
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  bindTools?: any
}

export type ModelLike =
  | InvokableModel
  | ((messages: ModelMessage[], options: { signal: AbortSignal; parameters: Record<string, unknown> }) => unknown)

export interface ModelRequest {
  modelId: string
  /** The prompt version's own, such as `temperature`. */
  parameters: Record<string, unknown>
  messages: ModelMessage[]
  /** Makes the value an object that fits this schema. */
  outputSchema: unknown
  signal: AbortSignal
  clock: Clock
}

export interface ModelResult {
  value: unknown
  /** Why the call counts as failed; `value` is undefined then. */
  error: unknown
  call: Omit<ModelCall, 'id' | 'promptId' | 'promptVersionId'>
}

/**
 * Calls a model once and reports the call, also when it fails. With an output schema the answer is asked for by the
 * model's own structured output where it has one, else by an instruction; either way it is validated.
 */
export async function callModel(model: ModelLike, request: ModelRequest): Promise<ModelResult> {
  const { clock } = request
  const startedAt = clock()
  let message: unknown
  let value: unknown
  let error: unknown
  try {
    const ready = typeof model === 'function' ? model : withParameters(model, request.parameters)
    const answer = request.outputSchema === undefined ? await askText(ready, request) : await askObject(ready, request)
    message = answer.message
    value = answer.parse()
  } catch (thrown) {
    error = thrown
  }
  return {
    value: error === undefined ? value : undefined,
    error,
    call: {
      ...namesOf(message, request.modelId),
      modelId: request.modelId,
      status: error === undefined ? 'succeeded' : 'failed',
      errorCode: error === undefined ? null : codeOf(error),
      startedAt: new Date(startedAt).toISOString(),
      latencyMs: elapsed(startedAt, clock()),
      usage: usageOf(message),
      costNanoUsd: null,
    },
  }
}

interface Answer {
  message: unknown
  parse(): unknown
}

async function askText(model: ModelLike, request: ModelRequest): Promise<Answer> {
  const message = await invoke(model, request.messages, request)
  return { message, parse: () => textOf(message) }
}

async function askObject(model: ModelLike, request: ModelRequest): Promise<Answer> {
  const schema = request.outputSchema as JsonSchema
  const structured = structuredOutput(model, schema)
  if (structured) {
    const given = await structured.invoke(request.messages, optionsOf(request))
    // Some models have no `includeRaw` and give the value itself.
    if (!isWithRaw(given)) return { message: undefined, parse: () => fitting(schema, given) }
    return { message: given.raw, parse: () => fitting(schema, given.parsed ?? parseJson(textOf(given.raw))) }
  }
  const instruction: ModelMessage = {
    role: 'system',
    content: `Answer with one JSON value and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`,
  }
  const message = await invoke(model, [instruction, ...request.messages], request)
  return { message, parse: () => fitting(schema, parseJson(textOf(message))) }
}

type StructuredModel = { invoke(messages: unknown, options: unknown): Promise<unknown> }

function isWithRaw(given: unknown): given is { raw: unknown; parsed: unknown } {
  return typeof given === 'object' && given !== null && 'raw' in given && 'parsed' in given
}

/** Models that can bind tools have structured output of their own; others only inherit a method that throws. */
function structuredOutput(model: ModelLike, schema: JsonSchema): StructuredModel | undefined {
  if (typeof model === 'function' || !model.withStructuredOutput || !model.bindTools) return undefined
  if (typeof schema !== 'object' || schema.type !== 'object') return undefined
  const named = { title: 'answer', description: 'The answer.', ...schema }
  return model.withStructuredOutput(named, { includeRaw: true, name: 'answer' }) as StructuredModel
}

function invoke(model: ModelLike, messages: ModelMessage[], request: ModelRequest): Promise<unknown> {
  if (typeof model !== 'function') return model.invoke(messages, optionsOf(request))
  return Promise.resolve(model(messages, { signal: request.signal, parameters: request.parameters }))
}

function optionsOf({ signal, parameters }: ModelRequest) {
  return { ...parameters, signal }
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message
  const { text, content } = (message ?? {}) as Partial<BaseMessage>
  if (typeof text === 'string' && text !== '') return text
  if (typeof content === 'string') return content
  if (Array.isArray(content)) {
    return content.map((part) => (typeof part === 'object' && 'text' in part ? String(part.text) : '')).join('')
  }
  if (message === null || typeof message !== 'object') return String(message)
  return JSON.stringify(message)
}

function parseJson(text: string): unknown {
  const bare = text
    .trim()
    .replace(/^```[a-z]*\s*\n?/i, '')
    .replace(/```$/, '')
  try {
    return JSON.parse(bare)
  } catch {
    const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text
    throw new FairleadError(
      'prompt.output_invalid',
      `The model was asked for JSON and answered: ${shown || '(nothing)'}`,
    )
  }
}

function fitting(schema: JsonSchema, value: unknown): unknown {
  const errors = validateJson(schema, value)
  if (errors.length === 0) return value
  const [first] = errors
  throw new FairleadError(
    'prompt.output_invalid',
    `The model's answer does not fit the output schema: ${first!.pointer || '/'} ${first!.message}`,
    { data: { errors } },
  )
}

function namesOf(message: unknown, modelId: string): { model: string; provider: string | null } {
  const metadata = (message as { response_metadata?: Record<string, unknown> } | undefined)?.response_metadata ?? {}
  const name = metadata.model_name ?? metadata.model
  return {
    model: typeof name === 'string' ? recordableMessage(name) : modelId,
    provider: typeof metadata.model_provider === 'string' ? recordableMessage(metadata.model_provider) : null,
  }
}

function codeOf(error: unknown): string {
  if (error instanceof FairleadError) return error.code
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' ? `http.${status}` : 'model.failed'
}
