import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Suggestions } from './suggest.ts'

test.each([
  ['scor', ['text', 'score'], 'score'],
  ['socre', ['text', 'score'], 'score'],
  ['Score', ['text', 'score'], 'score'],
  ['sentimant', ['sentiment', 'settlement'], 'sentiment'],
  ['mailsend', ['mail.send', 'mail.read'], 'mail.send'],
  ['tol', ['tool', 'loop'], 'tool'],
  ['xyz', ['text', 'score'], undefined],
  ['x', ['y'], undefined],
  ['anything', [], undefined],
])('for %s among %j it is %j', (name, known, expected) => {
  expect(new Suggestions().nearest(name, known)).toBe(expected)
})

test('one letter more, less, other or two of them swapped is a near miss of a longer name', () => {
  const long = fc.stringMatching(/^[a-z]{4,20}$/)
  const letter = fc.stringMatching(/^[a-z]$/)
  fc.assert(
    fc.property(long, letter, fc.nat(), fc.nat(3), (name, other, at, kind) => {
      const i = at % (name.length - 1)
      const spelled = [
        name.slice(0, i) + other + name.slice(i),
        name.slice(0, i) + name.slice(i + 1),
        name.slice(0, i) + other + name.slice(i + 1),
        name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2),
      ][kind]!
      expect(new Suggestions().nearest(spelled, ['0123456789', name, '9876543210'])).toBe(name)
    }),
  )
})

test('a known name is its own nearest, wherever it stands', () => {
  const name = fc.stringMatching(/^[a-z]{2,12}$/)
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.nat(), (names, index) => {
      const wanted = names[index % names.length]!
      expect(new Suggestions().nearest(wanted, names)).toBe(wanted)
    }),
  )
})

test('without a near one the known names are listed, and not endlessly', () => {
  const suggestions = new Suggestions()
  expect(suggestions.hint('x', () => ['alpha'])).toBe('There is "alpha".')
  expect(suggestions.hint('x', () => ['alpha', 'beta'])).toBe('There are "alpha", "beta".')
  expect(suggestions.hint('x', () => [], { whenNone: 'None.' })).toBe('None.')
  const many = Array.from({ length: 100 }, (_, index) => `name${index}`)
  expect(suggestions.hint('x', () => many, { most: 12 })).toMatch(/"name11", …\.$/)
})

test('when the effort is used up nothing more is suggested, nor listed', () => {
  const suggestions = new Suggestions(10_000)
  const known = Array.from({ length: 1_000 }, (_, index) => `name${index}`)
  expect(suggestions.nearest('nam7', known)).toBe('name7')
  for (let round = 0; round < 50; round++) suggestions.nearest('namo999', known)
  expect(suggestions.isSpent).toBe(true)
  expect(suggestions.hint('name77', () => known)).toBe('')
})
