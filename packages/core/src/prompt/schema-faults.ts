import type { JsonFault, JsonSchema } from '../base/index.ts'
import { checkJsonSchema, defaultOf, escapePointer, StepBudget, validateJson } from '../base/index.ts'
import type { PromptContent } from './document-schema.ts'

/** For all schemas of a version, as many as for those of a workflow. */
const stepsForAll = 2_000_000

/**
 * What keeps the variables' schemas and the output schema from being JSON Schemas (draft 2020-12), and defaults from
 * fitting theirs, with JSON pointers into the content; empty when all are sound. All of them share the budget.
 */
export function schemaFaults(content: PromptContent, budget: StepBudget = new StepBudget(stepsForAll)): JsonFault[] {
  const variables = Object.entries(content.variables ?? {}).flatMap(([name, schema]) => {
    const faults = checkJsonSchema(schema, budget)
    return at(`/variables/${escapePointer(name)}`, faults.length > 0 ? faults : defaultFaults(schema, budget))
  })
  const { outputSchema } = content
  return outputSchema === undefined
    ? variables
    : [...variables, ...at('/outputSchema', checkJsonSchema(outputSchema, budget))]
}

/** A variable that is left out gets its default, which is checked then like any other value. */
function defaultFaults(schema: JsonSchema, budget: StepBudget): JsonFault[] {
  const value = defaultOf(schema)
  if (value === undefined) return []
  const faults = validateJson(schema, value, budget)
  return at(
    '/default',
    faults.map(({ pointer, message }) => ({ pointer, message: `The default does not fit: ${message}` })),
  )
}

function at(place: string, faults: readonly JsonFault[]): JsonFault[] {
  return faults.map(({ pointer, message }) => ({ pointer: place + pointer, message }))
}
