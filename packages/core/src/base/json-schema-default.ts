import type { JsonSchema } from './json-schema-keyword.ts'

/** The schema's own `default`; undefined when it has none. */
export function defaultOf(schema: JsonSchema): unknown {
  return typeof schema === 'object' && Object.hasOwn(schema, 'default') ? schema.default : undefined
}

/** The values, and for every name that is missing the default of its schema, if it has one. */
export function withDefaults(
  schemas: Readonly<Record<string, JsonSchema>>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...values }
  for (const [name, schema] of Object.entries(schemas)) {
    if (Object.hasOwn(filled, name) && filled[name] !== undefined) continue
    const value = defaultOf(schema)
    if (value !== undefined) filled[name] = value
  }
  return filled
}
