import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeWords } from './merge-words.ts'

test('changes of words in one line that do not touch are merged', () => {
  expect(mergeWords('Answer in one short line.', 'Answer in two short lines.', 'Reply in one short line.')).toBe(
    'Reply in two short lines.',
  )
})

test('changes of the same words are not', () => {
  expect(mergeWords('one line', 'two line', 'three line')).toBeNull()
  expect(mergeWords('one line', 'two line', 'two line')).toBe('two line')
})

test('what only one side changed is taken, and the sides may change places', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', ' ', '\n', '.', 'c'), { maxLength: 20 })
    .map((parts) => parts.join(' '))
  fc.assert(
    fc.property(text, text, text, (base, ours, theirs) => {
      expect(mergeWords(base, ours, base)).toBe(ours)
      expect(mergeWords(base, base, theirs)).toBe(theirs)
      expect(mergeWords(base, ours, theirs)).toBe(mergeWords(base, theirs, ours))
    }),
  )
})

test('proposes nothing for texts that nobody reads word by word', () => {
  const long = 'a word '.repeat(20_000)
  expect(mergeWords(long, `our ${long}`, `${long}their`)).toBeNull()
})
