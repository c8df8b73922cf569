import type { CelInput } from '@bufbuild/cel'
import { isCelError, isCelList, isCelMap, isCelUint, run } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileExpression } from './expression.ts'

// No characters beyond the basic plane: the other implementation counts them as two.
const values: Record<string, CelInput> = {
  draft: { text: 'Hello wörld ß', score: 0.5, tags: ['a', 'b', 'c'], nothing: null, nested: { deep: { n: 3 } } },
  items: [
    { name: 'a', score: 1, ok: true },
    { name: 'b', score: 2.5, ok: false },
    { name: 'b', score: -1 },
  ],
  numbers: [3, 1.5, 0, -2],
  n: 5,
  text: 'b',
  flag: true,
}
const declarations = Object.fromEntries(Object.keys(values).map((name) => [name, true]))

const parentheses = (source: fc.Arbitrary<string>) => source.map((text) => `(${text})`)
const join = (...parts: (string | fc.Arbitrary<string>)[]) =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((texts) => texts.join(''))
const pick = (...texts: string[]) => fc.constantFrom(...texts)

/** Expressions of the subset that both read alike: doubles and whole numbers are not calculated with each other. */
const { bool } = fc.letrec<Record<'bool' | 'int' | 'double' | 'string' | 'list' | 'any', string>>((tie) => ({
  int: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('0', '1', '2', '-3', '7'),
    join('size(', fc.oneof(tie('list'), tie('string')), ')'),
    parentheses(join(tie('int'), pick(' + ', ' - ', ' * ', ' / ', ' % '), tie('int'))),
    parentheses(join(tie('bool'), ' ? ', tie('int'), ' : ', tie('int'))),
    join('int(', tie('double'), ')'),
    join(tie('string'), ".indexOf('b')"),
  ),
  double: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick(
      '0.0',
      '1.5',
      '-2.25',
      'n',
      'draft.score',
      'draft.nested.deep.n',
      'items[0].score',
      'numbers[1]',
      'draft.missing',
    ),
    join('numbers[', tie('int'), ']'),
    join('items[', tie('int'), '].score'),
    parentheses(join(tie('double'), pick(' + ', ' - ', ' * '), tie('double'))),
    join('double(', tie('int'), ')'),
  ),
  string: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick("''", "'b'", "'Hello'", "'ß'", 'draft.text', 'text', 'items[1].name', "draft['text']"),
    parentheses(join(tie('string'), ' + ', tie('string'))),
    join('string(', fc.oneof(tie('int'), tie('bool')), ')'),
    join(tie('string'), '.substring(', tie('int'), ')'),
    join(tie('string'), pick('.lowerAscii()', '.upperAscii()', '.trim()', ".replace('b', 'cc')", '.charAt(0)')),
    join(tie('string'), ".split('b').join('-')"),
  ),
  list: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('[]', 'numbers', 'draft.tags', 'items'),
    join('[', tie('any'), ', ', tie('any'), ']'),
    parentheses(join(tie('list'), ' + ', tie('list'))),
    join('items.filter(i, ', pick('i.ok', 'has(i.ok)', 'i.score > 0.0', "i.name == 'b'"), ')'),
    join('numbers.map(x, ', pick('x', 'x * 2.0', '[x]', 'x > 1.0', "{'x': x}"), ')'),
    join('items.map(i, has(i.ok), ', pick('i.name', 'i.ok ? i.score : 0.0'), ')'),
    join('[1, 2].map(a, ', tie('any'), ')'),
  ),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('null', 'draft.nothing', 'draft', 'draft.nested', '{}', "b'ab'", '3u'),
    tie('int'),
    tie('double'),
    tie('string'),
    tie('bool'),
    tie('list'),
    join("{'a': ", tie('any'), ", 'b': ", tie('any'), '}'),
  ),
  bool: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('true', 'false', 'flag', 'has(draft.text)', 'has(draft.missing)', 'has(draft.missing.x)', 'items[2].ok'),
    join('!', parentheses(tie('bool'))),
    parentheses(join(tie('bool'), pick(' && ', ' || '), tie('bool'))),
    parentheses(join(tie('bool'), ' ? ', tie('bool'), ' : ', tie('bool'))),
    parentheses(join(tie('any'), pick(' == ', ' != '), tie('any'))),
    parentheses(join(tie('int'), pick(' < ', ' <= ', ' > ', ' >= '), tie('int'))),
    parentheses(join(tie('double'), pick(' < ', ' <= ', ' > ', ' >= '), tie('double'))),
    parentheses(join(tie('string'), pick(' < ', ' >= '), tie('string'))),
    parentheses(join(tie('any'), ' in ', tie('list'))),
    parentheses(join(tie('string'), pick(' in draft', " in {'b': 1}"))),
    join(tie('string'), pick(".contains('o')", ".startsWith('b')", ".endsWith('')", ".matches('^[A-Zb]+')")),
    join(
      pick('items', 'numbers', 'draft.tags', '[1, 2]'),
      pick('.all(x, ', '.exists(x, ', '.exists_one(x, '),
      tie('bool'),
      ')',
    ),
    join(
      'numbers.',
      pick('all', 'exists'),
      '(x, ',
      pick('x > 0.0', '1.0 / x > 0.5', 'x in numbers', 'numbers[0] == x'),
      ')',
    ),
  ),
}))

/** A value of the other implementation as JSON. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (isCelUint(value)) return Number(value.value)
  if (isCelList(value)) return [...value].map(toJson)
  if (isCelMap(value)) return Object.fromEntries([...value.entries()].map(([key, item]) => [String(key), toJson(item)]))
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value))
  return value
}

function theirs(source: string): unknown {
  const outcome = run(source, values, { funcs: strings })
  return isCelError(outcome) ? 'no value' : toJson(outcome)
}

function ours(source: string): unknown {
  const expression = compileExpression(source, declarations)
  const error = expression.diagnostics.find(({ severity }) => severity === 'error')
  if (error) return error.code
  try {
    return expression.evaluate(values)
  } catch {
    return 'no value'
  }
}

test('generated expressions have the value, or have none, as in another implementation of CEL', () => {
  let compared = 0
  let withValue = 0
  fc.assert(
    fc.property(bool, (source) => {
      const mine = ours(source)
      // Refused before it is evaluated: types that never fit, or too deep.
      if (mine === 'expression.type' || mine === 'expression.limit') return
      compared++
      if (mine !== 'no value') withValue++
      expect(mine, source).toEqual(theirs(source))
    }),
    { numRuns: 4_000 },
  )
  expect(compared).toBeGreaterThan(2_000)
  expect(withValue).toBeGreaterThan(1_000)
})

test.each([
  'numbers',
  'draft',
  "items.map(i, {'n': i.name, 'one': 1})",
  '[1u, 2.5, null, b"ab"]',
  '7 / 2',
  '-7 % 3',
  '{1: 2}[1]',
])('%s has the same value in another implementation of CEL', (source) => {
  expect(ours(source)).toEqual(theirs(source))
})
