import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuClock } from '../base/cpu-time.suite.ts'
import { maxRenderedLength, renderPrompt } from './render.ts'
import { messagesOf, variablesOf } from './variables.ts'

describe('a rendered prompt', () => {
  it('has its variables filled in, in every message, by dotted paths', () => {
    const content = {
      messages: [
        { role: 'system' as const, content: 'You help {{customer.name}}.' },
        { role: 'user' as const, content: '{{question}} ({{customer.tags}})' },
      ],
    }
    const variables = { customer: { name: 'Ada', tags: ['a', 1] }, question: 'Why?' }
    expect(renderPrompt(content, variables)).toEqual({
      ok: true,
      messages: [
        { role: 'system', content: 'You help Ada.' },
        { role: 'user', content: 'Why? (["a",1])' },
      ],
    })
  })

  it('names every variable that is missing, unknown or of the wrong type, and is not half filled', () => {
    const content = { text: '{{a}} {{b}}', variables: { a: { type: 'number' }, c: { type: 'string' } } }
    const result = renderPrompt(content, { a: 'one', d: 1 })
    expect(result).toMatchObject({ ok: false })
    const faults = result.ok ? [] : result.faults.map(({ pointer }) => pointer)
    expect(faults.sort()).toEqual(['/a', '/b', '/c', '/d'])
  })

  it('takes the default of a variable that is left out, and holds a given value to the schema all the same', () => {
    const content = { text: 'In {{language}}.', variables: { language: { type: 'string', default: 'English' } } }
    expect(renderPrompt(content, {})).toMatchObject({ messages: [{ content: 'In English.' }] })
    expect(renderPrompt(content, { language: 'Dutch' })).toMatchObject({ messages: [{ content: 'In Dutch.' }] })
    expect(renderPrompt(content, { language: 1 })).toMatchObject({ ok: false })
  })

  it('points into a variable that lacks what the template reads', () => {
    expect(renderPrompt({ text: '{{ticket.body}}' }, { ticket: {} })).toMatchObject({
      ok: false,
      faults: [{ pointer: '/ticket/body' }],
    })
  })

  it('takes nothing from a prototype and evaluates nothing', () => {
    for (const path of ['a.constructor', 'a.__proto__', 'a.toString', 'a.length.constructor']) {
      expect(renderPrompt({ text: `{{${path}}}` }, { a: {} })).toMatchObject({ ok: false })
    }
    const code = { text: '{{a}}' }
    expect(renderPrompt(code, { a: '{{b}} <%= process.exit() %>' })).toMatchObject({
      messages: [{ content: '{{b}} <%= process.exit() %>' }],
    })
  })

  it('keeps every text that holds no template as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.includes('{{'))
        expect(renderPrompt({ text }, {})).toEqual({ ok: true, messages: [{ role: 'user', content: text }] })
      }),
    )
  })

  it('is refused before it is put together when its messages would be too long', () => {
    const slots = '{{x}}'.repeat(20_000)
    const tooLong = expect.objectContaining({ code: 'prompt.too_long', data: { most: maxRenderedLength } })
    const spent = cpuClock()
    for (const x of ['x'.repeat(20_000), Array.from({ length: 5_000 }, () => 'x')]) {
      expect(() => renderPrompt({ text: slots }, { x })).toThrow(tooLong)
    }
    expect(spent()).toBeLessThan(1_500)
    const messages = [1, 2].map(() => ({ role: 'user' as const, content: '{{x}}' }))
    expect(() => renderPrompt({ messages }, { x: 'x'.repeat(maxRenderedLength / 2 + 1) })).toThrow(tooLong)
    expect(renderPrompt({ messages }, { x: 'x'.repeat(maxRenderedLength / 2) })).toMatchObject({ ok: true })
  })

  it('names only some of its many variables where one is unknown', () => {
    const variables = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`v${n}`, { default: n }]))
    const result = renderPrompt(
      { text: '', variables },
      Object.fromEntries(Object.keys(variables).map((v) => [`${v}x`, 1])),
    )
    expect(JSON.stringify(result).length).toBeLessThan(300_000)
  })

  it('knows the variables that it uses without declaring them', () => {
    const content = { text: '{{a.b}} {{c}}', variables: { c: { type: 'string' }, d: true } }
    expect(variablesOf(content)).toEqual({ a: true, c: { type: 'string' }, d: true })
    expect(messagesOf(content)).toEqual([{ role: 'user', content: '{{a.b}} {{c}}' }])
  })
})
