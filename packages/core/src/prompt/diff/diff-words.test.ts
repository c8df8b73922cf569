import fc from 'fast-check'
import { expect, it } from 'vitest'
import { diffWords, splitWords } from './diff-words.ts'

it('splits a text into words, spaces and signs, which together are the text', () => {
  expect(splitWords('Say “café” to {{name}}!\n')).toEqual([
    'Say',
    ' ',
    '“',
    'café',
    '”',
    ' ',
    'to',
    ' ',
    '{',
    '{',
    'name',
    '}',
    '}',
    '!',
    '\n',
  ])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(splitWords(text).join('')).toBe(text)
    }),
  )
})

it('finds the words that changed, and no others', () => {
  const { inserted, deleted, exact } = diffWords('Answer in three sentences.', 'Answer in two short sentences.')
  expect({ inserted, deleted, exact }).toEqual({ inserted: 3, deleted: 1, exact: true })
  expect(diffWords('Be brief.', 'Be kind.').edits).toEqual([
    { beforeStart: 2, beforeEnd: 3, afterStart: 2, afterEnd: 3 },
  ])
})

it('gives a script that leads from the one text to the other', () => {
  const text = fc
    .array(fc.constantFrom('you', 'are', 'a', ' ', ' ', '{{x}}', '.', '\n', 'é🙂'))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { edits } = diffWords(before, after)
      const [from, to] = [splitWords(before), splitWords(after)]
      const result: string[] = []
      let at = 0
      for (const { beforeStart, beforeEnd, afterStart, afterEnd } of edits) {
        result.push(...from.slice(at, beforeStart), ...to.slice(afterStart, afterEnd))
        at = beforeEnd
      }
      expect([...result, ...from.slice(at)].join('')).toBe(after)
    }),
  )
})
