import type { Check, Evaluated, Evaluation, SoundSchema } from './json-schema-evaluation.ts'
import type { JsonSchema } from './json-schema-keyword.ts'

type Schemas = readonly JsonSchema[]

/** The keywords that hold the very value to other schemas, in the order in which they report. */
export const inPlaceChecks: readonly Check<unknown>[] = [not, anyOf, allOf, oneOf, ifThenElse]

/** `$ref` */
export function reference(run: Evaluation, schema: SoundSchema, value: unknown, evaluated?: Evaluated): boolean {
  if (schema.$ref === undefined) return true
  return run.fits(run.meaning.targets.get(schema) as JsonSchema, value, evaluated)
}

function not(run: Evaluation, schema: SoundSchema, value: unknown): boolean {
  if (schema.not === undefined || !run.tries(schema.not as JsonSchema, value)) return true
  return run.fault(() => 'Is of the one kind that is not allowed.')
}

function anyOf(run: Evaluation, schema: SoundSchema, value: unknown, evaluated?: Evaluated): boolean {
  if (schema.anyOf === undefined) return true
  let fits = false
  for (const alternative of schema.anyOf as Schemas) {
    if (run.tries(alternative, value, evaluated)) fits = true
    // Where nothing asks what was looked at, the others can't change the answer.
    if (fits && evaluated === undefined) break
  }
  return fits || run.fault(() => 'Fits none of the allowed alternatives.')
}

function allOf(run: Evaluation, schema: SoundSchema, value: unknown, evaluated?: Evaluated): boolean {
  let fits = true
  for (const each of (schema.allOf ?? []) as Schemas) {
    if (!run.fits(each, value, evaluated)) fits = false
    if (!fits && !run.isReporting) return false
  }
  return fits
}

function oneOf(run: Evaluation, schema: SoundSchema, value: unknown, evaluated?: Evaluated): boolean {
  if (schema.oneOf === undefined) return true
  const fitting = (schema.oneOf as Schemas).filter((alternative) => run.tries(alternative, value, evaluated)).length
  if (fitting === 1) return true
  return run.fault(() => `Must fit exactly one of the alternatives, but fits ${fitting}.`)
}

function ifThenElse(run: Evaluation, schema: SoundSchema, value: unknown, evaluated?: Evaluated): boolean {
  if (schema.if === undefined) return true
  const next = run.tries(schema.if as JsonSchema, value, evaluated) ? schema.then : schema.else
  return next === undefined || run.fits(next as JsonSchema, value, evaluated)
}
