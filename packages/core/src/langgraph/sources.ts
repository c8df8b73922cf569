import type { JsonSchema } from '../base/index.ts'
import { FairleadError } from '../base/index.ts'
import type { PromptRef, PromptVersionContent } from '../workflow/index.ts'
import type { ModelLike } from './model-call.ts'

/** What a tool function is told besides its input. */
export interface ToolContext {
  /** Aborts when the run is stopped, cancelled, or the node's time is up. */
  signal: AbortSignal
  /** `<runId>:<address>`: the same for every attempt, also after a crash. Give it to whatever must not happen twice. */
  idempotencyKey: string
  runId: string
  address: string
  nodeId: string
  /** Counts executions of the address, from 1. */
  attempt: number
}

// biome-ignore lint/suspicious/noExplicitAny: each tool has parameters of its own, checked against its input schema.
export type ToolFunction = (input: any, context: ToolContext) => unknown

/** A function with what validation and the editor know about it. */
export interface ToolDefinition {
  description?: string
  inputSchema?: JsonSchema
  outputSchema?: JsonSchema
  execute: ToolFunction
}

/** A LangChain tool. */
export interface InvokableTool {
  name: string
  description?: string
  // biome-ignore lint/suspicious/noExplicitAny: LangChain types the input of each tool differently.
  invoke(input: any, config?: any): Promise<unknown>
}

export type ToolLike = ToolFunction | ToolDefinition | InvokableTool
export type ToolSource = Record<string, ToolLike> | InvokableTool[] | ((toolId: string) => ToolLike | undefined)

/** Which prompt a node asks for. */
export interface PromptRequest {
  promptId: string
  ref: PromptRef | undefined
  nodeId: string
}

/** A prompt as a template text, as messages, or as a stored version. */
export type PromptLike =
  | string
  | { text: string; model?: PromptVersionContent['model']; outputSchema?: unknown }
  | { content: string; model?: PromptVersionContent['model']; outputSchema?: unknown }
  | { template: string; model?: PromptVersionContent['model']; outputSchema?: unknown }
  | (Pick<PromptVersionContent, 'messages'> & Partial<PromptVersionContent>)

export type PromptSource =
  | Record<string, PromptLike>
  | (PromptLike & ({ id: string } | { key: string }))[]
  | ((request: PromptRequest) => PromptLike | undefined | Promise<PromptLike | undefined>)

export type ModelSource = Record<string, ModelLike> | ((modelId: string) => ModelLike | undefined)

/** Where nodes find what they name. */
export interface Sources {
  model(modelId: string): ModelLike | undefined
  tool(toolId: string): ToolDefinition
  prompt(request: PromptRequest): Promise<PromptVersionContent>
}

/** What a host hands over, in the forms that it may have. */
export interface GivenSources {
  models?: ModelSource | undefined
  tools?: ToolSource | undefined
  prompts?: PromptSource | undefined
}

/** Brings the forms that models, tools and prompts may be given in to one. */
export function createSources(given: GivenSources): Sources {
  return {
    model: finder(given.models),
    tool: toolFinder(given.tools),
    prompt: promptFinder(given.prompts),
  }
}

function finder<Item>(
  source: Record<string, Item> | ((id: string) => Item | undefined) | undefined,
): (id: string) => Item | undefined {
  if (typeof source === 'function') return source
  return (id) => (source && Object.hasOwn(source, id) ? source[id] : undefined)
}

function toolFinder(source: ToolSource | undefined): (toolId: string) => ToolDefinition {
  const find: (id: string) => ToolLike | undefined = Array.isArray(source)
    ? (id) => source.find(({ name }) => name === id)
    : finder<ToolLike>(source)
  const known = new Map<string, ToolDefinition>()
  return (toolId) => {
    const before = known.get(toolId)
    if (before) return before
    const tool = find(toolId)
    if (!tool) {
      throw new FairleadError('tool.unknown', `There is no tool "${toolId}" here. Pass it under this name in "tools".`)
    }
    const definition = toDefinition(toolId, tool)
    known.set(toolId, definition)
    return definition
  }
}

/** Throws `tool.invalid` for what can't be called, whatever its type promised. */
function toDefinition(toolId: string, tool: ToolLike): ToolDefinition {
  if (typeof tool === 'function') return { execute: tool }
  if (typeof (tool as Partial<ToolDefinition>).execute === 'function') return tool as ToolDefinition
  if (typeof (tool as Partial<InvokableTool>).invoke !== 'function') {
    const found = typeof tool === 'object' ? 'an object without "execute" or "invoke"' : JSON.stringify(tool)
    const advice = 'Pass a function, { execute, inputSchema }, or a tool of LangChain.'
    throw new FairleadError('tool.invalid', `The tool "${toolId}" is ${found}, which can't be called. ${advice}`)
  }
  return toInvoking(tool as InvokableTool)
}

function toInvoking(tool: InvokableTool): ToolDefinition {
  return {
    execute: (input, { signal, runId, address }) =>
      tool.invoke(input, { signal, metadata: { fairleadRunId: runId, fairleadAddress: address } }),
  }
}

function promptFinder(source: PromptSource | undefined): Sources['prompt'] {
  return async (request) => {
    const found = await findPrompt(source, request)
    if (found === undefined) {
      const advice = 'Pass it under this name in "prompts".'
      throw new FairleadError('prompt.unknown', `There is no prompt "${request.promptId}" here. ${advice}`)
    }
    return toContent(request.promptId, found)
  }
}

async function findPrompt(source: PromptSource | undefined, request: PromptRequest): Promise<PromptLike | undefined> {
  if (typeof source === 'function') return source(request)
  if (Array.isArray(source)) {
    return source.find((prompt) => {
      const { id, key } = prompt as { id?: string; key?: string }
      return id === request.promptId || key === request.promptId
    })
  }
  return source && Object.hasOwn(source, request.promptId) ? source[request.promptId] : undefined
}

function toContent(promptId: string, prompt: PromptLike): PromptVersionContent {
  const base = { promptId, key: promptId, versionId: null, versionNumber: null, variables: {} }
  if (typeof prompt === 'string') return { ...base, messages: [{ role: 'user', content: prompt }] }
  assertComposed(promptId, prompt)
  if ('messages' in prompt) return { ...base, ...prompt }
  const { model, outputSchema } = prompt
  const content = 'text' in prompt ? prompt.text : 'content' in prompt ? prompt.content : prompt.template
  return { ...base, messages: [{ role: 'user', content }], model, outputSchema }
}

/** As the control plane stores it, a prompt may refer to others, whose texts a model would miss. */
function assertComposed(promptId: string, prompt: object): void {
  if (!('references' in prompt) || Object.keys(prompt.references ?? {}).length === 0) return
  const message = `The prompt "${promptId}" refers to others whose texts are not in it. Pass it through composePrompt of @fairlead/core/prompt first.`
  throw new FairleadError('prompt.not_composed', message)
}
