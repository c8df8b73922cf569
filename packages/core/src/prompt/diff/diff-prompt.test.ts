import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PromptContent } from '../document-schema.ts'
import { diffPrompt } from './diff-prompt.ts'

const content: PromptContent = {
  messages: [
    { role: 'system', content: 'Be kind.\nBe brief.\n' },
    { role: 'user', content: '{{question}}' },
  ],
  variables: { question: { type: 'string' } },
  references: { tone: { prompt: 'tone', version: 1 }, end: { prompt: 'end', label: 'production' } },
  model: { id: 'small', parameters: { temperature: 0, max_tokens: 100 } },
  outputSchema: { type: 'object', properties: { answer: { type: 'string' } } },
  tools: ['search', 'send'],
}

describe('what changed in a prompt', () => {
  it('is nothing between equal versions, in whatever order their keys stand', () => {
    expect(
      diffPrompt(content, { ...content, outputSchema: { properties: { answer: { type: 'string' } }, type: 'object' } }),
    ).toEqual([])
  })

  it('is each thing for itself', () => {
    const after: PromptContent = {
      messages: [
        { role: 'system', content: 'Be kind.\nBe quick.\n' },
        { role: 'assistant', content: 'Yes?' },
        content.messages![1]!,
      ],
      variables: { question: { type: 'string', minLength: 1 }, tone: { type: 'string' } },
      references: { tone: { prompt: 'tone', label: 'production' }, start: { prompt: 'start', version: 3 } },
      model: { id: 'large', parameters: { temperature: 0 } },
      outputSchema: { type: 'object', properties: { answer: { type: 'string', maxLength: 80 } } },
      tools: ['send', 'look/up'],
    }
    expect(diffPrompt(content, after)).toMatchObject([
      { kind: 'text', path: '/messages/0/content', script: { inserted: 1, deleted: 1, exact: true } },
      { kind: 'message', change: 'added', path: '/messages/1', message: { role: 'assistant' } },
      { kind: 'variable', change: 'changed', path: '/variables/question' },
      { kind: 'variable', change: 'added', path: '/variables/tone', before: null, after: { type: 'string' } },
      { kind: 'reference', change: 'changed', path: '/references/tone', before: { version: 1 } },
      { kind: 'reference', change: 'removed', path: '/references/end', after: null },
      { kind: 'reference', change: 'added', path: '/references/start', after: { prompt: 'start', version: 3 } },
      { kind: 'model', change: 'changed', path: '/model/id', before: 'small', after: 'large' },
      { kind: 'parameter', change: 'removed', path: '/model/parameters/max_tokens', before: 100, after: null },
      { kind: 'schema', change: 'added', path: '/outputSchema/properties/answer/maxLength', after: 80 },
      { kind: 'tool', change: 'removed', path: '/tools/0', tool: 'search' },
      { kind: 'tool', change: 'added', path: '/tools/1', tool: 'look/up' },
    ])
  })

  it('is the text of a prompt without messages', () => {
    expect(diffPrompt({ text: 'a\n' }, { text: 'b\n' })).toMatchObject([
      { kind: 'text', path: '/text', before: 'a\n', after: 'b\n' },
    ])
  })

  it('turns round with the versions', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n'), { maxLength: 5 }).map((lines) => lines.join(''))
    const message = fc.record({ role: fc.constantFrom('system' as const, 'user' as const), content: text })
    const prompt = fc.record({
      messages: fc.array(message, { minLength: 1, maxLength: 4 }),
      tools: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')),
      variables: fc.dictionary(fc.constantFrom('p', 'q'), fc.boolean()),
    })
    const opposite = { added: 'removed', removed: 'added', changed: 'changed' }
    fc.assert(
      fc.property(prompt, prompt, (before, after) => {
        const kinds = (one: PromptContent, other: PromptContent) =>
          diffPrompt(one, other).filter(({ kind }) => kind !== 'text' && kind !== 'message')
        const turned = kinds(after, before).map(({ kind, change }) => `${kind} ${opposite[change]}`)
        expect(
          kinds(before, after)
            .map(({ kind, change }) => `${kind} ${change}`)
            .sort(),
        ).toEqual(turned.sort())
        expect(diffPrompt(before, before)).toEqual([])
      }),
    )
  })
})
