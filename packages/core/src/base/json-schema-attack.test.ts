import { describe, expect, test } from 'vitest'
import { cpuClock } from './cpu-time.suite.ts'
import type { JsonSchema } from './json-schema.ts'
import { validateJson } from './json-schema.ts'
import { checkJsonSchema } from './json-schema-check.ts'
import { StepBudget } from './step-budget.ts'

/** Many times what the longest takes where they end by their budget, and nothing against what they would take without. */
const mostMs = 10_000

function nested(depth: number, key = 'a'): unknown {
  let value: unknown = {}
  for (let level = 0; level < depth; level++) value = { [key]: value }
  return value
}

const self = { $ref: '#/$defs/n' }
const twice = (keyword: string, others: object = {}): JsonSchema => ({
  ...self,
  $defs: { n: { properties: { a: { [keyword]: [self, self] } }, ...others } },
})

/** Halving from definition to definition: the last one is reached in 2^40 ways on one and the same value. */
const doubling = {
  $ref: '#/$defs/0',
  $defs: Object.fromEntries(
    Array.from({ length: 41 }, (_, n) => [
      n,
      n === 40 ? {} : { allOf: [{ $ref: `#/$defs/${n + 1}` }, { $ref: `#/$defs/${n + 1}` }] },
    ]),
  ),
}

const numbers = Array.from({ length: 50_000 }, (_, n) => n)
const names = numbers.map((n) => `name${n}`)

describe('a check that would not end is a fault that says so', () => {
  test.each<[string, JsonSchema, unknown]>([
    ['a recursive schema that applies twice', twice('allOf'), nested(40)],
    ['alternatives that all fail at the end', twice('anyOf', { minProperties: 1 }), nested(60)],
    ['exactly one of two that are the same', twice('oneOf'), nested(60)],
    ['definitions that double without recursion', doubling, 1],
    ['a long list of values for a long list', { items: { enum: numbers.map((n) => -1 - n) } }, numbers],
    [
      'many schemas for an object of many members',
      { allOf: numbers.map(() => ({ minProperties: 1 })) },
      Object.fromEntries(names.map((name) => [name, 1])),
    ],
    [
      'a pattern for many names',
      { allOf: numbers.slice(0, 500).map((n) => ({ patternProperties: { [`(a|b)*${n}$`]: true } })) },
      Object.fromEntries(names.map((name) => [name, 1])),
    ],
  ])('%s', (_, schema, value) => {
    expect(checkJsonSchema(schema)).toEqual([])
    const spent = cpuClock()
    expect(validateJson(schema, value)).toEqual([
      { pointer: '', message: "Can't be checked: it takes more than 5,000,000 steps." },
    ])
    expect(spent()).toBeLessThan(mostMs)
  })

  test('several checks can share one budget', () => {
    const budget = new StepBudget(100)
    const schema = { items: { type: 'number' } }
    expect(validateJson(schema, numbers.slice(0, 60), budget)).toEqual([])
    const spent = [{ pointer: '', message: "Can't be checked: it takes more than 100 steps." }]
    expect(validateJson(schema, numbers.slice(0, 60), budget)).toEqual(spent)
    expect(validateJson(schema, [], budget)).toEqual(spent)
  })

  test('large plain values are well within the budget', () => {
    const schema = {
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'integer' }, name: { type: 'string', maxLength: 9 } },
      },
    }
    expect(
      validateJson(
        schema,
        numbers.map((id) => ({ id, name: `n${id}` })),
      ),
    ).toEqual([])
  })
})

describe('hostile schemas end quickly by themselves', () => {
  test('patterns, formats and lists of distinct items', () => {
    const text = `${'a'.repeat(20_000)}!`
    const spent = cpuClock()
    for (const pattern of ['^(a+)+$', '^(a|aa)+$', '^(a|a?)+$', '(x+x+)+y', 'a*a*a*a*a*b']) {
      expect(validateJson({ pattern }, text)).toHaveLength(1)
      expect(validateJson({ patternProperties: { [pattern]: false } }, { [text]: 1 })).toEqual([])
    }
    for (const format of ['url', 'regex', 'email', 'uri', 'hostname', 'uri-template', 'date-time'])
      validateJson({ format }, text)
    const items = numbers.map((id) => ({ id }))
    expect(validateJson({ uniqueItems: true }, items)).toEqual([])
    expect(validateJson({ uniqueItems: true }, [...items, { id: 7 }])).toEqual([
      { pointer: '', message: 'Duplicate items at indexes 7 and 50000.' },
    ])
    expect(spent()).toBeLessThan(mostMs)
  })

  test('a list of faults has an end', () => {
    expect(validateJson({ items: { type: 'string' } }, numbers)).toHaveLength(1_000)
  })

  test('many patterns that are long to compile', () => {
    const schema = { anyOf: numbers.map((n) => ({ pattern: `a{999}${n}` })) }
    const spent = cpuClock()
    expect(checkJsonSchema(schema)).toEqual([
      { pointer: '', message: 'Its patterns take more than 5,000,000 steps to compile.' },
    ])
    expect(spent()).toBeLessThan(mostMs)
  })

  test('addresses within addresses', () => {
    let schema: object = {}
    for (let level = 0; level < 100; level++) schema = { $id: `https://a.example/${level}`, properties: { x: schema } }
    const spent = cpuClock()
    expect(checkJsonSchema(schema)).toEqual([])
    expect(spent()).toBeLessThan(mostMs)
  })

  test('many references that meet', () => {
    const many = numbers.slice(0, 5_000)
    const schema = {
      allOf: many.map(() => ({ $ref: '#/$defs/a' })),
      $defs: { a: { allOf: many.map(() => ({ $ref: '#/$defs/b' })) }, b: {} },
    }
    const spent = cpuClock()
    expect(checkJsonSchema(schema)).toEqual([])
    expect(spent()).toBeLessThan(mostMs)
  })
})
