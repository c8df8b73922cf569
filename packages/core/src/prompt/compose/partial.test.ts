import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cpuClock } from '../../base/cpu-time.suite.ts'
import { partialsOf, splitPartials } from './partial.ts'
import { areReferences, referenceFaults } from './reference-faults.ts'

it('a partial is a name behind ">", spaces allowed; all else is text', () => {
  expect(splitPartials('a {{> b}}{{>c_1}} {{ > d }}!')).toEqual([
    'a ',
    { name: 'b' },
    { name: 'c_1' },
    ' ',
    { name: 'd' },
    '!',
  ])
  for (const text of ['{{>}}', '{{> 1}}', '{{> a.b}}', '{{> a b}}', '{{b}}', '{> b}', '{{&gt; b}}'])
    expect(splitPartials(text)).toEqual([text])
  expect(splitPartials('{{{> b}}}')).toEqual(['{', { name: 'b' }, '}'])
})

it('the parts laid end to end are the text', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('{{> a}}', '{{', '>', '}}', 'a', ' '))
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('').replaceAll(/\{\{\s+>|>\s+|\s+\}\}/g, (found) => found.trim())
      const laid = splitPartials(text).map((part) => (typeof part === 'string' ? part : `{{>${part.name}}}`))
      expect(laid.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
    }),
  )
})

it('a hostile text is cut in linear time', () => {
  const spent = cpuClock()
  for (const text of [
    '{{>'.repeat(100_000),
    `{{>${' '.repeat(200_000)}`,
    `{{${' '.repeat(200_000)}>`,
    '{{> a'.repeat(70_000),
  ])
    expect(splitPartials(text)).toEqual([text])
  expect(spent()).toBeLessThan(1_000)
})

it('templates and references must have each other, each fault with its place', () => {
  const messages = [
    { role: 'system' as const, content: '{{> tone}}' },
    { role: 'user' as const, content: '{{> tone}} {{> other}} {{name}}' },
  ]
  expect([...partialsOf({ messages })]).toEqual([
    ['tone', '/messages/0/content'],
    ['other', '/messages/1/content'],
  ])
  const target = { prompt: 'p', version: 1 }
  expect(referenceFaults({ messages, references: { tone: target, name: target } })).toEqual([
    { pointer: '/messages/1/content', message: expect.stringContaining('{{> other}}') },
    { pointer: '/references/name', message: expect.stringContaining('{{> name}}') },
  ])
  expect(referenceFaults({ text: '{{> constructor}}' })).toMatchObject([{ pointer: '/text' }])
  expect(referenceFaults({ text: '{{> x}}', references: { x: target } })).toEqual([])
  expect(referenceFaults({ text: '{{x}}' })).toEqual([])
})

it.each([
  [{}, true],
  [{ x: { prompt: 'p', version: 1 } }, true],
  [{ x: { prompt: 'p', label: 'l' } }, true],
  [{ x: { prompt: 'p' } }, false],
  [{ x: { prompt: 'p', version: 1, label: 'l' } }, false],
  [{ x: { prompt: 'p', version: 0.5 } }, false],
  [{ x: { prompt: 1, version: 1 } }, false],
  [{ x: { prompt: 'p', version: 1, more: 1 } }, false],
  [{ x: null }, false],
  [[], false],
  ['x', false],
])('of what comes from outside, %j may be references: %s', (value, expected) => {
  expect(areReferences(value)).toBe(expected)
})
