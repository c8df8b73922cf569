import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairleadError } from '../base/error.ts'
import type { JsonSchema } from '../base/json-schema.ts'
import { compileExpression } from './expression.ts'

const declarations: Record<string, JsonSchema> = {
  output: { type: 'object', properties: { sentiment: { type: 'string' }, n: { type: 'integer' } } },
  draft: { type: 'object', required: ['text'], properties: { text: { type: 'string' }, score: { type: 'number' } } },
  items: {
    type: 'array',
    items: { type: 'object', properties: { name: { type: 'string' }, score: { type: 'number' } } },
  },
  loop: { type: 'object', properties: { index: { type: 'integer' } } },
  index: { type: 'integer' },
  note: { type: ['string', 'null'] },
  data: true,
}
const values = {
  output: { sentiment: 'positive', n: 5 },
  draft: { text: 'Hello' },
  items: [
    { name: 'a', score: 0.5 },
    { name: 'b', score: 2 },
  ],
  loop: { index: 0 },
  index: 1,
  note: null,
  data: { list: [1, 'x', null], map: { a: { b: 1 } }, zero: 0, empty: '' },
}

function evaluate(source: string): unknown {
  const expression = compileExpression(source, declarations)
  expect(expression.diagnostics).toEqual([])
  return expression.evaluate(values)
}

function failing(source: string): FairleadError {
  const expression = compileExpression(source, declarations)
  try {
    expression.evaluate(values)
  } catch (error) {
    if (error instanceof FairleadError) return error
    throw error
  }
  throw new Error(`"${source}" has a value`)
}

describe('JSON numbers', () => {
  test.each([
    ['output.n == 5', true],
    ['5 == output.n', true],
    ['output.n != 5.0', false],
    ['output.n < 6 && 4 <= output.n && output.n > 4 && 5 >= output.n', true],
    ['output.n + 1', 6],
    ['1 + output.n == 6', true],
    ['output.n - 1 == 4 && 10 - output.n == 5', true],
    ['output.n * 2', 10],
    ['output.n / 2', 2.5],
    ['output.n % 2', 1],
    ['7 % output.n', 2],
    ['-output.n', -5],
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['-7 % 2', -1],
    ['7.0 / 2', 3.5],
    ['0.1 + 0.2 == 0.3', false],
    ['size(items) == 2 && size(items) < output.n', true],
    ['size(items) + output.n', 7],
    ['items[index].name', 'b'],
    ['items[loop.index].name', 'a'],
    ['items[loop.index + 1].name', 'b'],
    ['items[size(items) - 1].name', 'b'],
    ['index + 1', 2],
    ['output.n in [1, 5]', true],
    ['output.n in [1.0, 5.5]', false],
    ['1 in data.list', true],
    ['[1, 2.5, 3]', [1, 2.5, 3]],
    ['true ? 1 : 2.5', 1],
    ['[1, 2] == [1.0, 2.0]', true],
    ["{'a': 1} == {'a': 1.0}", true],
    ['9007199254740993', 9007199254740992],
    ['int("42") + double("0.5")', 42.5],
    ['3u + 4u', 7],
  ])('%s is %j', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })

  test('agree with JavaScript on doubles', () => {
    const number = fc.double({ noNaN: true, min: -1e9, max: 1e9 })
    const pair = compileExpression('[a + b, a - b, a * b, a % (b + 0.5) ]', {
      a: { type: 'number' },
      b: { type: 'number' },
    })
    const order = compileExpression('[a < b, a <= b, a > b, a >= b, a == b]', {
      a: { type: 'number' },
      b: { type: 'number' },
    })
    fc.assert(
      fc.property(number, number, (a, b) => {
        fc.pre(b !== -0.5)
        expect(pair.evaluate({ a, b })).toEqual([a + b, a - b, a * b, a % (b + 0.5)])
        expect(order.evaluate({ a, b })).toEqual([a < b, a <= b, a > b, a >= b, a === b])
      }),
    )
  })
})

describe('values', () => {
  test.each([
    ["output.sentiment == 'positive'", true],
    ['draft.text + "!"', 'Hello!'],
    ['draft', { text: 'Hello' }],
    ['items.map(i, i.name)', ['a', 'b']],
    ["items.filter(i, i.score > 1).map(i, {'who': i.name, 'twice': i.score * 2})", [{ who: 'b', twice: 4 }]],
    ["items.map(i, i.score > 1, i.name + '!')", ['b!']],
    ['items.all(i, i.score > 0) && items.exists(i, i.score > 1) && items.exists_one(i, i.score > 1)', true],
    [
      'items.map(i, items.map(j, i.score + j.score))',
      [
        [1, 2.5],
        [2.5, 4],
      ],
    ],
    ['items.map(i, i).map(i, i.name).filter(i, i == "a")', ['a']],
    ['data.map.all(k, k == "a")', true],
    ['items.map(loop, loop.name)', ['a', 'b']],
    ['has(draft.text) && !has(draft.score)', true],
    ['has(draft.score) ? draft.score : 0', 0],
    ['note == null', true],
    ['note != null && note.size() > 3', false],
    ["'a' in data.map && !('z' in data.map)", true],
    ["data.map.a['b']", 1],
    ["data['map']['a']['b']", 1],
    ['[[1], [2]][1][0]', 2],
    ["{1: 'one', 'two': 2}", { '1': 'one', two: 2 }],
    ["{1: 'one'}[1.0]", 'one'],
    ["b'abc'", 'YWJj'],
    ["timestamp('2026-01-31T09:30:00.5+01:00')", '2026-01-31T08:30:00.5Z'],
    ["timestamp('2026-07-01T00:30:00Z').getHours('Europe/Berlin')", 2],
    ["duration('90m') > duration('1h') ? duration('90m') : duration('0s')", '5400s'],
    ["timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')", true],
    ['type(output.n) == double && type(1) == int && type(data.list) == list', true],
    ['type(output)', 'map'],
    ["'😀é'.size()", 2],
    ["'a😀b'.substring(1, 2)", '😀'],
    ["'a,b,c'.split(',').join('-')", 'a-b-c'],
    ["'aXbX'.replace('X', '')", 'ab'],
    ["'Straße'.upperAscii()", 'STRAßE'],
    ["' x '.trim() + 'abc'.charAt(1) + string('abcb'.lastIndexOf('b'))", 'xb3'],
    ["draft.text.matches('^H.*o$') && matches(draft.text, 'll')", true],
    ["r'\\d' == '\\\\d'", true],
    ["'loop' + string(loop.index)", 'loop0'],
    ['/* no */ 1'.slice(9), 1],
    ['1 // a comment', 1],
    ['null', null],
  ])('%s is %j', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })

  test('what passes through unchanged is the very value', () => {
    expect(evaluate('items')).toBe(values.items)
    expect(evaluate('items[1]')).toBe(values.items[1])
    expect((evaluate('items.filter(i, true)') as unknown[])[0]).toBe(values.items[0])
  })

  test('a result is plain JSON, whatever was calculated on the way', () => {
    const result = evaluate("{'n': 1, 'list': [1u, {'t': timestamp('2026-01-01T00:00:00Z')}], 'given': items}")
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
  })
})

describe('logic', () => {
  test.each([
    ['true || data.nothing', true],
    ['data.nothing || true', true],
    ['false && data.nothing', false],
    ['data.nothing && false', false],
    ['[1, 0].exists(x, 1 / x == 1)', true],
    ['[0, 2].exists(x, 1 / x == 0)', true],
    ['[0, 2].all(x, 1 / x == 1)', false],
    ['[].all(x, false)', true],
    ['[].exists(x, true)', false],
  ])('%s is %j: a failure that cannot change the outcome does not matter', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    'data.nothing || false',
    'false || data.nothing',
    'data.nothing && true',
    'true && data.nothing',
    '[0, 1].all(x, 1 / x == 1)',
  ])('%s fails: there the failure matters', (source) => {
    expect(failing(source).code).toBe('expression.evaluation')
  })
})

describe('a value that is not there', () => {
  test.each([
    ['draft.score', '"draft" has no "score". Test it before: has(draft.score) ? draft.score : …', 0, 11],
    ['1 + draft.score', '"draft" has no "score".', 4, 15],
    ['data.map.x.y', '"data.map" has no "x".', 0, 10],
    ['data.zero.x', '"data.zero" is a number, which has no "x".', 0, 11],
    ['note.size() > 1', "size() can't take null.", 0, 11],
    ["data['x']", '"data" has no "x".', 0, 9],
    ['items[2]', '"items" has 2 items and none at 2.', 0, 8],
    ['items[-1]', 'none at -1.', 0, 9],
    ['items[0.5]', 'none at 0.5.', 0, 10],
    ['data.list["0"]', 'which has no "0"', 0, 14],
    ['data[0]', '"data" has no 0.', 0, 7],
    ['1 / 0', 'Division by zero.', 0, 5],
    ['1.0 / 0.0', "The value is Infinity, which JSON can't hold.", 0, 9],
    ['9223372036854775807 + 1', 'does not fit into 64 bits', 0, 23],
    ['data.zero + data.empty', '"+" can\'t take number and string.', 0, 22],
    ['data.zero ? 1 : 2', 'must be true or false, not number', 0, 9],
    ['data.empty && true', 'must be true or false, not string', 0, 10],
    ['data.empty.substring(1)', 'The text has 0 characters and no position 1.', 0, 23],
    ['int(data.empty)', 'int() can\'t read "" as a whole number.', 0, 15],
    ["timestamp('2026-02-30T00:00:00Z')", 'timestamp() takes a time such as', 0, 33],
    ["duration('1 hour')", 'duration() takes a span such as', 0, 18],
    ["timestamp('2026-01-01T00:00:00Z').getHours('Nowhere')", 'There is no time zone "Nowhere".', 0, 53],
  ])('%s says %s', (source, message, from, to) => {
    const error = failing(source)
    expect(error.code).toBe('expression.evaluation')
    expect(error.message).toContain(message)
    expect(error.data).toEqual({ expression: source, from, to })
  })

  test('a declared variable without a value is named', () => {
    const expression = compileExpression('draft.text', declarations)
    expect(() => expression.evaluate({})).toThrow('The variable "draft" has no value.')
  })
})

describe('an expression with an error', () => {
  test('is refused when it is evaluated', () => {
    expect(failing('output.n == "a"')).toMatchObject({ code: 'expression.invalid', data: { from: 0, to: 15 } })
    expect(failing('1 +')).toMatchObject({ code: 'expression.invalid' })
  })

  test('never throws while it is compiled, whatever its source', () => {
    const word = fc.constantFrom(
      ...'output draft items data . [ ] ( ) { } , : ? + - * / % == != < && || ! in "a" 1 2.5 1u map filter all has size matches x true null r"\\" b\'a\' // loop \n'.split(
        ' ',
      ),
    )
    const source = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 30 }).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(source, (text) => {
        const expression = compileExpression(text, declarations)
        for (const { from, to, message } of expression.diagnostics) {
          expect(0 <= from && from <= to && to <= text.length, `${text}: ${message} ${from} ${to}`).toBe(true)
        }
        try {
          JSON.stringify(expression.evaluate(values))
        } catch (error) {
          expect((error as FairleadError).code).toMatch(/^expression\./)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
