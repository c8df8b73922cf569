import type { Catalog, Diagnostic, PromptNode, Workflow } from '../workflow/index.ts'
import { inspectWorkflow } from '../workflow/index.ts'
import { invalidWorkflow } from './plan-cache.ts'
import type { GivenSources } from './sources.ts'

/** Where each kind of name is passed, by the diagnostic of one that is missing. */
const places = new Map([
  ['workflow.unknown_tool', 'tools'],
  ['workflow.unknown_model', 'models'],
  ['workflow.unknown_prompt', 'prompts'],
])

/**
 * That the tools, models and prompts which nodes name are among those that the host lists by name. What a function knows
 * shows only when it is asked. Throws `workflow.invalid`, with a diagnostic for each name that is missing.
 */
export function assertNamed(workflow: Workflow, given: GivenSources): void {
  const [tools, models, prompts] = [toolIds(given), idsOf(given.models), promptIds(given)]
  const missing = new Set<string>()
  for (const node of workflow.nodes) {
    if (node.type === 'tool' && tools?.has(node.data.config.toolId) === false) {
      missing.add(`workflow.unknown_tool ${node.id}`)
    }
    if (node.type !== 'prompt') continue
    const { promptId, modelId } = node.data.config
    if (prompts?.has(promptId) === false) missing.add(`workflow.unknown_prompt ${node.id}`)
    if (models?.has(modelId) === false && !mayBringModel(node, given, models)) {
      missing.add(`workflow.unknown_model ${node.id}`)
    }
  }
  if (missing.size === 0) return
  const catalog: Partial<Catalog> = {
    // Names only: whether the input fits a tool, the call itself will say.
    ...(tools && { tools: [...tools].map((id) => ({ id, inputSchema: true, outputSchema: true })) }),
    ...(models && { models: [...models].map((id) => ({ id })) }),
    ...(prompts && { prompts: [...prompts].map((id) => ({ id, key: id, variables: {} })) }),
  }
  const { diagnostics } = inspectWorkflow(workflow, catalog)
  throw invalidWorkflow(diagnostics.filter(({ code, nodeId }) => missing.has(`${code} ${nodeId}`)).map(withPlace))
}

function withPlace(found: Diagnostic): Diagnostic {
  const nearest = /^(Did you mean|There (is|are)) /.test(found.hint) ? `${found.hint} Or pass` : 'Pass'
  return { ...found, hint: `${nearest} it under this name in "${places.get(found.code)}".` }
}

/** Whether the node's prompt may have a model of its own, which goes before the node's. */
function mayBringModel(node: PromptNode, { prompts }: GivenSources, models: ReadonlySet<string>): boolean {
  const { promptId } = node.data.config
  if (typeof prompts === 'function') return true
  const prompt = Array.isArray(prompts)
    ? prompts.find((one) => namesOf(one).includes(promptId))
    : prompts !== undefined && Object.hasOwn(prompts, promptId)
      ? prompts[promptId]
      : undefined
  return typeof prompt === 'object' && prompt.model !== undefined && models.has(prompt.model.id)
}

function toolIds({ tools }: GivenSources): ReadonlySet<string> | undefined {
  return Array.isArray(tools) ? new Set(tools.map(({ name }) => name)) : idsOf(tools)
}

function promptIds({ prompts }: GivenSources): ReadonlySet<string> | undefined {
  return Array.isArray(prompts) ? new Set(prompts.flatMap(namesOf)) : idsOf(prompts)
}

function namesOf(prompt: { id?: string } | { key?: string }): string[] {
  const { id, key } = prompt as { id?: string; key?: string }
  return [id, key].filter((name) => name !== undefined)
}

function idsOf(source: object | undefined): ReadonlySet<string> | undefined {
  return source === undefined || typeof source === 'function' ? undefined : new Set(Object.keys(source))
}
