import type { Evaluated, Evaluation, SoundSchema } from './json-schema-evaluation.ts'
import type { JsonSchema } from './json-schema-keyword.ts'

type Members = Readonly<Record<string, unknown>>
type Schemas = Readonly<Record<string, JsonSchema>>

/** What an object is held to, and its members, in the order in which it is reported. */
export function objectFits(run: Evaluation, schema: SoundSchema, value: Members, evaluated?: Evaluated): boolean {
  const keys = Object.keys(value)
  run.spend(keys.length)
  const covered = new Set<string>()
  const checks = [
    () => requiredFit(run, schema, value),
    () => sizeFits(run, schema, keys.length),
    () => dependentsFit(run, schema, value, evaluated),
    () => namesFit(run, schema, keys),
    () => propertiesFit(run, schema, value, covered),
    () => patternsFit(run, schema, value, keys, covered),
    () => othersFit(run, schema, value, keys, covered, evaluated),
  ]
  let fits = true
  for (const check of checks) {
    if (!check()) fits = false
    if (!fits && !run.isReporting) return false
  }
  return fits
}

function requiredFit(run: Evaluation, schema: SoundSchema, value: Members): boolean {
  let fits = true
  for (const name of (schema.required ?? []) as string[]) {
    run.spend(1)
    if (!Object.hasOwn(value, name)) fits = run.fault(() => `Is missing the required property "${name}".`)
    if (!fits && !run.isReporting) return false
  }
  return fits
}

function sizeFits(run: Evaluation, schema: SoundSchema, size: number): boolean {
  const { minProperties, maxProperties } = schema as Record<string, number | undefined>
  if (minProperties !== undefined && size < minProperties) {
    return run.fault(() => `The value does not have at least ${minProperties} properties.`)
  }
  if (maxProperties === undefined || size <= maxProperties) return true
  return run.fault(() => `The value has more than ${maxProperties} properties.`)
}

function dependentsFit(run: Evaluation, schema: SoundSchema, value: Members, evaluated?: Evaluated): boolean {
  let fits = true
  for (const [name, others] of Object.entries((schema.dependentRequired ?? {}) as Record<string, string[]>)) {
    run.spend(1)
    if (!Object.hasOwn(value, name)) continue
    run.spend(others.length)
    for (const other of others) {
      if (Object.hasOwn(value, other)) continue
      fits = run.fault(() => `The value has "${name}" but does not have "${other}".`)
    }
  }
  for (const [name, dependent] of Object.entries((schema.dependentSchemas ?? {}) as Schemas)) {
    run.spend(1)
    if (Object.hasOwn(value, name) && !run.fits(dependent, value, evaluated)) fits = false
  }
  return fits
}

function namesFit(run: Evaluation, schema: SoundSchema, keys: readonly string[]): boolean {
  const { propertyNames } = schema
  if (propertyNames === undefined) return true
  let fits = true
  for (const key of keys) if (!run.fitsBelow(key, propertyNames as JsonSchema, key)) fits = false
  return fits
}

function propertiesFit(run: Evaluation, schema: SoundSchema, value: Members, covered: Set<string>): boolean {
  let fits = true
  for (const [key, property] of Object.entries((schema.properties ?? {}) as Schemas)) {
    run.spend(1)
    if (!Object.hasOwn(value, key)) continue
    covered.add(key)
    if (!run.fitsBelow(key, property, value[key])) fits = false
    if (!fits && !run.isReporting) return false
  }
  return fits
}

function patternsFit(
  run: Evaluation,
  schema: SoundSchema,
  value: Members,
  keys: readonly string[],
  covered: Set<string>,
): boolean {
  let fits = true
  for (const [source, member] of Object.entries((schema.patternProperties ?? {}) as Schemas)) {
    const pattern = run.meaning.patterns.get(source)!
    for (const key of keys) {
      run.spend(1)
      if (!pattern.test(key, (visits) => run.spend(visits))) continue
      covered.add(key)
      if (!run.fitsBelow(key, member, value[key])) fits = false
    }
  }
  return fits
}

/** The members that no keyword has named: `additionalProperties`, then what is left to `unevaluatedProperties`. */
function othersFit(
  run: Evaluation,
  schema: SoundSchema,
  value: Members,
  keys: readonly string[],
  covered: Set<string>,
  evaluated: Evaluated | undefined,
): boolean {
  const { additionalProperties, unevaluatedProperties } = schema as Record<string, JsonSchema | undefined>
  const rest = additionalProperties ?? unevaluatedProperties
  let fits = true
  if (rest !== undefined) {
    for (const key of keys) {
      run.spend(1)
      if (covered.has(key) || (additionalProperties === undefined && evaluated?.has(key))) continue
      covered.add(key)
      if (!run.fitsBelow(key, rest, value[key])) fits = false
      if (!fits && !run.isReporting) return false
    }
  }
  if (evaluated !== undefined) for (const key of covered) evaluated.add(key)
  return fits
}
