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
 * The names that expressions may use where the check of a workflow is at present. One record serves all expressions,
 * since a workflow may have many variables and many containers: `within` sets what comes and goes with the containers,
 * `namesAt` what comes and goes along the flow.
 */
export interface Scope {
  readonly names: Record<string, JsonSchema>
}

/** The scope outside all containers: the inputs and the variables. */
export function topScope(workflow: Workflow): Scope {
  // Without a prototype: a name in a faulty workflow may be any text.
  const names: Record<string, JsonSchema> = Object.assign(Object.create(null), workflow.inputs)
  for (const [name, variable] of Object.entries(workflow.variables)) names[name] = variable.schema
  return { names }
}

/** Inside a loop: `loop.index` is the innermost loop's pass. */
export const loopNames: readonly [string, JsonSchema][] = [['loop', loopSchema]]

/** Inside a map: `index` and the item variable are the innermost map's. */
export function mapNames(itemVariable: string, item: JsonSchema): [string, JsonSchema][] {
  return [
    ['index', indexSchema],
    [itemVariable, item],
  ]
}

/** Has `visit` see more names, which hide those of the same name from outside. */
export function within({ names }: Scope, inner: readonly [string, JsonSchema][], visit: () => void): void {
  const outer = inner.map(([name]) => [name, names[name]] as const)
  for (const [name, schema] of inner) names[name] = schema
  visit()
  for (const [name, schema] of outer.toReversed()) {
    if (schema === undefined) delete names[name]
    else names[name] = schema
  }
}

/** All names at one point of the flow, good until the next call. `output` is declared everywhere: whether it is there is the flow's question. */
export function namesAt({ names }: Scope, point: FlowPoint): Readonly<Record<string, JsonSchema>> {
  names.output = point.output ?? true
  if (point.hasError) names.error = errorSchema
  else delete names.error
  return names
}
