/** A JSON Schema, draft 2020-12; `true` takes anything, `false` nothing. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** What the value of a keyword must be; the keywords of draft 2020-12 and the two older ones that are still met. */
export type KeywordShape =
  | 'schema'
  | 'schemas'
  | 'schema map'
  | 'type'
  | 'names'
  | 'name lists'
  | 'count'
  | 'number'
  | 'positive number'
  | 'boolean'
  | 'text'
  | 'pattern'
  | 'pattern map'
  | 'values'

const keywordsOf: Record<KeywordShape, string> = {
  schema:
    'items contains additionalProperties propertyNames unevaluatedItems unevaluatedProperties not if then else contentSchema',
  schemas: 'allOf anyOf oneOf prefixItems',
  'schema map': '$defs definitions properties dependentSchemas',
  'pattern map': 'patternProperties',
  type: 'type',
  names: 'required',
  'name lists': 'dependentRequired',
  count: 'minLength maxLength minItems maxItems minContains maxContains minProperties maxProperties',
  number: 'minimum maximum exclusiveMinimum exclusiveMaximum',
  'positive number': 'multipleOf',
  boolean: 'uniqueItems deprecated readOnly writeOnly',
  text: '$schema $id $ref $anchor $comment title description format contentEncoding contentMediaType',
  pattern: 'pattern',
  values: 'enum examples',
}

/** What each known keyword's value must be. Unknown keywords are annotations. */
export const keywordShapes: ReadonlyMap<string, KeywordShape> = new Map(
  Object.entries(keywordsOf).flatMap(([shape, names]) => names.split(' ').map((name) => [name, shape as KeywordShape])),
)

/** Keywords whose schemas apply to the very value that the schema around them applies to. */
export const inPlaceKeywords: ReadonlySet<string> = new Set(
  'allOf anyOf oneOf not if then else dependentSchemas'.split(' '),
)

/** The schemas directly inside a schema, each with its keyword and its JSON pointer from there. */
export function subschemas(schema: object): { keyword: string; pointer: string; schema: unknown }[] {
  const found: { keyword: string; pointer: string; schema: unknown }[] = []
  for (const [keyword, value] of Object.entries(schema)) {
    const shape = keywordShapes.get(keyword)
    if (shape === 'schema') found.push({ keyword, pointer: `/${keyword}`, schema: value })
    if (shape !== 'schemas' && shape !== 'schema map' && shape !== 'pattern map') continue
    if (typeof value !== 'object' || value === null || Array.isArray(value) !== (shape === 'schemas')) continue
    for (const [key, below] of Object.entries(value)) {
      found.push({ keyword, pointer: `/${keyword}/${escapePointer(key)}`, schema: below })
    }
  }
  return found
}

/** A key as one token of a JSON pointer (RFC 6901 §3). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
