import { describe, expect, test } from 'vitest'
import { cpuClock } from '../base/cpu-time.suite.ts'
import { FairleadError } from '../base/error.ts'
import { compileExpression } from './expression.ts'

const untouched = () => {
  throw new Error('was run')
}

/** Values as an attacker might have them made, beside plain ones. */
function hostileValues(): Record<string, unknown> {
  const inherited = Object.create({ secret: 'inherited' })
  inherited.own = 1
  return {
    x: { a: 1, name: 'a' },
    list: [1, 2, 3],
    text: 'text',
    n: 1,
    key: 'constructor',
    proto: '__proto__',
    json: JSON.parse('{"__proto__": {"polluted": true}, "constructor": "mine", "a": 1}'),
    inherited,
    getter: Object.defineProperty({}, 'secret', { get: untouched, enumerable: true }),
    method: { call: untouched, toString: untouched, valueOf: untouched, toJSON: untouched },
    list2: [untouched, Symbol('s'), undefined],
    date: new Date(0),
    instance: new (class Secret {
      get hidden() {
        return untouched()
      }
    })(),
  }
}

const declarations = Object.fromEntries(Object.keys(hostileValues()).map((name) => [name, true]))

function run(source: string): unknown {
  const expression = compileExpression(source, declarations)
  const error = expression.diagnostics.find((diagnostic) => diagnostic.severity === 'error')
  if (error) return `refused: ${error.code}`
  try {
    return expression.evaluate(hostileValues())
  } catch (error) {
    if (error instanceof FairleadError) return `failed: ${error.code}`
    throw error
  }
}

describe('nothing but own data is read', () => {
  test.each([
    'x.constructor',
    'x.constructor.constructor',
    'x.__proto__',
    'x.prototype',
    'x.toString',
    'x.hasOwnProperty',
    'x.__defineGetter__',
    'x.__lookupGetter__',
    'x.valueOf',
    "x['constructor']",
    "x['__proto__']",
    "x['__proto__']['constructor']",
    'x[key]',
    'x[proto]',
    'x[key][key]',
    "x['const' + 'ructor']",
    "x[['constructor'][0]]",
    "x[{'a': 'constructor'}.a]",
    "x[string(b'constructor')]",
    'list.constructor',
    'list.length',
    "list['length']",
    'list[key]',
    "list['__proto__']",
    'list[proto]',
    'list.push',
    'text.constructor',
    'text.length',
    "text['length']",
    'text[0]',
    'n.constructor',
    'n.toFixed',
    'inherited.secret',
    "inherited['secret']",
    'getter.secret',
    "getter['secret']",
    'method.call',
    'method.toString',
    "method['valueOf']",
    'list2[0]',
    'list2[1]',
    'list2[2]',
    'list2.map(f, f)',
    'list2.filter(f, true).map(f, f)',
    'instance.hidden',
    'date.getTime',
    'constructor',
    'toString',
    '__proto__',
    'globalThis',
    'process.env',
    'this',
    'require("fs")',
    'import("fs")',
    'eval("1")',
    'Function("return 1")()',
    "constructor.constructor('return process')()",
    "x.constructor('return process')()",
    "x.constructor.constructor('return process')()",
    'text.constructor.fromCharCode(65)',
    'method.call()',
    'x.toString()',
    'x.valueOf()',
    'list.map(f, f.constructor)',
    "list.map(constructor, constructor('x'))",
    "x.__defineGetter__('a', 1)",
    'x.a = 2',
    'x.a++',
    'delete x.a',
    'new Date()',
    '() => 1',
    'x => x',
    '`x`',
    'x?.constructor',
    '(function(){ return this })()',
    'while(true){}',
    "{'a': 1}.constructor",
    "{'a': 1}['__proto__']",
    "{'__proto__': x}.a",
    "timestamp('2026-01-01T00:00:00Z').constructor",
    "duration('1s').nanoseconds",
    'type(1).name',
    '1u.value',
    "b'a'.buffer",
    'optional.of(1)',
    'cel.bind(a, 1, a)',
    'google.protobuf',
  ])('%s', (source) => {
    expect(run(source)).toMatch(/^(refused|failed): expression\./)
  })

  test.each([
    ['has(x.constructor)', false],
    ['has(x.__proto__)', false],
    ['has(inherited.secret)', false],
    ['has(getter.secret)', false],
    ['has(method.call)', false],
    ['has(instance.hidden)', false],
    ['key in x', false],
    ["'toString' in x", false],
    ["'__proto__' in x", false],
    ["'secret' in inherited", false],
    ['inherited.own', 1],
    ['json.constructor', 'mine'],
    ["json['__proto__'].polluted", true],
    ['has(json.__proto__.polluted)', true],
    ['x == json', false],
    ["{'__proto__': 1} == {'__proto__': 1}", true],
    ["{'a': 1} == {'constructor': 1}", false],
  ])('%s is %j', (source, expected) => {
    expect(run(source)).toBe(expected)
  })

  test('a built map may hold any key, and pollutes nothing', () => {
    const result = run("{'__proto__': {'polluted': true}, 'constructor': 1}") as object
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(Object.keys(result)).toEqual(['__proto__', 'constructor'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('declared names are own members too', () => {
    const expression = compileExpression('toString', { toString: true })
    expect(() => expression.evaluate({})).toThrow('The variable "toString" has no value.')
    expect(expression.evaluate({ toString: 'mine' })).toBe('mine')
  })
})

describe('nothing hangs or fills the memory', () => {
  const letters = Array.from({ length: 50_000 }, (_, index) => ((index * 7_919) % 13 < 6 ? 'a' : 'b')).join('')
  const long = Array.from({ length: 100_000 }, (_, index) => index)
  const bushy = (depth: number): unknown => (depth === 0 ? [] : [bushy(depth - 1), bushy(depth - 1)])
  const nested = () => Array.from({ length: 1_000 }).reduce<unknown>((inner) => ({ inner }), {})
  const values: Record<string, unknown> = {
    big: 'a'.repeat(5_000_000),
    text: `${'a'.repeat(50_000)}!`,
    letters,
    long,
    thousand: long.slice(0, 1_000),
    most: long.slice(0, 49_000),
    deep: nested(),
    deep2: nested(),
    hans: Array.from({ length: 50_000 }, (_, index) => String.fromCharCode(0x4e00 + (index % 20_000))).join(''),
    n: 2,
    tail: `${'a'.repeat(25_000)}b`,
    middle: `${'a'.repeat(12_000)}b${'a'.repeat(12_000)}`,
    nines: '9'.repeat(1_000_000),
    most64: 2 ** 63,
    huge: Number.MAX_VALUE,
    bushy: bushy(14),
    pair: ['x'.repeat(500), ['y']],
    wide: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, 'value'])),
    record: { text: 'x'.repeat(500), inner: [{ more: 'y' }] },
  }
  const declared = Object.fromEntries(Object.keys(values).map((name) => [name, true]))
  const times = (count: number, part: string, glue: string) => Array.from({ length: count }, () => part).join(glue)

  /** Generous beyond the 10 ms that an evaluation takes when it runs warm: machines of tests are slow and shared. */
  const mostMs = 500

  test.each([
    "text.matches('^(a+)+$')",
    "text.matches('^(a|aa)+$')",
    "text.matches('^(a|a?)+$')",
    "letters.matches('(a|b)*a(a|b){20}$')",
    "letters.matches('(a{1,30}){1,30}$')",
    "text.matches('((a?){10}){10}[ab]{200}$')",
    "hans.matches('[^a]{1,50}[bc]$')",
    "big.matches('^(a+)+$')",
    "most.exists(x, text.matches('^(a+)+$'))",
    'long.all(x, true)',
    'thousand.all(x, thousand.all(y, x + y >= 0))',
    'thousand.map(x, thousand.map(y, [x, y]))',
    'thousand.map(x, thousand)',
    `most.all(x, ${times(60, 'x * x + x >= 0', ' && ')})`,
    'most.all(x, long == long)',
    'most.all(x, x in long)',
    'most.all(x, deep == deep2)',
    'most.all(x, big == big)',
    "most.all(x, big + 'a' == 'a' + big)",
    'most.all(x, big <= big)',
    'most.map(x, big + string(x))',
    'most.map(x, long + [x])',
    "most.all(x, !big.contains('b'))",
    "most.all(x, !big.contains(string(x) + 'b'))",
    'most.all(x, size(big) > 0)',
    'most.all(x, big.upperAscii() != "")',
    'most.all(x, big.split("").size() > 0)',
    'most.all(x, big.replace("a", "bb") != "")',
    'most.all(x, bytes(big) != b"")',
    "most.all(x, timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin') == 1)",
    times(100, 'big', ' + '),
    `size(${times(100, 'long', ' + ')})`,
    `[${times(100, 'big', ', ')}].join(big)`,
    `${times(8, "'xxxxxxxxxx'.replace('x', ", '')}big${')'.repeat(8)}`,
    "big.split('')",
    "big.split('a').join(big)",
    "'a'.replace('a', big).replace('a', big)",
    'text.contains(tail)',
    'text.contains(middle)',
    'text.indexOf(tail) > 0',
    'text.lastIndexOf(tail) > 0',
    'text.lastIndexOf(middle, 40000) > 0',
    'text.split(tail) == []',
    "text.replace(middle, 'x') == text",
    'most.exists(x, text.contains(tail))',
    'most.map(x, big)',
    'thousand.map(x, text + "")',
    'thousand.map(x, bushy)',
    'most.map(x, pair)',
    'thousand.map(x, {"a": wide})',
    'most.map(x, record)',
    '[big, big, big]',
    '{"a": {"b": [big]}, "c": [big, "more"]}',
  ])('%s is stopped by the budget', (source) => {
    const expression = compileExpression(source, declared)
    expect(expression.diagnostics).toEqual([])
    const spent = cpuClock()
    expect(() => expression.evaluate(values)).toThrow(expect.objectContaining({ code: 'expression.limit' }))
    expect(spent()).toBeLessThan(mostMs)
  })

  test.each([
    "text.matches('(a*)*b')",
    "hans.matches('^[^a]{1,50}b$')",
    'deep == deep2',
    'long.exists(x, x == 5)',
    'big.size() + long.size() > 0',
  ])('%s ends soon by itself', (source) => {
    const spent = cpuClock()
    expect(typeof compileExpression(source, declared).evaluate(values)).toBe('boolean')
    expect(spent()).toBeLessThan(mostMs)
  })

  test.each([
    ['5,000 parentheses', `${'('.repeat(4_999)}1${')'.repeat(4_999)}`],
    ['5,000 brackets', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['5,000 braces', '{1:'.repeat(3_000)],
    ['5,000 signs', `${'!'.repeat(5_000)}true`],
    ['5,000 minus signs', `${'-'.repeat(5_000)}1`],
    ['5,000 members', `x${'.a'.repeat(4_900)}`],
    ['5,000 indexes', `x${'[0]'.repeat(3_000)}`],
    ['5,000 conditions', `${'true?1:'.repeat(1_400)}1`],
    ['5,000 calls', `${'size('.repeat(1_900)}1`],
    ['5,000 operands', times(5_000, '1', '+')],
    ['a mebibyte', ' '.repeat(2 ** 20)],
    ['an endless text', `'${'\\'.repeat(9_000)}`],
    ['a huge number', '9'.repeat(9_999)],
    ['a huge exponent', '1e999999999'],
    ['a huge repetition', "big.matches('a{1000}{1000}{1000}')"],
    ['repetitions in repetitions', "big.matches('((((a{100}){100}){100}){100})')"],
    ['a long pattern', `big.matches('${'(a|b)*'.repeat(1_000)}')`],
    ['three nested loops', 'thousand.all(x, thousand.all(y, thousand.all(z, true)))'],
  ])('%s are refused', (_name, source) => {
    const spent = cpuClock()
    const { diagnostics } = compileExpression(source, declared)
    expect(diagnostics.some((diagnostic) => diagnostic.severity === 'error')).toBe(true)
    expect(spent()).toBeLessThan(mostMs)
  })

  test.each([
    ['int(nines)'],
    ['uint(nines)'],
    ['double(nines)'],
    ["double('0.' + nines)"],
    ["double('1e' + nines)"],
    ["duration(nines + 'h')"],
    ["timestamp('2026-01-01T00:00:00.' + nines + 'Z')"],
    ['int(huge)'],
    ['int(most64)'],
    ['huge * huge'],
    ['huge + huge'],
    ['9223372036854775807 + 1'],
    ['9223372036854775807 * 9223372036854775807'],
    ['-9223372036854775808 / -1'],
    ['timestamp(9223372036854775807)'],
    ["timestamp('9999-12-31T23:59:59Z') + duration('1000000h')"],
  ])('%s has no value', (source) => {
    const expression = compileExpression(source, declared)
    expect(expression.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(() => expression.evaluate(values)).toThrow(expect.objectContaining({ code: 'expression.evaluation' }))
  })

  describe('values nested beyond the stack', () => {
    let list: unknown = []
    for (let index = 0; index < 100_000; index++) list = [list]
    let map: unknown = {}
    for (let index = 0; index < 100_000; index++) map = { map }
    const nestings = { list, list2: [list], map, map2: { map: { map } } }
    const both = Object.fromEntries(Object.keys(nestings).map((name) => [name, true]))

    test.each(['list == list2', 'map == map2', 'list in [list2]', 'list in list', 'list', 'list[0][0]', 'list + list'])(
      '%s ends in a limit',
      (source) => {
        expect(() => compileExpression(source, both).evaluate(nestings)).toThrow(
          expect.objectContaining({ code: 'expression.limit' }),
        )
      },
    )

    test('are read at the surface, and passed on as they are', () => {
      const run = (source: string) => compileExpression(source, both).evaluate(nestings)
      expect(run('size(list) + size(map) + size(map.map.map)')).toBe(3)
      expect(run('map')).toBe(map)
      expect((run("{'x': map2.map}") as { x: unknown }).x).toBe(nestings.map2.map)
      expect(() => run('string(map)')).toThrow(expect.objectContaining({ code: 'expression.evaluation' }))
    })
  })

  test('what is large but passed on once is no matter, nor what is small and passed on often', () => {
    const run = (source: string) => compileExpression(source, declared).evaluate(values)
    expect(run('big')).toBe(values.big)
    expect(run('wide')).toBe(values.wide)
    expect(run('[big, wide, long]')).toEqual([values.big, values.wide, values.long])
    expect(run('thousand.map(x, {"id": x, "n": [n, [n]]})')).toHaveLength(1_000)
    expect(run('thousand.map(x, record)')).toHaveLength(1_000)
    expect(run('long')).toBe(values.long)
  })

  test('measuring a value from outside reads nothing but data', () => {
    const getter = Object.defineProperty({ a: 1 }, 'secret', { get: untouched, enumerable: true })
    expect(compileExpression('[x, x]', { x: true }).evaluate({ x: getter })).toEqual([getter, getter])
  })

  test('a budget is per evaluation, and ordinary lists are well within it', () => {
    const expression = compileExpression('items.filter(i, i.score > 0.5 && i.name.startsWith("n")).size()', {
      items: true,
    })
    const items = Array.from({ length: 10_000 }, (_, index) => ({ name: `n${index}`, score: index / 10_000 }))
    for (let round = 0; round < 5; round++) expect(expression.evaluate({ items })).toBe(4_999)
  })
})

test('neither eval nor Function is needed', () => {
  const { eval: evaluate, Function: construct } = globalThis
  Object.assign(globalThis, { eval: untouched, Function: untouched })
  try {
    expect(compileExpression('n + 1 == 3', { n: true }).evaluate({ n: 2 })).toBe(true)
  } finally {
    Object.assign(globalThis, { eval: evaluate, Function: construct })
  }
})
