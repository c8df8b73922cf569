import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LinearPattern } from './linear-pattern.ts'

function compile(source: string): LinearPattern {
  const pattern = LinearPattern.compile(source)
  if (typeof pattern === 'string') throw new Error(pattern)
  return pattern
}

test('ordinary patterns match as regular expressions do', () => {
  const pattern = fc.constantFrom(
    '^a',
    'b$',
    'a+b',
    '[ab]{2,3}',
    '(a|b)*c',
    '^(a+)+$',
    '\\d',
    '\\u0061c',
    '',
    'a.c',
    '(?i)A',
  )
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '-') }), (source, text) => {
      const native = source === '(?i)A' ? /A/i : new RegExp(source, 'u')
      expect(compile(source).test(text)).toBe(native.test(text))
    }),
  )
})

test.each(['(?=a)', '(?<!a)b', '(a)\\1', '(', '[', 'a{1001}', 'a'.repeat(2_000)])(
  '%s is refused in words',
  (source) => {
    expect(LinearPattern.compile(source)).toEqual(expect.any(String))
  },
)

test('work is reported, grows with the text and can be stopped', () => {
  const pattern = compile('^(a+)+$')
  const workOn = (length: number) => {
    let work = 0
    pattern.test(`${'a'.repeat(length)}!`, (visits) => {
      work += visits
    })
    return work
  }
  expect(workOn(2_000) / workOn(1_000)).toBeCloseTo(2, 0)
  const stop = new Error('enough')
  const stopped = () =>
    pattern.test('a'.repeat(10_000), () => {
      throw stop
    })
  expect(stopped).toThrow(stop)
  expect(pattern.test('aaa')).toBe(true)
})
