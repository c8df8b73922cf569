import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Expression } from '../../expression/index.ts'
import { compileExpression } from '../../expression/index.ts'
import { compileTargeting } from './compile-targeting.ts'
import { matchesRule } from './matches-rule.ts'
import type { TargetingRule } from './rule.ts'

const parentheses = (source: fc.Arbitrary<string>) => source.map((text) => `(${text})`)
const join = (...parts: (string | fc.Arbitrary<string>)[]) =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((texts) => texts.join(''))
const pick = (...texts: string[]) => fc.constantFrom(...texts)

/** Expressions of all that a rule has; `i` and `j` are the items of comprehensions. */
const { bool } = fc.letrec<Record<'bool' | 'number' | 'string' | 'list' | 'any' | 'condition', string>>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('0', '1', '2', '-3', '7', '1.5', '-0.0', '9007199254740993', '-9223372036854775808', '9223372036854775807'),
    pick('age', 'score', 'user.age', 'items[0].n', 'tags[1]', 'missing', 'text'),
    join('size(', fc.oneof(tie('list'), tie('string')), ')'),
    join('-', parentheses(tie('number'))),
    parentheses(join(tie('number'), pick(' + ', ' - ', ' * ', ' / ', ' % '), tie('number'))),
    parentheses(join(tie('bool'), ' ? ', tie('number'), ' : ', tie('number'))),
    join(tie('list'), '[', tie('number'), ']'),
  ),
  string: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick("''", "'b'", "'pro'", "'ß😀'", 'text', 'plan', 'user.name', "user['name']", 'items[1].name', 'age', 'missing'),
    parentheses(join(tie('string'), ' + ', tie('string'))),
    join(tie('string'), pick('.lowerAscii()', '.upperAscii()')),
  ),
  list: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('[]', 'tags', 'items', 'user.tags', 'numbers', 'missing', 'text'),
    join('[', tie('any'), ', ', tie('any'), ']'),
    parentheses(join(tie('list'), ' + ', tie('list'))),
    join(pick('items', 'tags', 'user', 'numbers'), '.filter(i, ', tie('condition'), ')'),
  ),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick('null', 'nothing', 'user', '{}', 'age', 'text', 'items[0]', "user['tags']", 'numbers[0]'),
    tie('number'),
    tie('string'),
    tie('bool'),
    tie('list'),
    join("{'a': ", tie('any'), ', ', tie('number'), ': ', tie('any'), '}'),
    join("{'name': 'Ann', 'age': 3}", pick('', '.name', "['age']", '.none')),
  ),
  condition: fc.oneof(
    { depthSize: 'small' },
    pick('i.ok', 'has(i.ok)', 'i.n > 1', "i == 'a'", 'i', 'i.name in tags', '1 / i > 0', 'numbers.exists(j, j == i.n)'),
    pick('numbers.all(j, j > i)', "i.name.startsWith('a')", 'size(i) > 1'),
    tie('bool'),
  ),
  bool: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    pick(
      'true',
      'false',
      'flag',
      'has(user.age)',
      'has(user.missing)',
      'has(user.missing.x)',
      'has(text.x)',
      'nothing',
    ),
    join('!', parentheses(tie('bool'))),
    parentheses(join(tie('bool'), pick(' && ', ' || '), tie('bool'))),
    parentheses(join(tie('bool'), ' ? ', tie('bool'), ' : ', tie('bool'))),
    parentheses(join(tie('any'), pick(' == ', ' != ', ' < ', ' >= '), tie('any'))),
    parentheses(join(tie('number'), pick(' < ', ' <= ', ' > ', ' >= ', ' == '), tie('number'))),
    parentheses(join(tie('string'), pick(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != '), tie('string'))),
    parentheses(join(tie('any'), ' in ', fc.oneof(tie('list'), pick('user', "{'b': 1, 2: 3}", "['b', 7, 1.5, true]")))),
    join(tie('string'), pick(".contains('o')", ".startsWith('p')", ".endsWith('')", '.contains(text)')),
    join(tie('string'), pick(".matches('^pro$')", ".matches('^(pro|b)$')", ".matches('r(o|x)')", ".matches('o$|^x')")),
    join(
      pick('items', 'tags', 'user', 'numbers', 'text'),
      pick('.all(i, ', '.exists(i, ', '.exists_one(i, '),
      tie('condition'),
      ')',
    ),
  ),
}))

const text = pick('', 'b', 'pro', 'PRO', 'no', 'ß😀x')
const attributes = fc.record(
  {
    text,
    plan: text,
    age: fc.oneof(fc.constantFrom(0, 1, 2, 7, -3, 1.5, 9007199254740992, 1e300), text),
    score: fc.double({ noNaN: true, noDefaultInfinity: true }),
    flag: fc.oneof(fc.boolean(), text),
    nothing: fc.constant(null),
    user: fc.record(
      { name: text, age: fc.integer(), tags: fc.array(text, { maxLength: 3 }) },
      { requiredKeys: ['age'] },
    ),
    items: fc.array(fc.record({ n: fc.nat(3), name: text, ok: fc.boolean() }, { requiredKeys: ['n'] }), {
      maxLength: 3,
    }),
    tags: fc.array(fc.oneof(text, fc.nat(3)), { maxLength: 3 }),
    numbers: fc.array(fc.constantFrom(0, 1, 2, 1.5, -2), { maxLength: 3 }),
  },
  { requiredKeys: [] },
)
const names = ['text', 'plan', 'age', 'score', 'flag', 'nothing', 'user', 'items', 'tags', 'numbers', 'missing']
const declarations = Object.fromEntries(names.map((name) => [name, true]))

const compiled = new Map<string, Expression>()

function holds(source: string, values: Readonly<Record<string, unknown>>): boolean {
  const expression = compiled.get(source) ?? compileExpression(source, declarations)
  compiled.set(source, expression)
  try {
    return expression.evaluate(values) === true
  } catch {
    return false
  }
}

/** The rule as it comes out of a snapshot. */
function ruleOf(source: string): TargetingRule {
  const { rule, diagnostics } = compileTargeting(source)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return JSON.parse(JSON.stringify(rule))
}

describe('a rule', () => {
  test('holds where the expression is true, and where that has no value it does not', () => {
    let compared = 0
    let held = 0
    fc.assert(
      fc.property(bool, fc.array(attributes, { minLength: 4, maxLength: 4 }), (source, units) => {
        const { rule } = compileTargeting(source, declarations)
        if (rule === null) return
        const read: TargetingRule = JSON.parse(JSON.stringify(rule))
        const expected = units.map((values) => holds(source, values))
        compared += units.length
        held += expected.filter(Boolean).length
        const found = units.map((values) => matchesRule(read, values))
        expect(found, `${source} ${JSON.stringify(units)}`).toEqual(expected)
      }),
      { numRuns: 2_500 },
    )
    expect(compared).toBeGreaterThan(5_000)
    expect(held).toBeGreaterThan(700)
  })

  test('matches the plain patterns that it takes as the expression does', () => {
    const piece = pick('a', 'b', '^', '$', '(', ')', '|', '.', '\\\\.', '*', '(a|b)', '(?:ab|)', '\\\\$', 'ß')
    const subject = fc.array(pick('a', 'b', '.', '$', 'ß', '\\n'), { maxLength: 4 }).map((pieces) => pieces.join(''))
    let taken = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), fc.array(subject, { minLength: 5 }), (pieces, subjects) => {
        const source = `text.matches('${pieces.join('')}')`
        const { rule } = compileTargeting(source, declarations)
        if (rule === null) return
        taken++
        const units = [...subjects, 1, null].map((text) => ({ text }))
        const expected = units.map((values) => holds(source, values))
        expect(
          units.map((values) => matchesRule(rule, values)),
          source,
        ).toEqual(expected)
      }),
      { numRuns: 1_000 },
    )
    expect(taken).toBeGreaterThan(150)
  })

  test.each([
    ["plan == 'pro' && age >= 18", { plan: 'pro', age: 18 }, true],
    ["plan == 'pro' && age >= 18", { plan: 'pro' }, false],
    ["plan == 'pro' || age >= 18", { age: 20 }, true],
    ["!(plan == 'pro')", {}, false],
    ["country in ['DE', 'AT', 'CH']", { country: 'AT' }, true],
    ["email.matches('@example\\\\.com$')", { email: 'a@example.com' }, true],
    ["email.matches('@example\\\\.com$')", { email: 'a@exampleXcom' }, false],
    ["!email.matches('^a$')", { email: 1 }, false],
    ['has(user.beta) && user.beta', { user: { beta: true } }, true],
    ["groups.exists(group, group.name == 'staff')", { groups: [{}, { name: 'staff' }] }, true],
    ['7 / 2 == 3 && n / 2 == 3.5', { n: 7 }, true],
    ["size('ß😀') == 2", {}, true],
    ['type == 1', { type: 1 }, true],
    ['toString == 1', {}, false],
    ['user.constructor != 1', { user: {} }, false],
    ['user.__proto__ != 1', { user: {} }, false],
    ['1 % 0 == 1 || 1 / 0 == 1 || true', {}, true],
    ['1.0 / -n < 0.0 && 1.0 / -0.0 < 0.0', { n: 0 }, true],
    ['9007199254740992 < 9007199254740993', {}, true],
  ] as [string, Record<string, unknown>, boolean][])('%s with %j: %s', (source, values, expected) => {
    expect(matchesRule(ruleOf(source), values)).toBe(expected)
    expect(
      compileExpression(source, {
        ...declarations,
        ...Object.fromEntries(Object.keys(values).map((name) => [name, true])),
        country: true,
        email: true,
        toString: true,
        user: true,
      }).diagnostics,
    ).toEqual([])
  })

  test('is read whatever it and the attributes are, and gives up where that would take long', () => {
    const many = Array.from({ length: 2_000 }, (_, index) => index)
    expect(matchesRule(ruleOf('n.exists(i, n.exists(j, i + j < 0))'), { n: many })).toBe(false)
    let deep: unknown = 1
    for (let depth = 0; depth < 100_000; depth++) deep = [deep]
    expect(matchesRule(ruleOf('a == b'), { a: deep, b: structuredClone(1) })).toBe(false)
    expect(matchesRule(ruleOf('a == b'), { a: deep, b: [deep] })).toBe(false)
    fc.assert(
      fc.property(fc.jsonValue(), fc.object(), (rule, values) => {
        expect(typeof matchesRule(rule as TargetingRule, values)).toBe('boolean')
      }),
    )
    for (const rule of [['toString', 1], ['int', 'x'], ['item', 3], ['.', null, null], [[]], []])
      expect(matchesRule(rule as TargetingRule, {})).toBe(false)
    const hostile = new Proxy(
      {},
      {
        getOwnPropertyDescriptor: () => {
          throw new Error('no')
        },
      },
    )
    expect(matchesRule(['attribute', 'a'], hostile)).toBe(false)
  })
})

describe('what a rule can not say', () => {
  test.each([
    ["email.matches('^[a-z]+$')", "email.matches('^[a-z]+$')", 'startsWith()'],
    ["email.matches('a.c')", "email.matches('a.c')", 'Plain texts'],
    ["timestamp(since) < timestamp('2026-01-01T00:00:00Z')", 'timestamp(since)', 'A rule has size()'],
    ["true && string(age) == '1'", 'string(age)', 'A rule has size()'],
    ['size(items.map(i, i)) > 1', 'items.map(i, i)', 'A rule has size()'],
    ["size(b'a') == 1", "b'a'", 'Compute it before'],
    ['x == 3u', '3u', 'Compute it before'],
    ['size(x)', 'size(x)', 'Compare it'],
  ])('%s has a diagnostic at its place, with a hint', (source, at, hint) => {
    const { rule, diagnostics } = compileTargeting(source)
    expect(rule).toBeNull()
    expect(diagnostics[0]).toMatchObject({ code: 'experiment.unsupported_targeting', severity: 'error' })
    expect(source.slice(diagnostics[0]!.from, diagnostics[0]!.to)).toBe(at)
    expect(diagnostics[0]!.hint).toContain(hint)
  })

  test('is found besides what is wrong with the expression itself', () => {
    const schemas = { plan: { type: 'string', enum: ['free', 'pro'] }, age: { type: 'number' } } as const
    expect(compileTargeting('plan ==')).toMatchObject({ rule: null, diagnostics: [{ code: 'expression.syntax' }] })
    expect(compileTargeting('paln == 1', schemas)).toMatchObject({ diagnostics: [{ code: 'expression.undeclared' }] })
    expect(compileTargeting("age == 'a'", schemas)).toMatchObject({ diagnostics: [{ code: 'expression.type' }] })
    const { rule, diagnostics } = compileTargeting("plan == 'team'", schemas)
    expect(diagnostics).toMatchObject([{ code: 'expression.never_equal', severity: 'warning' }])
    expect(rule).toEqual(['==', ['attribute', 'plan'], 'team'])
    expect(compileTargeting('type(age) == string', schemas).diagnostics).toHaveLength(2)
  })
})
