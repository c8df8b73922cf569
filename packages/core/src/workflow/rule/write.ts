import type { JsonSchema } from '../../base/index.ts'
import { errorAt, inNode, shown } from '../diagnostic.ts'
import type { WorkflowNode, WorkflowVariable } from '../document-schema.ts'
import { reducedTypes } from '../reducer.ts'
import { basicTypesOf, itemsOf, schemaConflict } from '../schema-type.ts'
import { outputVariableOf, ownSchema, visibleWrites } from '../writes.ts'
import type { Subject } from './subject.ts'

/** What nodes write: to a variable that is declared, of a type that fits it, and from one branch only unless it reduces. */
export function checkWrites(subject: Subject): void {
  const { workflow, structure, opaque } = subject
  for (const [position, node] of workflow.nodes.entries()) {
    if (!opaque.has(node.id)) checkOutputVariable(subject, node, position)
  }
  const writesOf = visibleWrites(structure)
  const reported = new Set<string>()
  // Where branches meet, a node belongs to none of them: that is the fault to mend before any race can be told.
  const unclear = new Set(structure.faults.meetings.map(({ container }) => container))
  for (const [container, region] of structure.regions) {
    if (region.bodies.length < 2 || unclear.has(container)) continue
    const writers = new Map<string, { body: number; nodeId: string }[]>()
    for (const [body, { order }] of region.bodies.entries()) {
      for (const { nodeId, variable } of order.flatMap(writesOf)) {
        const found = writers.get(variable)
        if (found === undefined) writers.set(variable, [{ body, nodeId }])
        else found.push({ body, nodeId })
      }
    }
    for (const [variable, found] of writers) {
      const declared = Object.hasOwn(workflow.variables, variable) ? workflow.variables[variable] : undefined
      const [first] = found
      const second = found.find(({ body }) => body !== first!.body)
      if (declared === undefined || declared.reducer !== undefined || second === undefined) continue
      for (const { body, nodeId } of found) {
        const other = body === first!.body ? second : first!
        if (!reported.has(nodeId)) reportRace(subject, container, variable, nodeId, other.nodeId)
        reported.add(nodeId)
      }
    }
  }
}

function reportRace(
  { structure, report }: Subject,
  container: string,
  variable: string,
  nodeId: string,
  other: string,
): void {
  const message = `"${nodeId}" writes "${variable}", and so does "${other}" in another branch of "${container}".`
  const hint = `Give "${variable}" a reducer (append, merge or sum), or write to different variables.`
  const place = inNode(nodeId, structure.positions.get(nodeId)!, 'data', 'config', 'outputVariable')
  report(errorAt(place, 'concurrent_writes', message, hint))
}

function checkOutputVariable(subject: Subject, node: WorkflowNode, position: number): void {
  const { workflow, catalog, suggestions, report } = subject
  const name = outputVariableOf(node)
  if (name === null) return
  const place = inNode(node.id, position, 'data', 'config', 'outputVariable')
  if (!Object.hasOwn(workflow.variables, name)) {
    const isInput = Object.hasOwn(workflow.inputs, name)
    const message = isInput
      ? `"${name}" is an input, and inputs can't be written.`
      : `There is no variable ${shown(name)}.`
    const hint =
      `${suggestions.hint(name, () => Object.keys(workflow.variables))} Or declare it under "variables".`.trim()
    report(errorAt(place, isInput ? 'write_to_input' : 'undeclared_variable', message, hint))
    return
  }
  const given = ownSchema(catalog, node)
  if (given === undefined) return
  const fault = writeFault(given, name, workflow.variables[name]!)
  if (fault === null) return
  report(errorAt(place, 'write_mismatch', fault, `Change the schema of "${name}", or write to another variable.`))
}

/** Why what a node writes can't be a value of the variable, or null. */
export function writeFault(given: JsonSchema, name: string, variable: WorkflowVariable): string | null {
  const { reducer } = variable
  // To a list anything can be appended.
  const refused =
    reducer === undefined || reducer === 'append' ? null : schemaConflict(given, { type: reducedTypes[reducer] })
  if (refused !== null) {
    return `What is written is of type ${refused.given}, but the reducer "${reducer}" of "${name}" takes ${refused.wanted} only.`
  }
  const appendsElement = variable.reducer === 'append' && basicTypesOf(given)?.has('array') !== true
  const conflict = appendsElement
    ? schemaConflict(given, itemsOf(variable.schema))
    : schemaConflict(given, variable.schema)
  if (conflict === null) return null
  const what = conflict.at === '' ? 'What is written' : `"${conflict.at}" of what is written`
  const wanted = appendsElement ? `an element of "${name}"` : `"${name}${conflict.at}"`
  return `${what} is of type ${conflict.given}, but ${wanted} is of type ${conflict.wanted}.`
}
