import type { JsonFault } from '../base/index.ts'
import { defaultOf, StepBudget, validateJson } from '../base/index.ts'
import { jsonPointer } from './diagnostic.ts'
import type { Workflow } from './document-schema.ts'

/**
 * What keeps these values from being a workflow's inputs: one that is missing, one that it does not have, or one that
 * does not fit its schema. An input whose schema has a default may be left out. Pointers begin with the input's name. Empty when they fit.
 */
export function inputFaults(inputs: Workflow['inputs'], values: Readonly<Record<string, unknown>>): JsonFault[] {
  const faults: JsonFault[] = []
  const budget = new StepBudget()
  for (const [name, schema] of Object.entries(inputs)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) {
      if (defaultOf(schema) === undefined) faults.push({ pointer: jsonPointer([name]), message: 'Is missing.' })
      continue
    }
    for (const { pointer, message } of validateJson(schema, value, budget)) {
      faults.push({ pointer: `${jsonPointer([name])}${pointer}`, message })
    }
  }
  const known = Object.keys(inputs)
  const inputsThere =
    known.length > 0
      ? `its inputs are ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`
      : 'it has none'
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(inputs, name)) continue
    faults.push({ pointer: jsonPointer([name]), message: `Is no input of the workflow; ${inputsThere}.` })
  }
  return faults
}
