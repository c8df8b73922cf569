import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from './json-schema.ts'
import { validateJson } from './json-schema.ts'
import { checkJsonSchema } from './json-schema-check.ts'

const address: JsonSchema = {
  type: 'object',
  required: ['city'],
  additionalProperties: false,
  properties: {
    city: { type: 'string', minLength: 1 },
    'a/b': { type: ['integer', 'null'] },
    kind: { enum: ['home', 'work'] },
  },
}

describe('validateJson', () => {
  test('a value that fits has no faults', () => {
    expect(validateJson(address, { city: 'Rome', 'a/b': null, kind: 'home' })).toEqual([])
    expect(validateJson(true, 1)).toEqual([])
  })

  test('every fault is reported once, at its place, in words', () => {
    expect(validateJson(address, { city: '', 'a/b': 1.5, kind: 'x', zip: 1 })).toEqual([
      { pointer: '/city', message: 'String is too short (0 < 1).' },
      { pointer: '/a~1b', message: 'Must be integer or null, not number.' },
      { pointer: '/kind', message: 'Must be one of "home","work".' },
      { pointer: '/zip', message: 'Is not allowed here.' },
    ])
    expect(validateJson(address, {})).toEqual([{ pointer: '', message: 'Is missing the required property "city".' }])
    expect(validateJson(false, 1)).toEqual([{ pointer: '', message: 'No value is allowed here.' }])
  })

  test('of alternatives only the choice is reported', () => {
    const schema = { properties: { a: { anyOf: [{ type: 'string' }, { type: 'object', required: ['x'] }] } } }
    expect(validateJson(schema, { a: {} })).toEqual([
      { pointer: '/a', message: 'Fits none of the allowed alternatives.' },
    ])
  })

  test('local references are followed, also through recursion', () => {
    const tree = {
      $ref: '#/$defs/tree',
      $defs: { tree: { properties: { value: { type: 'number' }, left: { $ref: '#/$defs/tree' } } } },
    }
    expect(validateJson(tree, { value: 1, left: { value: 2, left: { value: 'x' } } })).toEqual([
      { pointer: '/left/left/value', message: 'Must be number, not string.' },
    ])
  })

  test('references lead to parts with an address or an anchor of their own', () => {
    const schema = {
      $id: 'https://a.example/root',
      properties: {
        a: { $ref: 'part#/$defs/b%20~1c' },
        d: { $ref: 'part' },
        e: { $ref: '#here' },
        f: { $ref: '#/$defs' },
      },
      $defs: {
        part: { $id: 'part', type: 'string', $defs: { 'b /c': { $ref: '#' } } },
        anchored: { $anchor: 'here', type: 'null' },
        true: true,
      },
    }
    expect(checkJsonSchema(schema)).toEqual([expect.objectContaining({ pointer: '/properties/f/$ref' })])
    const { f: _, ...properties } = schema.properties
    const value = { a: 1, d: 'd', e: 0 }
    expect(validateJson({ ...schema, properties }, value).map(({ pointer }) => pointer)).toEqual(['/a', '/e'])
  })

  test('what no other keyword has looked at is left to unevaluated…', () => {
    const schema = {
      properties: { a: true },
      anyOf: [{ properties: { b: { type: 'number' } }, required: ['b'] }, { patternProperties: { '^c': true } }],
      if: { required: ['d'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { e: true } },
      unevaluatedProperties: false,
    }
    expect(validateJson(schema, { a: 1, b: 1, c: 1 })).toEqual([])
    const places = (value: unknown) => validateJson(schema, value).map(({ pointer }) => pointer)
    expect(places({ b: 'no number', e: 1 })).toEqual(['/b', '/e'])
    expect(places({ d: 1, e: 1 })).toEqual(['/d'])
    const list = { prefixItems: [true], contains: { type: 'string' }, unevaluatedItems: false }
    expect(validateJson(list, [1, 'a', 2]).map(({ pointer }) => pointer)).toEqual(['/2'])
  })

  test('patterns of values and of names are matched', () => {
    const schema = {
      properties: { slug: { type: 'string', pattern: '^([a-z0-9]+-)*[a-z0-9]+$', format: 'unheard-of' } },
      patternProperties: { '^x-': { type: 'number' }, '-id$': { minimum: 10 } },
      additionalProperties: false,
    }
    expect(validateJson(schema, { slug: 'a-b-c', 'x-id': 12, 'x-n': 1 })).toEqual([])
    expect(validateJson(schema, { slug: 'A', 'x-id': 5, 'x-(.*)': 'a', other: 1 })).toEqual([
      { pointer: '/slug', message: 'Must match the pattern "^([a-z0-9]+-)*[a-z0-9]+$".' },
      { pointer: '/x-(.*)', message: 'Must be number, not string.' },
      { pointer: '/x-id', message: '5 is less than 10.' },
      { pointer: '/other', message: 'Is not allowed here.' },
    ])
    // The names of the value before leave no trace.
    expect(validateJson(schema, { 'y-id': 5 })).toEqual([{ pointer: '/y-id', message: '5 is less than 10.' }])
  })

  test('a property may be called like a keyword, and a keyword may stand in data', () => {
    const schema = {
      properties: { pattern: { type: 'string' }, uniqueItems: true, format: { const: { pattern: '(' } } },
      default: { pattern: '(' },
    }
    expect(checkJsonSchema(schema)).toEqual([])
    expect(validateJson(schema, { pattern: 'x', uniqueItems: 1, format: { pattern: '(' } })).toEqual([])
    expect(validateJson(schema, { pattern: 1 })).toHaveLength(1)
  })

  test('a frozen schema is left alone', () => {
    const schema = Object.freeze({ type: 'string', pattern: '^a' })
    expect(validateJson(schema, 'b')).toHaveLength(1)
    expect(Object.getOwnPropertyNames(schema)).toEqual(['type', 'pattern'])
  })

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])('%s is a name like any other', (name) => {
    const value = JSON.parse(`{"${name}": 1}`)
    const declared = JSON.parse(`{"properties": {"${name}": {"type": "string"}}, "additionalProperties": false}`)
    expect(validateJson(declared, value)).toEqual([{ pointer: `/${name}`, message: 'Must be string, not number.' }])
    expect(validateJson({ additionalProperties: false }, value)).toHaveLength(1)
    expect(validateJson({ required: [name] }, {})).toHaveLength(1)
    expect(validateJson({ format: name, type: 'number', [name]: 1 }, 1)).toEqual([])
  })

  test('what is not JSON is a fault, not a crash', () => {
    let deep: unknown = 1
    for (let index = 0; index < 100_000; index++) deep = [deep]
    const schema = { $id: 'https://example.com/list', items: { $ref: '#' } }
    expect(validateJson(schema, deep)).toEqual([{ pointer: '', message: "Can't be checked: it is nested too deeply." }])
    expect(validateJson({ properties: { a: { type: 'string' } } }, { a: undefined })).toHaveLength(1)
    expect(validateJson({ type: 'string' }, () => 1)).toHaveLength(1)
    expect(validateJson({ additionalProperties: { type: 'string' } }, { '\ud800': 1 })).toHaveLength(1)
  })

  test('a schema that is none is refused with all its faults', () => {
    const schema = { type: 'strin', required: 'a' }
    expect(() => validateJson(schema, 1)).toThrow(
      expect.objectContaining({ code: 'base.invalid_json_schema', data: { faults: checkJsonSchema(schema) } }),
    )
  })

  test('type, required and range agree with their plain definitions', () => {
    const value = fc.jsonValue()
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b'), value), fc.integer(), (object, minimum) => {
        const schema = { properties: { a: { type: 'integer', minimum } }, required: ['b'] }
        const fits = !('a' in object) || (Number.isInteger(object.a) && (object.a as number) >= minimum)
        expect(validateJson(schema, object).length === 0).toBe(fits && 'b' in object)
      }),
    )
  })
})

describe('checkJsonSchema', () => {
  test.each<[string, unknown]>([
    ['a boolean', true],
    ['an empty object', {}],
    ['unknown keywords', { 'x-order': 1, widget: { type: 5 } }],
    [
      'everything at once',
      {
        ...(address as object),
        $defs: { a: { $anchor: 'here' } },
        items: { $ref: '#here' },
        allOf: [{}],
      },
    ],
    ['a recursive tree', { properties: { left: { $ref: '#' } } }],
    ['escapes of ECMAScript', { pattern: '^\\u0041\\d+\\/\\-$' }],
  ])('%s is a schema', (_name, schema) => {
    expect(checkJsonSchema(schema)).toEqual([])
  })

  test.each<[unknown, string]>([
    [null, ''],
    ['string', ''],
    [[{}], ''],
    [{ type: 'strin' }, '/type'],
    [{ type: ['string', 'text'] }, '/type/1'],
    [{ type: [] }, '/type'],
    [{ required: 'name' }, '/required'],
    [{ required: ['a', 'a'] }, '/required'],
    [{ required: [1] }, '/required'],
    [{ properties: [] }, '/properties'],
    [{ properties: { 'a/b': { type: 1 } } }, '/properties/a~1b/type'],
    [{ items: [{}] }, '/items'],
    [{ items: 'string' }, '/items'],
    [{ prefixItems: [{}, 3] }, '/prefixItems/1'],
    [{ anyOf: [] }, '/anyOf'],
    [{ enum: 'a' }, '/enum'],
    [{ minLength: -1 }, '/minLength'],
    [{ maximum: '3' }, '/maximum'],
    [{ multipleOf: 0 }, '/multipleOf'],
    [{ uniqueItems: 'yes' }, '/uniqueItems'],
    [{ pattern: '(' }, '/pattern'],
    [{ pattern: '(?=a)' }, '/pattern'],
    [{ pattern: '(a)\\1' }, '/pattern'],
    [{ pattern: 'a'.repeat(2_000) }, '/pattern'],
    [{ patternProperties: { '[': {} } }, '/patternProperties/['],
    [{ $ref: '#/$defs/nowhere' }, '/$ref'],
    [{ properties: { a: { $ref: 'https://example.com/other.json' } } }, '/properties/a/$ref'],
    [{ $ref: '#/x-parts', 'x-parts': { pattern: '(?=a)' } }, '/$ref'],
    [{ $ref: '#/$defs/a/%', $defs: { a: {} } }, '/$ref'],
    [{ $id: 'http://[' }, '/$id'],
    [{ $id: 'https://a.example', items: { $id: 'https://a.example/' } }, '/items/$id'],
    [{ $ref: '#' }, '/$ref'],
    [{ anyOf: [{ type: 'null' }, { $ref: '#/$defs/a' }], $defs: { a: { allOf: [{ $ref: '#' }] } } }, '/anyOf/1/$ref'],
  ])('%.80j is refused at %s', (schema, pointer) => {
    expect(checkJsonSchema(schema)[0]).toEqual({ pointer, message: expect.any(String) })
  })

  test('a schema nested ten thousand deep is refused, not followed', () => {
    let schema: unknown = {}
    for (let index = 0; index < 10_000; index++) schema = { items: schema }
    expect(checkJsonSchema(schema)).toHaveLength(1)
  })

  test('it never throws, and what it lets through can be used', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'required',
      'enum',
      'pattern',
      '$ref',
      '$id',
      'anyOf',
      'format',
      'minimum',
      'uniqueItems',
    )
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('string', 'object', '#', '#/properties/a', '^a', true, {}))
    fc.assert(
      fc.property(fc.dictionary(keyword, value), fc.jsonValue(), (schema, instance) => {
        if (checkJsonSchema(schema).length === 0) expect(Array.isArray(validateJson(schema, instance))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
