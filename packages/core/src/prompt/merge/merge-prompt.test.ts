import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partialsOf } from '../compose/partial.ts'
import { referenceFaults } from '../compose/reference-faults.ts'
import type { PromptContent } from '../document-schema.ts'
import { variablesOf } from '../variables.ts'
import { mergePrompt } from './merge-prompt.ts'
import { mergeText } from './merge-text.ts'
import { resolveMerge } from './resolve-merge.ts'

const base: PromptContent = {
  messages: [
    { role: 'system', content: 'You are kind.\nYou are brief.\nYou answer from the facts.\n' },
    { role: 'user', content: 'Facts: {{facts}}\nQuestion: {{question}}\n' },
  ],
  variables: { facts: { type: 'string' }, question: { type: 'string' } },
  model: { id: 'small', parameters: { temperature: 0.2, max_tokens: 500 } },
  outputSchema: { type: 'object', properties: { answer: { type: 'string' } } },
  tools: ['search', 'lookup'],
}

function changed(change: Partial<PromptContent>): PromptContent {
  return { ...base, ...change }
}

function message(index: number, content: string): PromptContent['messages'] {
  return base.messages!.with(index, { ...base.messages![index]!, content })
}

describe('merging prompts', () => {
  it('takes each side’s changes of different parts', () => {
    const ours = changed({ messages: message(0, 'You are kind.\nYou are brief.\nYou answer in rhymes.\n') })
    const theirs = changed({
      messages: message(0, 'You are wise.\nYou are brief.\nYou answer from the facts.\n'),
      model: { id: 'small', parameters: { temperature: 0.9, max_tokens: 500 } },
      tools: ['search', 'lookup', 'send'],
    })
    expect(mergePrompt(base, ours, theirs)).toEqual({
      clean: true,
      content: {
        ...theirs,
        messages: message(0, 'You are wise.\nYou are brief.\nYou answer in rhymes.\n'),
      },
      conflicts: [],
    })
  })

  it('merges parameters, variables and schemas key by key', () => {
    const ours = changed({
      model: { id: 'small', parameters: { temperature: 0.2, max_tokens: 900 } },
      outputSchema: { type: 'object', properties: { answer: { type: 'string' }, source: { type: 'string' } } },
    })
    const theirs = changed({
      model: { id: 'large', parameters: { max_tokens: 500 } },
      outputSchema: { type: 'object', properties: { answer: { type: 'string', maxLength: 80 } } },
      variables: { ...base.variables, tone: { type: 'string' } },
    })
    const { clean, content } = mergePrompt(base, ours, theirs)
    expect(clean).toBe(true)
    expect(content).toMatchObject({
      model: { id: 'large', parameters: { max_tokens: 900 } },
      outputSchema: { properties: { answer: { maxLength: 80 }, source: { type: 'string' } } },
      variables: { tone: { type: 'string' } },
    })
    expect(content.model!.parameters).not.toHaveProperty('temperature')
  })

  it('tells what both changed differently, where, and what each has', () => {
    const ours = changed({
      model: { id: 'small', parameters: { temperature: 0, max_tokens: 500 } },
      messages: message(1, 'Facts: {{facts}}\nAsked: {{question}}\n'),
    })
    const theirs = changed({
      model: { id: 'small', parameters: { temperature: 1, max_tokens: 500 } },
      messages: message(1, 'Facts: {{facts}}\nThe question: {{question}}\n'),
    })
    const { clean, content, conflicts } = mergePrompt(base, ours, theirs, { labels: { ours: 'main', theirs: 'draft' } })
    expect(clean).toBe(false)
    expect(conflicts).toEqual([
      {
        kind: 'text',
        path: '/messages/1/content',
        hunks: [
          {
            base: 'Question: {{question}}\n',
            ours: 'Asked: {{question}}\n',
            theirs: 'The question: {{question}}\n',
            line: 1,
          },
        ],
      },
      { kind: 'value', path: '/model/parameters/temperature', base: 0.2, ours: 0, theirs: 1 },
    ])
    expect(content.messages![1]!.content).toContain('<<<<<<< main\nAsked')
    expect(content.model!.parameters!.temperature).toBe(0)
  })

  it('takes messages that were added and removed, and tells of conversations that don’t fit together', () => {
    const example = { role: 'assistant', content: 'An example.' } as const
    const added = changed({ messages: [base.messages![0]!, example, base.messages![1]!] })
    const edited = changed({ messages: message(0, 'You are wise.\nYou are brief.\nYou answer from the facts.\n') })
    expect(mergePrompt(base, added, base)).toMatchObject({ clean: true, content: { messages: added.messages } })
    expect(mergePrompt(base, added, added)).toMatchObject({ clean: true, content: { messages: added.messages } })
    const both = mergePrompt(base, added, edited)
    expect(both.clean).toBe(false)
    expect(both.conflicts).toMatchObject([{ kind: 'value', path: '/messages/0' }])
  })

  it('merges a text with what was made messages of it', () => {
    const text = { text: 'a\nb\nc\n' }
    const asMessages: PromptContent = {
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'a\nb\nc\n' },
      ],
    }
    expect(mergePrompt(text, asMessages, text)).toMatchObject({ clean: true, content: asMessages })
    expect(mergePrompt(text, { text: 'A\nb\nc\n' }, { text: 'a\nb\nC\n' })).toEqual({
      clean: true,
      content: { text: 'A\nb\nC\n' },
      conflicts: [],
    })
    expect(mergePrompt({}, {}, {})).toEqual({ clean: true, content: {}, conflicts: [] })
  })

  it('finds a variable that one side renamed and the other uses, though the text is clean', () => {
    const template = { text: 'Hello {{name}}.\n\n\n\nAnswer.\n', variables: { name: true } }
    const renamed = { text: 'Hello {{customer}}.\n\n\n\nAnswer.\n', variables: { customer: true } }
    const used = { text: 'Hello {{name}}.\n\n\n\nAnswer {{name}}.\n', variables: { name: true } }
    expect(mergeText(template.text, renamed.text, used.text).clean).toBe(true)
    expect(mergePrompt(template, renamed, used).conflicts).toEqual([
      { kind: 'variable', path: '/variables/name', variable: 'name', givenUpBy: 'ours' },
    ])
    expect(mergePrompt(template, used, renamed).conflicts).toMatchObject([{ variable: 'name', givenUpBy: 'theirs' }])
    expect(mergePrompt(template, renamed, template).clean).toBe(true)
  })
})

describe('merging references', () => {
  const pinned = (version: number) => ({ prompt: 'tone', version })
  const labelled = { prompt: 'tone', label: 'production' }
  const start = { text: '{{> tone}}\n\n\n\nAnswer.\n', references: { tone: pinned(1) } }
  const to = (target: { prompt: string; version?: number; label?: string }) => ({
    ...start,
    references: { tone: target },
  })

  it('takes each whole, and each side’s change of another', () => {
    const added = { text: `${start.text}{{> end}}`, references: { ...start.references, end: labelled } }
    expect(mergePrompt(start, to(pinned(2)), added)).toEqual({
      clean: true,
      content: { text: added.text, references: { tone: pinned(2), end: labelled } },
      conflicts: [],
    })
    const conflict = { kind: 'value', path: '/references/tone', base: pinned(1), ours: pinned(2), theirs: labelled }
    const { content, conflicts } = mergePrompt(start, to(pinned(2)), to(labelled))
    expect(conflicts).toEqual([conflict])
    expect(content.references).toEqual({ tone: pinned(2) })
  })

  it('finds one that a side gave up or renamed and the other uses, and lets a resolution declare it', () => {
    const renamed = { text: '{{> manner}}\n\n\n\nAnswer.\n', references: { manner: pinned(1) } }
    const removed = { text: 'Be kind.\n\n\n\nAnswer.\n' }
    const used = { ...start, text: `${start.text}{{> tone}}\n` }
    const conflict = { kind: 'value', path: '/references/tone', base: pinned(1) }
    for (const side of [renamed, removed]) {
      const merge = mergePrompt(start, side, used)
      expect(merge.conflicts).toEqual([{ ...conflict, ours: undefined, theirs: pinned(1) }])
      const { content, unresolved } = resolveMerge(merge, [{ path: '/references/tone', take: 'theirs' }])
      expect(unresolved).toEqual([])
      expect(referenceFaults(content)).toEqual([])
      expect(mergePrompt(start, used, side).conflicts).toEqual([{ ...conflict, ours: pinned(1), theirs: undefined }])
      expect(mergePrompt(start, side, start)).toEqual({ clean: true, content: side, conflicts: [] })
    }
  })

  it('lets one go whose last uses both sides took out together', () => {
    const twice = { text: '{{> tone}}\n\n\n\n{{> tone}}\n', references: { tone: pinned(1) } }
    const one = { ...twice, text: 'A\n\n\n\n{{> tone}}\n' }
    const other = { ...twice, text: '{{> tone}}\n\n\n\nB\n' }
    expect(mergePrompt(twice, one, other)).toEqual({
      clean: true,
      content: { text: 'A\n\n\n\nB\n', references: {} },
      conflicts: [],
    })
  })
})

const names = ['name', 'topic', 'tone', 'facts'] as const
const line = fc.oneof(
  fc.constantFrom('You are kind.', 'Be brief.', '', 'Answer from the facts.'),
  fc.constantFrom(...names).map((name) => `About {{${name}}}.`),
  fc.constantFrom(...names).map((name) => `{{> ${name}}}`),
)
/** A prompt that declares just what it uses. */
const prompt = fc.tuple(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 2 })).map(([lines, version]) => {
  const text = lines.map((one) => `${one}\n`).join('')
  const references = [...partialsOf({ text }).keys()].map((name) => [name, { prompt: name, version }])
  const uses = references.length > 0 && { references: Object.fromEntries(references) as PromptContent['references'] }
  return { text, variables: variablesOf({ text }), ...uses }
})

it('a clean merge of prompts that declare what they use declares what it uses', () => {
  fc.assert(
    fc.property(prompt, prompt, prompt, (one, two, three) => {
      const { clean, content } = mergePrompt(one, two, three)
      if (!clean) return
      const used = Object.keys(variablesOf({ text: content.text ?? '' }))
      expect(Object.keys(content.variables ?? {})).toEqual(expect.arrayContaining(used))
      expect(referenceFaults(content)).toEqual([])
    }),
    { numRuns: 10_000 },
  )
})

it('merging with what did not change changes nothing, and equal sides agree', () => {
  fc.assert(
    fc.property(prompt, prompt, (one, two) => {
      expect(mergePrompt(one, two, one)).toEqual({ clean: true, content: two, conflicts: [] })
      expect(mergePrompt(one, one, two)).toEqual({ clean: true, content: two, conflicts: [] })
      expect(mergePrompt(one, two, two)).toEqual({ clean: true, content: two, conflicts: [] })
    }),
  )
})

it('has no conflict one way round that it has not the other', () => {
  fc.assert(
    fc.property(prompt, prompt, prompt, (one, two, three) => {
      expect(mergePrompt(one, two, three).clean).toBe(mergePrompt(one, three, two).clean)
    }),
  )
})
