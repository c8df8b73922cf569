import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReducerName } from './reducer.ts'
import { applyWrite, initialValue, reducers } from './reducer.ts'

// Integers: the sum of doubles is associative only up to rounding.
const written: Record<ReducerName, fc.Arbitrary<unknown>> = {
  append: fc.jsonValue(),
  merge: fc.dictionary(fc.string(), fc.jsonValue()),
  sum: fc.integer(),
}

for (const name of Object.keys(reducers) as ReducerName[]) {
  const { identity, lift, combine } = reducers[name]
  const value = written[name].map(lift)

  test(`${name} is a monoid: associative, and its identity changes nothing`, () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(combine(combine(a, b), c)).toEqual(combine(a, combine(b, c)))
        expect(combine(identity, a)).toEqual(a)
        expect(combine(a, identity)).toEqual(a)
      }),
    )
  })

  test(`${name}: writes one after the other give what their sum, added at once, gives`, () => {
    fc.assert(
      fc.property(value, fc.array(written[name]), (start, writes) => {
        const oneByOne = writes.reduce((current, write) => applyWrite(name, current, write), start)
        const together = writes.map(lift).reduce(combine, identity)
        expect(oneByOne).toEqual(combine(start, together))
      }),
    )
  })
}

test('append adds the elements of a list, and anything else as one element', () => {
  expect(applyWrite('append', ['a'], ['b', 'c'])).toEqual(['a', 'b', 'c'])
  expect(applyWrite('append', ['a'], 'b')).toEqual(['a', 'b'])
  expect(applyWrite('append', undefined, null)).toEqual([null])
  expect(applyWrite('append', [], [['b']])).toEqual([['b']])
})

test('merge keeps the later value of a key, whole', () => {
  expect(applyWrite('merge', { a: { x: 1 }, b: 1 }, { a: { y: 2 } })).toEqual({ a: { y: 2 }, b: 1 })
})

test('what a reducer cannot take is refused by name', () => {
  expect(() => applyWrite('merge', {}, ['a'])).toThrow(/"merge" takes an object, but a list was written/)
  expect(() => applyWrite('merge', {}, null)).toThrow(expect.objectContaining({ code: 'workflow.unfit_write' }))
  expect(() => applyWrite('sum', 1, '2')).toThrow(/"sum" takes a number, but a value of type string/)
})

test('without a reducer a write replaces', () => {
  expect(applyWrite(undefined, [1], [2])).toEqual([2])
})

test('a variable starts with its default, else with its reducer’s identity, else without a value', () => {
  expect(initialValue({ default: 0, reducer: 'append' })).toBe(0)
  expect(initialValue({ reducer: 'append' })).toEqual([])
  expect(initialValue({ reducer: 'merge' })).toEqual({})
  expect(initialValue({ reducer: 'sum' })).toBe(0)
  expect(initialValue({})).toBeUndefined()
  expect(initialValue({ default: null })).toBeNull()
})
