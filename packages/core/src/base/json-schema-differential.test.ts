import { validate } from '@cfworker/json-schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { validateJson } from './json-schema.ts'

const name = fc.constantFrom('a', 'b', 'c')
const count = fc.integer({ min: 0, max: 3 })
const scalar = fc.constantFrom<unknown[]>(null, true, false, 0, 1, 2, 3, 0.3, -1, 1.5, '', 'a', 'b', 'ab', 'abc', '😀')
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }),
  ),
})).any

const schema = fc.letrec((tie) => {
  const schemas = fc.array(tie('any'), { minLength: 1, maxLength: 3 })
  const keywords = {
    type: fc.oneof(
      fc.constantFrom('null', 'boolean', 'number', 'integer', 'string', 'array', 'object'),
      fc.constant(['integer', 'object', 'array']),
    ),
    const: value,
    enum: fc.array(value, { maxLength: 4 }),
    minimum: count,
    maximum: count,
    exclusiveMinimum: count,
    exclusiveMaximum: count,
    multipleOf: fc.constantFrom(0.1, 0.5, 1, 2),
    minLength: count,
    maxLength: count,
    pattern: fc.constantFrom('^a', 'b$', '^.$'),
    minItems: count,
    maxItems: count,
    uniqueItems: fc.boolean(),
    prefixItems: schemas,
    items: tie('any'),
    contains: tie('any'),
    required: fc.uniqueArray(name, { maxLength: 2 }),
    minProperties: count,
    maxProperties: count,
    properties: fc.dictionary(name, tie('any'), { maxKeys: 2 }),
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'b|c'), tie('any'), { maxKeys: 2 }),
    additionalProperties: tie('any'),
    propertyNames: tie('any'),
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
    dependentSchemas: fc.dictionary(name, tie('any'), { maxKeys: 2 }),
    not: tie('any'),
    anyOf: schemas,
    allOf: schemas,
    oneOf: schemas,
    if: tie('any'),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: tie('any'),
    else: tie('any'),
  }
  const keyword = fc.oneof(...Object.entries(keywords).map(([key, held]) => held.map((each) => [key, each] as const)))
  const record = fc.array(keyword, { minLength: 1, maxLength: 3 }).map((entries) => Object.fromEntries(entries))
  return { any: fc.oneof({ depthSize: 'small', maxDepth: 3 }, fc.boolean(), record) }
}).any as fc.Arbitrary<boolean | object>

test('what fits agrees with another validator', () => {
  fc.assert(
    fc.property(schema, value, (schema, value) => {
      const { valid } = validate(value, structuredClone(schema), '2020-12')
      expect(validateJson(schema as never, value).length === 0).toBe(valid)
    }),
    { numRuns: 5_000 },
  )
})
