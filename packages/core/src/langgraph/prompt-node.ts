import type { JsonSchema } from '../base/index.ts'
import { FairleadError, withDefaults } from '../base/index.ts'
import { renderTemplate } from '../expression/index.ts'
import type { PromptNode, PromptVersionContent } from '../workflow/index.ts'
import type { CallPlace } from './call-place.ts'
import type { ModelLike } from './model-call.ts'
import { callModel } from './model-call.ts'
import type { Sources } from './sources.ts'

/** Renders the node's prompt version and calls the model; the value is the text, or an object by the output schema. */
export async function runPrompt(
  sources: Sources,
  { id: nodeId, data: { config } }: PromptNode,
  input: Record<string, unknown>,
  { signal, execution, calls }: CallPlace,
): Promise<unknown> {
  const prompt = await sources.prompt({ promptId: config.promptId, ref: config.ref, nodeId })
  const variables = withDefaults(prompt.variables as Record<string, JsonSchema>, input)
  const { model, modelId, parameters } = chooseModel(sources, config.modelId, prompt)
  const { value, error, call } = await callModel(model, {
    modelId,
    parameters,
    messages: prompt.messages.map(({ role, content }) => ({ role, content: renderTemplate(content, variables) })),
    outputSchema: config.outputSchema ?? prompt.outputSchema,
    signal,
    clock: execution.clock,
  })
  calls.push({ id: execution.createId(), promptId: prompt.promptId, promptVersionId: prompt.versionId, ...call })
  if (error !== undefined) throw error
  return value
}

/** The model itself; throws `model.invalid` for what can't be called, whatever its type promised. */
function callable(modelId: string, model: ModelLike): ModelLike {
  if (typeof model === 'function' || typeof model.invoke === 'function') return model
  const found = typeof model === 'object' ? 'an object without "invoke"' : JSON.stringify(model)
  const advice =
    'Pass a chat model of LangChain, such as new ChatOpenAI({ model: "gpt-4o" }), or a function from messages to the answer.'
  throw new FairleadError('model.invalid', `The model "${modelId}" is ${found}, which can't be called. ${advice}`)
}

/** The version's own model wins over the node's, where the host has it. */
function chooseModel(
  sources: Sources,
  nodeModelId: string,
  prompt: PromptVersionContent,
): { model: ModelLike; modelId: string; parameters: Record<string, unknown> } {
  const own = prompt.model && sources.model(prompt.model.id)
  const modelId = own ? prompt.model!.id : nodeModelId
  const model = own ?? sources.model(nodeModelId)
  if (model) return { model: callable(modelId, model), modelId, parameters: prompt.model?.parameters ?? {} }
  throw new FairleadError(
    'model.unknown',
    `There is no model "${nodeModelId}" here. Pass it under this name in "models".`,
  )
}
