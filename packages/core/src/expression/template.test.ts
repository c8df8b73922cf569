import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuClock } from '../base/cpu-time.suite.ts'
import { parseTemplate, renderTemplate } from './template.ts'

test('slots take members and list positions, with spaces allowed; strings go in as they are, the rest as JSON', () => {
  const values = { ticket: { id: 7, tags: ['a', { b: null }], 'first-name': 'Ann' }, ok: true }
  expect(
    renderTemplate('#{{ticket.id}} {{ ticket.tags }} {{ticket.tags.0}} {{ticket.first-name}} {{ok}}', values),
  ).toBe('#7 ["a",{"b":null}] a Ann true')
})

test('a value is never read as a template', () => {
  expect(renderTemplate('{{a}}', { a: '{{b}}', b: 'secret' })).toBe('{{b}}')
})

test.each([
  '{{',
  '}}',
  '{{}}',
  '{{ }}',
  '{{a b}}',
  '{{a.}}',
  '{{.a}}',
  '{{a[0]}}',
  '{{1}}',
  '{{a + 1}}',
  '{ {a}}',
  '{{#if a}}',
])('%s is text and stays as it is', (text) => {
  expect(parseTemplate(text).paths).toEqual([])
  expect(renderTemplate(text, { a: 1 })).toBe(text)
})

test('what looks like a slot and is not gets a warning at its place', () => {
  const { diagnostics, paths } = parseTemplate('Hi {{name}}, {{ total * 2 }} and {"a": {"b": 1}}')
  expect(paths).toEqual([['name']])
  expect(diagnostics).toEqual([
    expect.objectContaining({ code: 'expression.template', severity: 'warning', from: 13, to: 28 }),
  ])
})

test('triple braces keep the outer ones as text', () => {
  expect(renderTemplate('{{{a}}}', { a: 1 })).toBe('{1}')
})

test.each([
  ['nowhere', 'nowhere', 'there is no variable "nowhere"'],
  ['a.b.c', 'a.b.c', '"a.b" has no "c"'],
  ['a.list.length', 'a.list.length', 'has no "length"'],
  ['a.list.2', 'a.list.2', 'has no "2"'],
  ['a.text.length', 'a.text.length', 'has no "length"'],
  ['a.constructor.name', 'a.constructor.name', 'has no "constructor"'],
  ['a.__proto__.polluted', 'a.__proto__.polluted', 'has no "__proto__"'],
  ['toString', 'toString', 'there is no variable "toString"'],
  ['a.call', 'a.call', 'has no "call"'],
])('%s is missing and named', (slot, path, message) => {
  const values = { a: { b: {}, list: [1, 2], text: 'text', call: () => 'leaked' } }
  const render = () => renderTemplate(`{{${slot}}}`, values)
  expect(render).toThrow(message)
  expect(render).toThrow(
    expect.objectContaining({ code: 'expression.missing_variable', data: expect.objectContaining({ path }) }),
  )
})

test('the parts laid end to end are the text, and slots print what stands at their path', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('{{a}}', '{{ a.b }}', '{{', '}}', '{', '{{a', 'a}}'))
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      const { parts } = parseTemplate(text)
      const source = parts.map((part) => (typeof part === 'string' ? part : text.slice(part.from, part.to)))
      expect(source.join('')).toBe(text)
      const printed = parts.map((part) =>
        typeof part === 'string' ? part : part.path.length === 1 ? '{"b":"x"}' : 'x',
      )
      if (parts.every((part) => typeof part === 'string' || /^a(\.b)?$/.test(part.path.join('.')))) {
        expect(renderTemplate(text, { a: { b: 'x' } })).toBe(printed.join(''))
      }
    }),
  )
})

test('a text that would be too long is refused before it is put together', () => {
  const tooLong = expect.objectContaining({ code: 'expression.too_long' })
  expect(renderTemplate('{{a}}{{a}}', { a: 'xxx' }, 6)).toBe('xxxxxx')
  expect(() => renderTemplate('{{a}}{{a}}!', { a: 'xxx' }, 6)).toThrow(tooLong)
  const spent = cpuClock()
  const list = Array.from({ length: 10_000 }, (_, n) => n)
  expect(() => renderTemplate('{{a}}'.repeat(20_000), { a: list })).toThrow(tooLong)
  expect(renderTemplate('{{a.7}}'.repeat(20_000), { a: list })).toBe('7'.repeat(20_000))
  expect(spent()).toBeLessThan(2_000)
})

test('a hostile template is cut in linear time', () => {
  const spent = cpuClock()
  for (const text of [
    '{{'.repeat(100_000),
    `{{${' '.repeat(200_000)}`,
    `{{${'a.'.repeat(100_000)}`,
    '{{a'.repeat(70_000),
  ]) {
    expect(parseTemplate(text).paths).toEqual([])
  }
  expect(spent()).toBeLessThan(2_000)
})
