import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearestName, suggestName } from './suggest.ts'

test.each([
  ['scor', ['text', 'score'], 'score'],
  ['socre', ['text', 'score'], 'score'],
  ['Score', ['text', 'score'], 'score'],
  ['sentimant', ['sentiment', 'settlement'], 'sentiment'],
  ['xyz', ['text', 'score'], undefined],
  ['x', ['y'], undefined],
  ['anything', [], undefined],
])('for %s among %j it is %j', (name, known, expected) => {
  expect(nearestName(name, known)).toBe(expected)
})

test('a known name is its own nearest, wherever it stands', () => {
  const name = fc.stringMatching(/^[a-z]{2,12}$/)
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.nat(), (names, index) => {
      const wanted = names[index % names.length]!
      expect(nearestName(wanted, names)).toBe(wanted)
    }),
  )
})

test('without a near one the known names are listed, and not endlessly', () => {
  expect(suggestName('x', ['alpha', 'beta'], 'None.')).toBe('There are "alpha", "beta".')
  expect(suggestName('x', [], 'None.')).toBe('None.')
  expect(
    suggestName(
      'x',
      Array.from({ length: 100 }, (_, index) => `name${index}`),
      'None.',
    ),
  ).toMatch(/"name11", …\.$/)
})
