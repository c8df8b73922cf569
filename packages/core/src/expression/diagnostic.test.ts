import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../base/json-schema.ts'
import { compileExpression } from './expression.ts'

const declarations: Record<string, JsonSchema> = {
  output: {
    type: 'object',
    properties: { sentiment: { type: 'string', enum: ['positive', 'negative'] }, n: { type: 'integer' } },
  },
  draft: { type: 'object', properties: { text: { type: 'string' }, score: { type: 'number' } } },
  items: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
  n: { type: 'number' },
  text: { type: 'string' },
  note: { type: ['string', 'null'] },
  free: { type: 'object' },
  open: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: true },
  dictionary: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'number' } },
  pattern: { type: 'object', properties: { a: {} }, patternProperties: { '^x-': {} } },
  closed: { type: 'object', additionalProperties: false },
  data: true,
}

/** The diagnostics, each as code, place in the source, message and hint. */
function diagnose(source: string) {
  return compileExpression(source, declarations).diagnostics.map(({ code, from, to, message, hint }) => ({
    code: code.replace('expression.', ''),
    at: source.slice(from, to),
    says: `${message} ${hint}`,
  }))
}

describe('syntax', () => {
  test.each([
    ['', 'syntax', '', 'ends too early'],
    ['1 +', 'syntax', '', 'ends too early'],
    ['(1', 'syntax', '', '")" is missing'],
    ['[1, 2', 'syntax', '', '"]" is missing'],
    ["{'a' 1}", 'syntax', '1', '":" is missing'],
    ['n = 3', 'syntax', '=', 'Comparison is "=="'],
    ['n === 3', 'syntax', '=', 'Comparison is "=="'],
    ['n > 1 and n < 3', 'syntax', 'and', 'Write "&&" for and.'],
    ['n & 1', 'syntax', '&', 'Write "&&" for and.'],
    ['text text', 'syntax', 'text', 'by an operator'],
    ["'abc", 'syntax', "'abc", 'closing quote'],
    ["'a\nb'", 'syntax', '\n', 'Write \\n'],
    ["'\\q'", 'syntax', '\\q', 'Invalid escape sequence'],
    ['items.map(1, 2)', 'syntax', '1', 'must be a name for the item'],
    ['if', 'syntax', 'if', 'reserved word'],
    ['n ?? 1', 'syntax', '?', 'not expected'],
    ['data.?a', 'syntax', '?', 'has(a.b) ? a.b : other'],
    ['$n', 'syntax', '$', 'by their name alone'],
    ['{{n}}', 'syntax', '}', 'without braces'],
  ])('%j', (source, code, at, says) => {
    const [first] = diagnose(source)
    expect(first).toMatchObject({ code, at })
    expect(first?.says).toContain(says)
  })
})

describe('types', () => {
  test.each([
    ['n == "a"', 'type', 'n == "a"', 'string(number)'],
    ['"a" != n', 'type', '"a" != n', 'always true'],
    ['1 == "1"', 'type', '1 == "1"', ''],
    ['text == items', 'type', 'text == items', ''],
    ['n > text', 'type', 'n > text', "can't compare number with string"],
    ['items < items', 'type', 'items < items', ''],
    ['text + n', 'type', 'text + n', 'string(value)'],
    ['text - text', 'type', 'text - text', ''],
    ['n * items', 'type', 'n * items', ''],
    ['-text', 'type', '-text', ''],
    ['!n', 'type', 'n', 'true or false'],
    ['text && true', 'type', 'text', "Such as: text != ''"],
    ['true || items', 'type', 'items', 'size(items) > 0'],
    ['n ? 1 : 2', 'type', 'n', 'before "?"'],
    ['items.filter(i, i.name)', 'type', 'i.name', 'condition of filter()'],
    ['n.map(i, i)', 'type', 'n', 'goes through a list or a map'],
    ['items["a"]', 'type', 'items["a"]', 'items[0]'],
    ['items[text]', 'type', 'text', 'reached by a number'],
    ['text[0]', 'type', '0', 'has no items'],
    ['text.length', 'type', 'text.length', 'has no members'],
    ['n in ["a"]', 'type', 'n in ["a"]', 'holds string, never number'],
    ['n in text', 'type', 'n in text', 'text.contains(part)'],
    ['n.contains("a")', 'type', 'n.contains("a")', "can't take number"],
    ['text.substring("a")', 'type', 'text.substring("a")', ''],
    ['size()', 'type', 'size()', 'takes 1 argument'],
    ['size(n)', 'type', 'size(n)', "can't take number"],
    ['has(text)', 'type', 'has(text)', 'takes one member'],
    ['items.map(i)', 'type', 'items.map(i)', 'items.map(item, item.name)'],
    ['{items: 1}', 'type', 'items', 'A key is'],
    ["{'a': 1, 'a': 2}", 'type', "'a'", 'given twice'],
    ['9223372036854775808', 'type', '9223372036854775808', '64 bits'],
    ['text.matches(text)', 'type', 'text', 'written out'],
    ["text.matches('(?=a)')", 'type', "'(?=a)'", 'no look-around'],
    ["text.matches('(a')", 'type', "'(a'", "can't be used"],
  ])('%s', (source, code, at, says) => {
    const [first] = diagnose(source)
    expect(first).toMatchObject({ code, at })
    expect(first?.says).toContain(says)
  })

  test('every fault is found, in the order of the source', () => {
    expect(diagnose('itms.size() > 0 && draft.scor > 1 && text > n').map(({ code, at }) => [code, at])).toEqual([
      ['undeclared', 'itms'],
      ['unknown_property', 'scor'],
      ['type', 'text > n'],
    ])
  })
})

describe('names', () => {
  test.each([
    ['drft.score', 'undeclared', 'drft', 'Did you mean "draft"?'],
    ['zzzzzz', 'undeclared', 'zzzzzz', 'There are "output", "draft"'],
    ['items.map(item, itm.name)', 'undeclared', 'itm', 'Did you mean "item"?'],
    ['items.map(i, i.name) == i', 'undeclared', 'i', ''],
    ['toString', 'undeclared', 'toString', ''],
    ['draft.scor', 'unknown_property', 'scor', 'Did you mean "score"?'],
    ['has(draft.scor)', 'unknown_property', 'scor', 'Did you mean "score"?'],
    ["draft['scor']", 'unknown_property', "draft['scor']", 'Did you mean "score"?'],
    ['draft.constructor', 'unknown_property', 'constructor', 'There are "text", "score".'],
    ['items[0].nam', 'unknown_property', 'nam', 'Did you mean "name"?'],
    ['items.map(i, i.nam)', 'unknown_property', 'nam', 'Did you mean "name"?'],
    ['items.filter(i, true)[0].nam', 'unknown_property', 'nam', 'Did you mean "name"?'],
    ["{'a': 1}.b", 'unknown_property', 'b', 'There is "a".'],
    ['closed.x', 'unknown_property', 'x', 'lists no properties'],
    ['lenght(text)', 'unknown_function', 'lenght(text)', ''],
    ['text.length()', 'unknown_function', 'text.length()', 'Did you mean "size"?'],
    ['text.containz("a")', 'unknown_function', 'text.containz("a")', 'Did you mean "contains"?'],
    ['contains(text, "a")', 'unknown_function', 'contains(text, "a")', 'Write value.contains(…)'],
    ['text.string()', 'unknown_function', 'text.string()', 'Write string(value)'],
    ['all(items, true)', 'unknown_function', 'all(items, true)', 'items.all(item, item.ok)'],
  ])('%s', (source, code, at, says) => {
    const found = diagnose(source)
    expect(found[0]).toMatchObject({ code, at })
    expect(found[0]?.says).toContain(says)
  })

  test.each([
    'free.x.y',
    'open.x',
    'open.a',
    'dictionary.x + 1',
    'pattern.x',
    'data.x.y.z',
    'data[0].x',
    'note.size()',
    'type(data) == string',
  ])('%s may be read: the schema leaves it open', (source) => {
    expect(diagnose(source)).toEqual([])
  })

  test('what the schema says of other members is checked', () => {
    expect(diagnose('dictionary.x == "a"')).toMatchObject([{ code: 'type' }])
  })
})

describe('comparisons that are never true', () => {
  test('a literal that the enum lacks gets a warning with the nearest one, and the expression can be evaluated', () => {
    const expression = compileExpression("output.sentiment == 'postive'", declarations)
    expect(expression.diagnostics).toEqual([
      {
        code: 'expression.never_equal',
        severity: 'warning',
        message: '"output.sentiment" is one of "positive", "negative", so it never equals "postive".',
        hint: 'Did you mean "positive"?',
        from: 20,
        to: 29,
      },
    ])
    expect(expression.evaluate({ output: { sentiment: 'positive' } })).toBe(false)
  })

  test('null is compared with what can be null, or with a warning', () => {
    expect(diagnose('note == null')).toEqual([])
    expect(diagnose('text == null')).toMatchObject([{ code: 'never_equal' }])
  })
})

describe('sizes', () => {
  test.each([
    ['source', `'${'a'.repeat(10_000)}'`],
    ['nodes', Array.from({ length: 300 }, () => 'n').join(' + ')],
    ['parentheses', `${'('.repeat(30)}n${')'.repeat(30)}`],
    ['lists', `${'['.repeat(30)}${']'.repeat(30)}`],
    ['signs', `${'!'.repeat(30)}true`],
    ['thousands of signs', `${'!'.repeat(9_000)}true`],
    ['thousands of minus signs', `${'-'.repeat(9_000)}1`],
    ['conditions', `${'true ? 1 : '.repeat(30)}1`],
    ['members', `data${'.a'.repeat(30)}`],
    ['comprehensions', 'items.map(a, items.map(b, items.map(c, c)))'],
  ])('of %s are limited', (_name, source) => {
    expect(diagnose(source)).toMatchObject([{ code: 'limit' }])
  })

  test('long rows are not deep', () => {
    expect(diagnose(Array.from({ length: 200 }, () => 'n').join(' + '))).toEqual([])
    expect(diagnose(Array.from({ length: 60 }, () => "text == 'a'").join(' || '))).toEqual([])
  })

  test('comprehensions may stand in a row and two deep', () => {
    expect(diagnose('items.map(a, a).map(b, b).map(c, items.map(d, d))')).toEqual([])
  })
})
