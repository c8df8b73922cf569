import type { JsonSchema } from '../../base/index.ts'
import { checkJsonSchema, StepBudget, validateJson } from '../../base/index.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt, inNode, jsonPointer, shown } from '../diagnostic.ts'
import type { WorkflowVariable } from '../document-schema.ts'
import type { ReducerName } from '../reducer.ts'
import type { BasicType } from '../schema-type.ts'
import { basicTypesOf } from '../schema-type.ts'
import type { Subject } from './subject.ts'

const mostFaults = 8

const reducedType: Record<ReducerName, BasicType> = { append: 'array', merge: 'object', sum: 'number' }

interface SchemaSubject extends Pick<Subject, 'workflow' | 'report'> {
  budget: StepBudget
}

/** That every JSON Schema in the workflow is one, and that defaults and reducers fit theirs. */
export function checkJsonSchemas({ workflow, report }: Subject): void {
  // One for all of them, so that many costly schemas take no longer than one.
  const subject = { workflow, report, budget: new StepBudget() }
  for (const [name, schema] of Object.entries(workflow.inputs)) {
    checkSchema(subject, schema, { nodeId: null, path: ['inputs', name] })
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

function checkVariable({ report, budget }: SchemaSubject, name: string, variable: WorkflowVariable): void {
  const { schema, reducer } = variable
  const place = (key: string): Place => ({ nodeId: null, path: ['variables', name, key] })
  if (variable.default !== undefined) {
    for (const { pointer, message } of validateJson(schema, variable.default, budget).slice(0, mostFaults)) {
      const text = `The default ${shown(variable.default)} does not fit the schema of "${name}": ${message}`
      const found = errorAt(place('default'), 'default_mismatch', text, 'Change the default or the schema.')
      report({ ...found, path: `${found.path}${pointer}` })
    }
  }
  const types = basicTypesOf(schema)
  if (reducer !== undefined && types !== null && !types.has(reducedType[reducer])) {
    const message = `The reducer "${reducer}" needs a variable of type ${reducedType[reducer]}, but "${name}" is of type ${[...types].join(' or ')}.`
    report(errorAt(place('reducer'), 'reducer_mismatch', message, 'Change the reducer or the schema.'))
  }
}
