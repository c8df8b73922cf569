import { FairleadError } from './error.ts'
import { arrayFits } from './json-schema-array.ts'
import { findSchemaFaults } from './json-schema-check.ts'
import type { Evaluated, Meaning, SoundSchema } from './json-schema-evaluation.ts'
import { Evaluation, jsonTypeOf, NotJson } from './json-schema-evaluation.ts'
import type { JsonFault } from './json-schema-fault.ts'
import { inPlaceChecks, reference } from './json-schema-in-place.ts'
import type { JsonSchema } from './json-schema-keyword.ts'
import { subschemas } from './json-schema-keyword.ts'
import { objectFits } from './json-schema-object.ts'
import { resolveReferences } from './json-schema-reference.ts'
import { numberFits, textFits, valueChecks } from './json-schema-value.ts'
import { LinearPattern } from './linear-pattern.ts'
import { BudgetSpent, StepBudget } from './step-budget.ts'

export type { JsonFault, JsonSchema }

interface Compiled {
  schema: SoundSchema
  meaning: Meaning
}

const compiledOf = new WeakMap<object, Compiled>()

/**
 * What keeps the value from fitting the schema (draft 2020-12, the usual formats asserted); empty when it fits. Whatever
 * the schema and the value are, it ends: a check that takes more steps than the budget has is a fault that says so.
 * Patterns are matched in linear time. The schema is not changed, and what was compiled of it is kept as long as it lives.
 * Throws `base.invalid_json_schema` with `data.faults` when the schema itself is none: check it before with `checkJsonSchema`.
 */
export function validateJson(schema: JsonSchema, value: unknown, budget: StepBudget = new StepBudget()): JsonFault[] {
  if (schema === true) return []
  if (schema === false) return [{ pointer: '', message: 'No value is allowed here.' }]
  try {
    let compiled = compiledOf.get(schema)
    if (!compiled) {
      compiled = compile(schema, budget)
      compiledOf.set(schema, compiled)
    }
    const evaluation = new Evaluation(compiled.meaning, budget, evaluate)
    return evaluation.fits(compiled.schema, value) ? [] : evaluation.faults
  } catch (error) {
    if (error instanceof FairleadError) throw error
    return [{ pointer: '', message: `Can't be checked: ${notCheckable(error)}.` }]
  }
}

function notCheckable(error: unknown): string {
  if (error instanceof BudgetSpent) return `it takes more than ${error.steps.toLocaleString('en')} steps`
  if (error instanceof RangeError) return 'it is nested too deeply'
  if (error instanceof NotJson) return 'it holds something that is not JSON'
  throw error
}

function evaluate(run: Evaluation, schema: SoundSchema, value: unknown, evaluated?: Evaluated): boolean {
  const type = jsonTypeOf(value)
  let fits = reference(run, schema, value, evaluated)
  for (const checks of [valueChecks, inPlaceChecks]) {
    for (const check of checks) {
      if (!fits && !run.isReporting) return false
      if (!check(run, schema, value, evaluated)) fits = false
    }
  }
  if (!fits && !run.isReporting) return false
  switch (type) {
    case 'object':
      return objectFits(run, schema, value as Record<string, unknown>, evaluated) && fits
    case 'array':
      return arrayFits(run, schema, value as unknown[], evaluated) && fits
    case 'number':
      return numberFits(run, schema, value as number) && fits
    case 'string':
      return textFits(run, schema, value as string) && fits
    default:
      return fits
  }
}

function compile(schema: object, budget: StepBudget): Compiled {
  const faults = findSchemaFaults(schema, budget)
  if (faults.length > 0) {
    const [first] = faults
    throw new FairleadError(
      'base.invalid_json_schema',
      `Not a JSON Schema: ${first!.message} At "${first!.pointer}".`,
      {
        data: { faults },
      },
    )
  }
  // Its owner may change the schema later, and what is kept of it must stay true.
  const own: SoundSchema = structuredClone(schema) as SoundSchema
  const patterns = new Map<string, LinearPattern>()
  let asksForRest = false
  const visit = (part: SoundSchema) => {
    asksForRest ||= part.unevaluatedItems !== undefined || part.unevaluatedProperties !== undefined
    const names = Object.keys(part.patternProperties ?? {})
    for (const source of part.pattern === undefined ? names : [...names, part.pattern as string]) {
      if (patterns.has(source)) continue
      const pattern = LinearPattern.compile(source) as LinearPattern
      patterns.set(source, pattern)
      budget.spend(pattern.size)
    }
    for (const below of subschemas(part)) if (typeof below.schema === 'object') visit(below.schema as SoundSchema)
  }
  visit(own)
  return { schema: own, meaning: { targets: resolveReferences(own).targets, patterns, asksForRest } }
}
