import type { JsonFault, JsonSchema } from '../base/index.ts'
import { checkJsonSchema, FairleadError, StepBudget, validateJson } from '../base/index.ts'
import type { Workflow, WorkflowVariable } from '../workflow/index.ts'

/** Throws `workflow.unfit_write` for a value that can't be written to its variable. */
export type WriteCheck = (nodeId: string, value: unknown) => void

/** By variable, what judges the values that nodes write to it; a variable that takes anything has none. */
export function writeChecks({ variables }: Workflow): ReadonlyMap<string, WriteCheck> {
  const checks = new Map<string, WriteCheck>()
  for (const [name, variable] of Object.entries(variables)) {
    const schema = writtenSchema(variable)
    // A part of a schema may refer to what is not in it: then nothing is claimed.
    if (isTrivial(schema) || (variable.reducer !== undefined && checkJsonSchema(schema).length > 0)) continue
    checks.set(name, (nodeId, value) => {
      const fault = faultOf(schema, value, variable)
      if (fault !== undefined) throw unfit(nodeId, name, fault)
    })
  }
  return checks
}

/** What may be written: a value of the variable, or where a reducer adds it to others, a part of one. */
function writtenSchema({ schema, reducer }: WorkflowVariable): JsonSchema {
  if (reducer === undefined) return schema
  const known = typeof schema === 'object' ? schema : {}
  const { $schema, $id, $defs, definitions } = known
  const around = given({ $schema, $id, $defs, definitions })
  switch (reducer) {
    case 'append':
      return isTrivial(known.items) ? true : { ...around, type: 'array', ...given({ items: known.items }) }
    case 'merge': {
      // Not `required` and the like: those are for the whole, and this is the part that changes.
      const { properties, patternProperties, additionalProperties } = known
      return { ...around, type: 'object', ...given({ properties, patternProperties, additionalProperties }) }
    }
    case 'sum':
      return { type: known.type === 'integer' ? 'integer' : 'number' }
  }
}

function given(keywords: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))
}

function isTrivial(schema: unknown): boolean {
  if (schema === undefined || schema === true) return true
  return typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0
}

function faultOf(schema: JsonSchema, value: unknown, { reducer }: WorkflowVariable): JsonFault | undefined {
  const isElement = reducer === 'append' && !Array.isArray(value)
  const budget = new StepBudget()
  const [fault] = validateJson(schema, isElement ? [value] : value, budget)
  // What is too large to be checked is no fault of the value's.
  if (fault === undefined || budget.isSpent) return undefined
  return isElement ? { ...fault, pointer: fault.pointer.replace(/^\/0/, '') } : fault
}

function unfit(nodeId: string, variable: string, { pointer, message }: JsonFault): FairleadError {
  const where = pointer === '' ? '' : ` at "${pointer}"`
  const what = `The node "${nodeId}" gave a value that the variable "${variable}" does not take${where}`
  const advice = `Change what the node gives, or the schema of "${variable}".`
  return new FairleadError('workflow.unfit_write', `${what}: ${message} ${advice}`, {
    data: { nodeId, variable, pointer },
  })
}
