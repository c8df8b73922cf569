import { parametersOf } from '../catalog.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt, inNode, shown, warningAt } from '../diagnostic.ts'
import type { PromptNode, ToolNode } from '../document-schema.ts'
import type { Subject } from './subject.ts'

/**
 * Names of prompts, models, tools and their parameters, against the catalogue; without one nothing is said. What is wrong
 * with the catalogue itself is a warning: it is none of the workflow's doing.
 */
export function checkCatalogNames(subject: Subject): void {
  const { workflow, opaque, catalog } = subject
  for (const { message, hint } of catalog.faults) {
    subject.report(warningAt({ nodeId: null, path: [] }, 'bad_catalog', message, hint))
  }
  for (const [position, node] of workflow.nodes.entries()) {
    if (opaque.has(node.id)) continue
    if (node.type === 'prompt') checkPrompt(subject, node, position)
    if (node.type === 'tool') checkTool(subject, node, position)
  }
}

function checkPrompt(subject: Subject, node: PromptNode, position: number): void {
  const { prompts, promptKeys, models } = subject.catalog
  const { promptId, modelId } = node.data.config
  const place = (key: string) => inNode(node.id, position, 'data', 'config', key)
  if (prompts !== null && !prompts.has(promptId)) {
    const hint = subject.suggestions.hint(promptId, () => promptKeys)
    subject.report(
      errorAt(
        place('promptId'),
        'unknown_prompt',
        `There is no prompt ${shown(promptId)}.`,
        hint || 'Create it first.',
      ),
    )
  }
  if (models !== null && !models.has(modelId)) {
    const hint = subject.suggestions.hint(modelId, () => models)
    subject.report(
      errorAt(
        place('modelId'),
        'unknown_model',
        `There is no model ${shown(modelId)}.`,
        hint || 'Register it with a worker.',
      ),
    )
  }
  checkParameters(subject, node, place('inputMapping'))
}

function checkTool(subject: Subject, node: ToolNode, position: number): void {
  const { tools } = subject.catalog
  const { toolId } = node.data.config
  const place = (key: string) => inNode(node.id, position, 'data', 'config', key)
  if (tools !== null && !tools.has(toolId)) {
    const hint = subject.suggestions.hint(toolId, () => tools.keys())
    subject.report(
      errorAt(
        place('toolId'),
        'unknown_tool',
        `There is no tool ${shown(toolId)}.`,
        hint || 'Register it with a worker.',
      ),
    )
  }
  checkParameters(subject, node, place('inputMapping'))
}

function checkParameters({ catalog, suggestions, report }: Subject, node: PromptNode | ToolNode, place: Place): void {
  const parameters = parametersOf(catalog, node)
  if (parameters === null) return
  const { owner, schemas, required, open } = parameters
  const { inputMapping } = node.data.config
  const given = Object.keys(inputMapping)
  const unknown = given.filter((name) => !Object.hasOwn(schemas, name))
  for (const name of required) {
    if (Object.hasOwn(inputMapping, name)) continue
    const near = suggestions.nearest(name, unknown)
    const hint = near === undefined ? `Map "${name}" to an expression.` : `Did you mean it by "${near}"?`
    report(errorAt(place, 'missing_parameter', `${owner} needs "${name}".`, hint))
  }
  for (const name of given) {
    if (open || Object.hasOwn(schemas, name)) continue
    const hint = suggestions.hint(name, () => Object.keys(schemas)) || 'Remove it.'
    const message = `${owner} has no parameter ${shown(name)}.`
    report(errorAt({ ...place, path: [...place.path, name] }, 'unknown_parameter', message, hint))
  }
}
