import type { JsonSchema } from '../base/index.ts'

/** The types of JSON; whole numbers count as numbers. */
export type BasicType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

const basicTypes: Record<string, BasicType> = {
  null: 'null',
  boolean: 'boolean',
  number: 'number',
  integer: 'number',
  string: 'string',
  array: 'array',
  object: 'object',
}

/** Schemas are compared this deep; what lies deeper counts as compatible. */
const deepest = 12

/** The types that values of a schema can have, or null when the schema does not tell. */
export function basicTypesOf(schema: JsonSchema | undefined): ReadonlySet<BasicType> | null {
  if (schema === undefined || typeof schema === 'boolean') return null
  const { type, const: constant, enum: values, anyOf, oneOf } = schema
  if (type !== undefined) return namedTypes(type)
  if (constant !== undefined) return new Set([typeOfValue(constant)])
  if (Array.isArray(values)) return new Set(values.map(typeOfValue))
  const alternatives = Array.isArray(anyOf) ? anyOf : oneOf
  return Array.isArray(alternatives) ? unionTypes(alternatives) : null
}

function namedTypes(type: unknown): ReadonlySet<BasicType> | null {
  const names = Array.isArray(type) ? type : [type]
  // A document may hold anything here: what is no name of a type says nothing.
  const isKnown = names.every((name) => typeof name === 'string' && Object.hasOwn(basicTypes, name))
  return isKnown ? new Set(names.map((name: string) => basicTypes[name]!)) : null
}

function unionTypes(alternatives: unknown[]): ReadonlySet<BasicType> | null {
  const union = new Set<BasicType>()
  for (const alternative of alternatives) {
    const { type } = asObject(alternative)
    const types = type === undefined ? null : namedTypes(type)
    if (types === null) return null
    for (const each of types) union.add(each)
  }
  return union
}

function typeOfValue(value: unknown): BasicType {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : (typeof value as BasicType)
}

export interface SchemaConflict {
  /** Where inside the value, as an author would write it: `.score`, `[]`; empty for the value itself. */
  at: string
  given: string
  wanted: string
}

/**
 * Where no value can fit both schemas by its basic types: what is `given` and what is `wanted` have none in common, as a
 * whole or in a property or list items that both describe. Null when they may fit, as far as types tell.
 */
export function schemaConflict(given: JsonSchema, wanted: JsonSchema, at = '', depth = 0): SchemaConflict | null {
  const [givenTypes, wantedTypes] = [basicTypesOf(given), basicTypesOf(wanted)]
  if (givenTypes === null || wantedTypes === null || depth > deepest) return null
  const shared = [...givenTypes].filter((type) => wantedTypes.has(type))
  if (shared.length === 0) return { at, given: [...givenTypes].join(' or '), wanted: [...wantedTypes].join(' or ') }
  if (shared.length > 1) return null
  const [left, right] = [asObject(given), asObject(wanted)]
  if (shared[0] === 'array') {
    return schemaConflict(asSchema(left.items), asSchema(right.items), `${at}[]`, depth + 1)
  }
  if (shared[0] !== 'object') return null
  const [properties, others] = [asObject(left.properties), asObject(right.properties)]
  for (const key of Object.keys(properties)) {
    if (!Object.hasOwn(others, key)) continue
    const conflict = schemaConflict(asSchema(properties[key]), asSchema(others[key]), `${at}.${key}`, depth + 1)
    if (conflict !== null) return conflict
  }
  return null
}

/** The schema of a list's elements; `true` when nothing is known of them. */
export function itemsOf(schema: JsonSchema): JsonSchema {
  return asSchema(asObject(schema).items)
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'boolean' ? value : typeof value === 'object' && value !== null ? (value as JsonSchema) : true
}
