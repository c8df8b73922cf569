import type { Schema } from '@cfworker/json-schema'
import { dereference, format, validate } from '@cfworker/json-schema'
import { FairleadError } from './error.ts'
import { checkJsonSchema } from './json-schema-check.ts'
import type { JsonFault } from './json-schema-fault.ts'
import { readableFaults } from './json-schema-fault.ts'
import type { JsonSchema } from './json-schema-keyword.ts'
import { subschemas } from './json-schema-keyword.ts'
import { LinearPattern } from './linear-pattern.ts'

export type { JsonFault, JsonSchema }

/** Arrays under `uniqueItems` are compared item by item with each other, so their length is bounded. */
const maxUniqueItems = 2_000
/** Values with more parts than this get their first fault only: every fault is copied on its way up. */
const maxPartsForAllFaults = 10_000

/** The formats of draft 2020-12 whose check takes linear time; other formats are annotations. */
const checkedFormats = new Set(
  'date time date-time duration uri uri-reference uri-template email hostname ipv4 ipv6 uuid json-pointer'.split(' '),
)

interface Compiled {
  schema: Schema
  lookup: Record<string, Schema | boolean>
  patterns: Map<string, LinearPattern>
  /** Where `patternProperties` stood, to be filled with the names that match. */
  namePatterns: { pattern: LinearPattern; below: Schema | boolean; into: Record<string, Schema | boolean> }[]
}

const compiledOf = new WeakMap<object, Compiled>()

/**
 * What keeps the value from fitting the schema (draft 2020-12, formats of `checkedFormats` asserted); empty when it fits.
 * Patterns are matched in linear time. The schema is not changed, and what was compiled of it is kept as long as it lives.
 * Throws `base.invalid_json_schema` with `data.faults` when the schema itself is none: check it before with `checkJsonSchema`.
 */
export function validateJson(schema: JsonSchema, value: unknown): JsonFault[] {
  if (schema === true) return []
  if (schema === false) return [{ pointer: '', message: 'No value is allowed here.' }]
  let compiled = compiledOf.get(schema)
  if (!compiled) {
    compiled = compile(schema)
    compiledOf.set(schema, compiled)
  }
  return run(compiled, value)
}

function run(compiled: Compiled, value: unknown): JsonFault[] {
  // The validator builds regular expressions of `pattern` itself, which may backtrack for ever. It has no hook for them
  // but the table of formats, so patterns are formats for the time of this call.
  for (const [name, pattern] of compiled.patterns) format[name] = (text) => pattern.test(text)
  try {
    fillNamePatterns(compiled, value)
    const first = validate(value, compiled.schema, '2020-12', compiled.lookup, true)
    if (first.valid) return []
    if (countParts(value, maxPartsForAllFaults) >= maxPartsForAllFaults) return readableFaults(first.errors)
    return readableFaults(validate(value, compiled.schema, '2020-12', compiled.lookup, false).errors)
  } catch (error) {
    return [{ pointer: '', message: `Can't be checked: ${notCheckable(error)}.` }]
  } finally {
    for (const name of compiled.patterns.keys()) delete format[name]
  }
}

/** What the validator throws on: values that are not JSON, or nested deeper than the stack. */
function notCheckable(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply'
  if (error instanceof URIError) return 'a key holds a lone surrogate'
  return 'it holds something that is not JSON'
}

function compile(schema: object): Compiled {
  const faults = checkJsonSchema(schema)
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
  // The validator writes into the schema, and it may be frozen or shared.
  const own: Schema = structuredClone(schema)
  const compiled: Compiled = { schema: own, lookup: {}, patterns: new Map(), namePatterns: [] }
  rewrite(own, compiled)
  compiled.lookup = dereference(own)
  return compiled
}

/** Takes out the keywords that the validator would evaluate in more than linear time. */
function rewrite(schema: Schema, compiled: Compiled): void {
  for (const below of subschemas(schema))
    if (typeof below.schema === 'object') rewrite(below.schema as Schema, compiled)
  const and: Schema[] = []
  if (schema.format !== undefined && !checkedFormats.has(schema.format)) delete schema.format
  if (schema.pattern !== undefined) {
    const name = `pattern ${schema.pattern}`
    compiled.patterns.set(name, linear(schema.pattern))
    and.push({ format: name })
    delete schema.pattern
  }
  if (schema.uniqueItems === true) {
    and.push({ maxItems: maxUniqueItems }, { if: { minItems: maxUniqueItems + 1 }, else: { uniqueItems: true } })
    delete schema.uniqueItems
  }
  for (const [pattern, below] of Object.entries(schema.patternProperties ?? {})) {
    compiled.namePatterns.push({ pattern: linear(pattern), below, into: schema.patternProperties! })
  }
  if (and.length > 0) schema.allOf = [...(schema.allOf ?? []), ...and]
}

/** Puts the names of this value in the place of each name pattern, as plain alternatives that can't backtrack. */
function fillNamePatterns(compiled: Compiled, value: unknown): void {
  if (compiled.namePatterns.length === 0) return
  const names = new Set<string>()
  collectNames(value, names)
  for (const { into } of compiled.namePatterns) for (const key of Object.keys(into)) delete into[key]
  for (const [index, { pattern, below, into }] of compiled.namePatterns.entries()) {
    const matching = [...names].filter((name) => pattern.test(name)).map(escapePattern)
    // The group's name keeps two patterns with the same names apart.
    if (matching.length > 0) into[`^(?<p${index}>${matching.join('|')})$`] = below
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function collectNames(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectNames(item, names)
  else if (isRecord(value)) {
    for (const [name, below] of Object.entries(value)) {
      names.add(name)
      collectNames(below, names)
    }
  }
}

function countParts(value: unknown, limit: number): number {
  let parts = 1
  if (typeof value !== 'object' || value === null) return parts
  for (const below of Object.values(value)) {
    if (parts >= limit) break
    parts += countParts(below, limit - parts)
  }
  return parts
}

function linear(source: string): LinearPattern {
  const pattern = LinearPattern.compile(source)
  if (typeof pattern !== 'string') return pattern
  throw new FairleadError('base.invalid_json_schema', `The pattern "${source}" can't be used: ${pattern}.`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
