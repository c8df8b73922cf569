import type { JsonSchema } from '../../base/index.ts'
import { checkJsonSchema, defaultOf, StepBudget, validateJson } from '../../base/index.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt, inNode, jsonPointer, shown } from '../diagnostic.ts'
import type { WorkflowVariable } from '../document-schema.ts'
import { reducedTypes } from '../reducer.ts'
import { basicTypesOf } from '../schema-type.ts'
import type { Subject } from './subject.ts'

const mostFaults = 8
/** For all schemas and defaults of a workflow together, so that many costly ones take no longer than one. */
const stepsForAll = 2_000_000

interface SchemaSubject extends Pick<Subject, 'workflow' | 'report'> {
  budget: StepBudget
}

/** That every JSON Schema in the workflow is one, and that defaults and reducers fit theirs. */
export function checkJsonSchemas({ workflow, report }: Subject): void {
  const subject = { workflow, report, budget: new StepBudget(stepsForAll) }
  for (const [name, schema] of Object.entries(workflow.inputs)) {
    const place: Place = { nodeId: null, path: ['inputs', name] }
    const sound = checkSchema(subject, schema, place)
    if (sound) checkDefault(subject, name, schema, defaultOf(schema), place)
  }
  for (const [name, variable] of Object.entries(workflow.variables)) {
    const sound = checkSchema(subject, variable.schema, { nodeId: null, path: ['variables', name, 'schema'] })
    if (sound) checkVariable(subject, name, variable)
  }
  for (const [position, node] of workflow.nodes.entries()) {
    const place = (key: string) => inNode(node.id, position, 'data', 'config', key)
    if (node.type === 'prompt') checkSchema(subject, node.data.config.outputSchema, place('outputSchema'))
    if (node.type === 'human') checkSchema(subject, node.data.config.form, place('form'))
  }
}

function checkSchema({ report, budget }: SchemaSubject, schema: JsonSchema | undefined, place: Place): boolean {
  if (schema === undefined || typeof schema === 'boolean') return true
  const faults = checkJsonSchema(schema, budget)
  for (const { pointer, message } of faults.slice(0, mostFaults)) {
    const hint = 'JSON Schema, draft 2020-12, says what may stand here.'
    const found = errorAt(place, 'invalid_json_schema', `This is no JSON Schema: ${message}`, hint)
    report({ ...found, path: `${jsonPointer(place.path)}${pointer}` })
  }
  return faults.length === 0
}

function checkVariable(subject: SchemaSubject, name: string, variable: WorkflowVariable): void {
  const { schema, reducer } = variable
  const place: Place = { nodeId: null, path: ['variables', name] }
  const fits = checkDefault(subject, name, schema, variable.default, place)
  if (reducer === undefined) return
  const wanted = reducedTypes[reducer]
  const types = basicTypesOf(schema)
  if (types !== null && !types.has(wanted)) {
    const message = `The reducer "${reducer}" needs a variable of type ${wanted}, but "${name}" is of type ${[...types].join(' or ')}.`
    const at: Place = { nodeId: null, path: [...place.path, 'reducer'] }
    subject.report(errorAt(at, 'reducer_mismatch', message, 'Change the reducer or the schema.'))
  } else if (fits) checkDefault(subject, name, { type: wanted }, variable.default, place, `the reducer "${reducer}"`)
}

/** Whether a default fits its schema; reports what does not. */
function checkDefault(
  { report, budget }: SchemaSubject,
  name: string,
  schema: JsonSchema,
  value: unknown,
  place: Place,
  what = 'the schema',
): boolean {
  if (value === undefined) return true
  const faults = validateJson(schema, value, budget)
  for (const { pointer, message } of faults.slice(0, mostFaults)) {
    const text = `The default ${shown(value)} does not fit ${what} of "${name}": ${message}`
    const at: Place = { nodeId: null, path: [...place.path, 'default'] }
    const found = errorAt(at, 'default_mismatch', text, `Change the default or ${what}.`)
    report({ ...found, path: `${found.path}${pointer}` })
  }
  return faults.length === 0
}
