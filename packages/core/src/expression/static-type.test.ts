import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../base/json-schema.ts'
import { validateJson } from '../base/json-schema.ts'
import { compileExpression } from './expression.ts'

const person: JsonSchema = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
}
const declarations: Record<string, JsonSchema> = {
  person,
  people: { type: 'array', items: person },
  n: { type: 'number' },
  note: { type: ['string', 'null'] },
  maybe: { anyOf: [person, { type: 'null' }] },
  either: {
    oneOf: [
      { type: 'object', properties: { a: { type: 'string' } } },
      { type: 'object', properties: { b: { type: 'number' } } },
    ],
  },
  mixed: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  both: {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } } },
      { type: 'object', properties: { b: { type: 'number' } } },
    ],
  },
  level: { enum: ['low', 'high'] },
  fixed: { const: 3 },
  tree: {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'number' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      },
    },
  },
  recursive: { type: 'object', properties: { next: { $ref: '#' }, value: { type: 'string' } } },
  circular: { $ref: '#' },
  remote: { $ref: 'https://example.com/schema.json' },
  untyped: { properties: { a: { type: 'string' } } },
  any: true,
  nothing: false,
  tuple: { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } },
  escaped: { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': { type: 'string' } } },
}

function inspect(source: string) {
  const { type, resultSchema, diagnostics, references } = compileExpression(source, declarations)
  return { type, resultSchema, codes: diagnostics.map(({ code }) => code), references }
}

describe('the type and the schema of the result', () => {
  test.each<[string, string, JsonSchema]>([
    ['person', 'map', person],
    ['person.name', 'string', { type: 'string' }],
    ['person.age', 'number', { type: 'integer' }],
    ['people', 'list', { type: 'array', items: person }],
    ['people[0]', 'map', person],
    ['people[0].name', 'string', { type: 'string' }],
    ['people.filter(p, p.age > 3)', 'list', { type: 'array', items: person }],
    ['people.map(p, p.name)', 'list', { type: 'array', items: { type: 'string' } }],
    ['people.map(p, p.age + 1)[0]', 'number', { type: 'number' }],
    ['people + people', 'list', { type: 'array', items: person }],
    ['people.all(p, true)', 'bool', { type: 'boolean' }],
    ["person.name.split(',')", 'list', { type: 'array', items: { type: 'string' } }],
    ['size(people)', 'number', { type: 'integer' }],
    ['n + 1', 'number', { type: 'number' }],
    ['1 + 1', 'number', { type: 'integer' }],
    [
      "n > 1 ? 'a' : 'b'",
      'string',
      {
        anyOf: [
          { type: 'string', const: 'a' },
          { type: 'string', const: 'b' },
        ],
      },
    ],
    [
      "n > 1 ? 'a' : 2",
      'dyn',
      {
        anyOf: [
          { type: 'string', const: 'a' },
          { type: 'integer', const: 2 },
        ],
      },
    ],
    ['n > 1 ? person : person', 'map', person],
    ['n > 1 ? person.name : null', 'string', { anyOf: [{ type: 'string' }, { type: 'null', const: null }] }],
    [
      "{'who': person.name, 'n': 1}",
      'map',
      {
        type: 'object',
        properties: { who: { type: 'string' }, n: { type: 'integer', const: 1 } },
        required: ['who', 'n'],
        additionalProperties: false,
      },
    ],
    ["{'who': person.name}.who", 'string', { type: 'string' }],
    ['{person.name: 1}', 'map', { type: 'object' }],
    ['[]', 'list', { type: 'array' }],
    [
      '[1, 2.5]',
      'list',
      {
        type: 'array',
        items: {
          anyOf: [
            { type: 'integer', const: 1 },
            { type: 'number', const: 2.5 },
          ],
        },
      },
    ],
    ['note', 'string', { type: ['string', 'null'] }],
    ['maybe.name', 'string', { type: 'string' }],
    ['either.a', 'string', { type: 'string' }],
    ['mixed', 'dyn', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    ['both.a', 'string', { type: 'string' }],
    ['both.b', 'number', { type: 'number' }],
    ['level', 'string', { enum: ['low', 'high'] }],
    ['fixed + 1', 'number', { type: 'number' }],
    ['tree.value', 'number', { type: 'number' }],
    ['tree.children[0].children[1].value', 'number', { type: 'number' }],
    ['recursive.next.next.value', 'string', { type: 'string' }],
    ['circular', 'dyn', { $ref: '#' }],
    ['remote.x', 'dyn', {}],
    ['untyped.a', 'string', { type: 'string' }],
    ['any.a.b', 'dyn', {}],
    ['nothing', 'dyn', {}],
    ['tuple[0]', 'dyn', {}],
    ['escaped', 'string', { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': { type: 'string' } } }],
    ["timestamp('2026-01-01T00:00:00Z')", 'timestamp', { type: 'string', format: 'date-time' }],
    ["duration('1s')", 'duration', { type: 'string' }],
    ["b'a'", 'bytes', { type: 'string', contentEncoding: 'base64' }],
    ['null', 'null', { type: 'null', const: null }],
  ])('of %s', (source, type, resultSchema) => {
    expect(inspect(source)).toMatchObject({ type, codes: [] })
    expect(inspect(source).resultSchema).toEqual(resultSchema)
  })

  test('a part that refers to definitions takes them along', () => {
    const { resultSchema } = inspect('tree.children')
    expect(validateJson(resultSchema, [{ value: 1, children: [{ value: 'x' }] }])).toEqual([
      { pointer: '/0/children/0/value', message: 'Must be number, not string.' },
    ])
  })

  test('a part that refers to the whole is any value', () => {
    expect(inspect('recursive.next').resultSchema).toEqual({})
  })

  test('the schema of the result describes the result', () => {
    const values = { person: { name: 'Ann', age: 3 }, people: [{ name: 'Bob' }], n: 2, note: null, level: 'low' }
    const sources = [
      'people.map(p, {"n": p.name, "t": timestamp("2026-01-01T00:00:00Z"), "list": [1, 2u, b"a", null]})',
      'n > 1 ? [person] : people',
      '{"a": {"b": [duration("1s"), level, note]}, "size": size(people), "is": n in [1, 2]}',
      'type(n)',
    ]
    for (const source of sources) {
      const expression = compileExpression(source, declarations)
      expect(expression.diagnostics).toEqual([])
      expect(validateJson(expression.resultSchema, expression.evaluate(values)), source).toEqual([])
    }
  })
})

describe('what a schema rules out is found', () => {
  test.each([
    ['maybe.nam', ['expression.unknown_property']],
    ['either.c', ['expression.unknown_property']],
    ['both.c', ['expression.unknown_property']],
    ['tree.children[0].valu', ['expression.unknown_property']],
    ['recursive.next.next.valu', ['expression.unknown_property']],
    ['mixed + 1', []],
    ['mixed && true', ['expression.type']],
    ['note + 1', ['expression.type']],
    ["level == 'hihg'", ['expression.never_equal']],
    ['fixed == 4', ['expression.never_equal']],
    ['fixed == 3', []],
    ["fixed == 'a'", ['expression.type']],
    ['people.exists(p, p.name == 3)', ['expression.type']],
    ['3 in people.map(p, p.name)', ['expression.type']],
  ])('in %s: %j', (source, codes) => {
    expect(inspect(source).codes).toEqual(codes)
  })
})

describe('references', () => {
  test.each<[string, string[][]]>([
    ['1 + 1', []],
    ['n', [['n']]],
    ['person.name', [['person', 'name']]],
    ["person['name'] + person.name", [['person', 'name']]],
    ['person.age > n && n > 1', [['person', 'age'], ['n']]],
    ['people[0].name', [['people']]],
    ['people[size(note)].name', [['people'], ['note']]],
    ['people.map(p, p.name + person.name)', [['people'], ['person', 'name']]],
    ['people.map(n, n.name)', [['people']]],
    ['any.a.b.map(x, x)', [['any', 'a', 'b']]],
    ['has(person.age) ? person.age : n', [['person', 'age'], ['n']]],
    ["{'a': any.b}.a", [['any', 'b']]],
    [
      'any.list.exists(x, x == any.wanted)',
      [
        ['any', 'list'],
        ['any', 'wanted'],
      ],
    ],
    ['string(n).size()', [['n']]],
  ])('of %s', (source, references) => {
    expect(inspect(source).references).toEqual(references)
  })

  test('the variable called loop is one like any other', () => {
    const loop = { loop: { type: 'object', properties: { index: { type: 'integer' } } } }
    const expression = compileExpression(
      'loop.index + loop.index < 3 && "loop" != \'loop\' || {"loop": 1}.loop == loop.index',
      loop,
    )
    expect(expression.diagnostics).toEqual([])
    expect(expression.references).toEqual([['loop', 'index']])
    expect(expression.evaluate({ loop: { index: 1 } })).toBe(true)
    expect(compileExpression('LOOP', { LOOP: true }).references).toEqual([['LOOP']])
    expect(compileExpression('LOOP', loop).diagnostics).toMatchObject([
      { code: 'expression.undeclared', from: 0, to: 4 },
    ])
  })
})
