import type { JsonSchema } from '../base/index.ts'
import type { FlowPoint } from './data-flow.ts'
import type { Workflow } from './document-schema.ts'

const errorSchema: JsonSchema = {
  type: 'object',
  required: ['code', 'message', 'nodeId'],
  properties: { code: { type: 'string' }, message: { type: 'string' }, nodeId: { type: 'string' } },
  additionalProperties: false,
}
const indexSchema: JsonSchema = { type: 'integer' }
const loopSchema: JsonSchema = {
  type: 'object',
  required: ['index'],
  properties: { index: indexSchema },
  additionalProperties: false,
}

/** What the containers around an expression add to its names. */
export interface ContainerScope {
  inLoop: boolean
  inMap: boolean
  /** Item variables of the maps around, by name; of the same name the innermost. */
  items: Readonly<Record<string, JsonSchema>>
}

export const topScope: ContainerScope = { inLoop: false, inMap: false, items: {} }

/**
 * The names that an expression may use, with their schemas. `output` and `error` are declared where some path has them;
 * whether every path has is the data flow's question.
 */
export function declarationsAt(
  workflow: Workflow,
  scope: ContainerScope,
  point: FlowPoint,
): Record<string, JsonSchema> {
  const declarations: Record<string, JsonSchema> = { ...workflow.inputs }
  for (const [name, variable] of Object.entries(workflow.variables)) declarations[name] = variable.schema
  Object.assign(declarations, scope.items)
  declarations.output = point.output ?? true
  if (scope.inLoop) declarations.loop = loopSchema
  if (scope.inMap) declarations.index = indexSchema
  if (point.hasError) declarations.error = errorSchema
  return declarations
}
