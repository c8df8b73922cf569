import type { JsonSchema } from '../base/index.ts'
import type { FlowPoint } from './data-flow.ts'
import type { Workflow } from './document-schema.ts'

const errorSchema: JsonSchema = {
  type: 'object',
  properties: { code: { type: 'string' }, message: { type: 'string' }, nodeId: { type: 'string' } },
  additionalProperties: false,
}
const indexSchema: JsonSchema = { type: 'integer' }
const loopSchema: JsonSchema = { type: 'object', properties: { index: indexSchema }, additionalProperties: false }

/**
 * The names that expressions inside one container may use. One record per container serves all expressions in it, since
 * a workflow may have many variables: `namesAt` sets what comes and goes along the flow.
 */
export interface Scope {
  readonly names: Record<string, JsonSchema>
}

/** The scope outside all containers: the inputs and the variables. */
export function topScope(workflow: Workflow): Scope {
  const names: Record<string, JsonSchema> = { ...workflow.inputs }
  for (const [name, variable] of Object.entries(workflow.variables)) names[name] = variable.schema
  return { names }
}

/** The scope inside a loop: `loop.index` is the innermost loop's pass. */
export function loopScope(outer: Scope): Scope {
  return { names: { ...outer.names, loop: loopSchema } }
}

/** The scope inside a map: `index` and the item variable are the innermost map's. */
export function mapScope(outer: Scope, itemVariable: string, item: JsonSchema): Scope {
  return { names: { ...outer.names, index: indexSchema, [itemVariable]: item } }
}

/**
 * All names at one point of the flow, good until the next call for the same scope. `output` is declared everywhere:
 * whether it is there is the flow's question.
 */
export function namesAt({ names }: Scope, point: FlowPoint): Readonly<Record<string, JsonSchema>> {
  names.output = point.output ?? true
  if (point.hasError) names.error = errorSchema
  else delete names.error
  return names
}
