import { expect, test } from 'vitest'
import type { JsonSchema } from '../base/json-schema.ts'
import { compileExpression } from './expression.ts'
import { missingMember } from './schema-path.ts'

const text = { type: 'string' }
const a = { type: 'object', properties: { a: text } }

const open: [string, JsonSchema][] = [
  ['allOf', { ...a, allOf: [{ properties: { b: text } }] }],
  ['oneOf', { ...a, oneOf: [{ properties: { a: text } }, { properties: { b: text } }] }],
  ['anyOf', { ...a, anyOf: [{ properties: { b: text } }, { required: ['a'] }] }],
  ['if', { ...a, if: false, else: { properties: { b: text } } }],
  ['if inside allOf', { ...a, allOf: [{ if: false, else: { properties: { b: text } } }] }],
  [
    'if beside allOf',
    { type: 'object', allOf: [{ properties: { a: text } }], if: false, else: { properties: { b: text } } },
  ],
  ['a $ref', { ...a, $ref: '#/$defs/q', $defs: { q: { properties: { b: text } } } }],
  ['a $ref out of the schema', { ...a, $ref: 'https://example.com/q' }],
  ['a $dynamicRef', { ...a, $dynamicRef: '#q' }],
  ['dependentSchemas', { ...a, dependentSchemas: { a: { properties: { b: text } } } }],
  ['a schema of unevaluatedProperties', { ...a, unevaluatedProperties: text }],
  ['unevaluatedProperties beside allOf', { ...a, allOf: [{ properties: { c: text } }], unevaluatedProperties: true }],
  ['additionalProperties', { ...a, additionalProperties: true }],
  ['no properties', { type: 'object' }],
  ['no type', {}],
]

test.each(open)('a member that %s may bring can be read, in a template and in an expression', (_, x) => {
  expect(missingMember(x, ['b'])).toBeNull()
  expect(compileExpression('x.b', { x }).diagnostics).toEqual([])
})

const closed: [string, JsonSchema][] = [
  ['others are not mentioned', a],
  ['the type is not, either', { properties: { a: text } }],
  [
    'no part lists it',
    { ...a, allOf: [{ properties: { c: text } }], anyOf: [{ required: ['a'] }, { required: ['c'] }] },
  ],
  ['there are no others', { ...a, additionalProperties: false, allOf: [{ additionalProperties: true }] }],
  ['there are no unevaluated ones', { ...a, unevaluatedProperties: false }],
  ['the value is a text', text],
]

test.each(closed)('a member can not be read where %s, in a template and in an expression', (_, x) => {
  expect(missingMember(x, ['b'])).toMatchObject({ at: 0 })
  expect(compileExpression('x.b', { x }).diagnostics).toHaveLength(1)
})

test('a number is a position in a list, or a member of an object', () => {
  const list: JsonSchema = { type: 'array', items: a }
  expect(missingMember(list, ['0', 'a'])).toBeNull()
  expect(missingMember(list, ['0', 'b'])).toEqual({ at: 1, known: ['a'] })
  expect(missingMember(list, ['first'])).toEqual({ at: 0, known: [] })
  expect(missingMember(a, ['0'])).toEqual({ at: 0, known: ['a'] })
  expect(missingMember({ type: ['array', 'object'] }, ['0', 'x'])).toBeNull()
})
