import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

test('the example of RFC 8785 §3.2.2 is written as §3.2.3 shows it', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('keys are sorted by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
})

test('the text reads back as the value, and the order of keys leaves no trace', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, below]) => [key, reversed(below)]),
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(canonicalJson(reversed(value))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('a value may be met twice as long as it does not hold itself', () => {
  const shared = { a: 1 }
  expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]')
})

const cycle: { self?: unknown } = {}
cycle.self = cycle

test.each([
  ['undefined', undefined, ''],
  ['a member that is undefined', { a: { 'b/c~': undefined } }, '/a/b~1c~0'],
  ['a hole in a list', new Array(1), '/0'],
  ['a function', [() => 1], '/0'],
  ['a symbol', { s: Symbol('s') }, '/s'],
  ['a BigInt', { n: 1n }, '/n'],
  ['NaN', { n: Number.NaN }, '/n'],
  ['an infinity', { n: -Infinity }, '/n'],
  ['a lone surrogate', { s: '\ud800' }, '/s'],
  ['a lone surrogate in a key', { '\udc00': 1 }, '/\udc00'],
  ['a cycle', cycle, '/self'],
  ['a date', { at: new Date(0) }, '/at'],
  ['a map', { map: new Map() }, '/map'],
])('%s is refused at its place', (_name, value, pointer) => {
  expect(() => canonicalJson(value)).toThrow(
    expect.objectContaining({ code: 'base.not_json', data: expect.objectContaining({ pointer }) }),
  )
})
