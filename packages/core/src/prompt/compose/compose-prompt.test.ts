import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PromptContent, ReferenceTarget } from '../document-schema.ts'
import { renderPrompt } from '../render.ts'
import { composePrompt, deepestReference } from './compose-prompt.ts'
import { findReferenceCycle } from './reference-cycle.ts'

const at = (prompt: string): ReferenceTarget => ({ prompt, version: 1 })

/** What finds prompts that each have one version. */
function among(prompts: Record<string, PromptContent>) {
  return ({ prompt }: ReferenceTarget) =>
    Object.hasOwn(prompts, prompt) ? { id: prompt, key: prompt, content: prompts[prompt]! } : undefined
}

const root = { id: 'root', key: 'root' }
const compose = (content: PromptContent, prompts: Record<string, PromptContent>) =>
  composePrompt(content, among({ ...prompts, root: content }), root)

describe('composing', () => {
  it('puts texts in, and the texts in these, and unites what they declare', () => {
    const prompts = {
      tone: { text: 'Be {{mood}}.', variables: { mood: { enum: ['kind', 'brief'] } }, model: { id: 'ignored' } },
      head: { text: 'You are {{who}}. {{> manner}}\n', references: { manner: at('tone') }, variables: { who: true } },
    }
    const content: PromptContent = {
      messages: [
        { role: 'system', content: '{{> head}}{{> tone}}' },
        { role: 'user', content: '{{question}} {{> tone}}' },
      ],
      references: { head: at('head'), tone: at('tone') },
      variables: { question: { type: 'string' } },
      model: { id: 'small' },
      tools: ['search'],
    }
    const composed = compose(content, prompts)
    expect(composed).toEqual({
      messages: [
        { role: 'system', content: 'You are {{who}}. Be {{mood}}.\nBe {{mood}}.' },
        { role: 'user', content: '{{question}} Be {{mood}}.' },
      ],
      variables: { question: { type: 'string' }, who: true, mood: { enum: ['kind', 'brief'] } },
      model: { id: 'small' },
      tools: ['search'],
    })
    expect(renderPrompt(composed, { who: 'Ann', mood: 'kind', question: 'Why?' })).toMatchObject({ ok: true })
    expect(() => renderPrompt(content, {})).toThrow(expect.objectContaining({ code: 'prompt.not_composed' }))
  })

  it('leaves a version without references as it is, and takes an empty list away', () => {
    expect(compose({ text: '{{> x}}' }, {})).toEqual({ text: '{{> x}}' })
    expect(compose({ text: 'x', references: {} }, {})).toEqual({ text: 'x' })
    const quoting = compose({ text: '{{> q}}', references: { q: at('q') } }, { q: { text: 'as in {{> x}}' } })
    expect(quoting).toEqual({ text: 'as in {{> x}}' })
  })

  it('lets the outer declaration win, and refuses two that contradict each other without one', () => {
    const prompts = {
      one: { text: '{{n}}', variables: { n: { type: 'number' } } },
      two: { text: '{{n}}', variables: { n: { type: 'string' } } },
      same: { text: '{{n}}', variables: { n: { type: 'number' } } },
      free: { text: '{{n}}' },
    }
    const references = { one: at('one'), two: at('two') }
    const outer = compose({ text: '{{> one}}{{> two}}', references, variables: { n: true } }, prompts)
    expect(outer.variables).toEqual({ n: true })
    expect(() => compose({ text: '{{> one}}{{> two}}', references }, prompts)).toThrow(
      expect.objectContaining({
        code: 'prompt.variable_conflict',
        message: expect.stringMatching(/"one" and "two".*"n"/),
        data: { reference: 'two', path: ['root'] },
      }),
    )
    const agreeing = { one: at('one'), same: at('same'), free: at('free') }
    const united = compose({ text: '{{> free}}{{> one}}{{> same}}', references: agreeing }, prompts)
    expect(united.variables).toEqual({ n: { type: 'number' } })
  })

  it.each<[string, string, Record<string, PromptContent>, string[]]>([
    ['prompt.dangling_reference', 'no version 1 of a prompt "b"', {}, ['root']],
    ['prompt.reference_not_text', '"b"', { b: { messages: [{ role: 'user', content: '' }] } }, ['root', 'b']],
    ['prompt.dangling_reference', '"references" does not', { b: { text: '{{> c}}', references: {} } }, ['root', 'b']],
    [
      'prompt.reference_cycle',
      'root -> b -> root',
      { b: { text: '{{> c}}', references: { c: at('root') } } },
      ['root', 'b', 'root'],
    ],
    ['prompt.reference_cycle', ': b -> b.', { b: { text: '{{> b}}', references: { b: at('b') } } }, ['b', 'b']],
  ])('says %s with %s', (code, message, prompts, path) => {
    const content = { text: '{{> b}}', references: { b: at('b') } }
    expect(() => compose(content, prompts)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message), data: { reference: 'b', path } }),
    )
  })

  it('goes so deep and no deeper, from wherever a text has been reached before', () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, index): [string, PromptContent] =>
          index + 1 === length
            ? [`p${index}`, { text: '.' }]
            : [`p${index}`, { text: `.{{> n}}`, references: { n: at(`p${index + 1}`) } }],
        ),
      )
    const first = { text: '{{> n}}', references: { n: at('p0') } }
    expect(compose(first, chain(deepestReference)).text).toBe('.'.repeat(deepestReference))
    const tooDeep = expect.objectContaining({ code: 'prompt.reference_too_deep' })
    expect(() => compose(first, chain(deepestReference + 1))).toThrow(tooDeep)
    const again = { text: '{{> s}}{{> n}}', references: { s: at('p2'), n: at('p0') } }
    expect(() => compose(again, chain(deepestReference + 1))).toThrow(tooDeep)
    expect(compose(again, chain(deepestReference)).text).toBe('.'.repeat(2 * deepestReference - 2))
  })

  it('refuses what would be too long before it is put together', () => {
    const ten = (name: string) => ({ text: `{{> n}}`.repeat(10), references: { n: at(name) } })
    const prompts = { a: { text: 'x'.repeat(1_000) }, b: ten('a'), c: ten('b'), d: ten('c'), e: ten('d'), f: ten('e') }
    expect(compose(ten('c'), prompts).text).toHaveLength(1_000_000)
    for (const name of ['d', 'e', 'f'])
      expect(() => compose(ten(name), prompts)).toThrow(expect.objectContaining({ code: 'prompt.too_long' }))
  })
})

/** Prompts in a row, in which each refers to some that stand before it; with `back`, one to one behind it, too. */
const graph = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 2, maxLength: 12 })
  .map((rows) => rows.map((row, index) => (index === 0 ? [] : [...new Set(row.map((other) => other % index))])))

function promptsOf(edges: readonly (readonly number[])[]): Record<string, PromptContent> {
  return Object.fromEntries(
    edges.map((targets, index) => [
      `p${index}`,
      {
        text: `<${index}${targets.map((target) => `{{v${target}}}{{> r${target}}}`).join(' ')}>`,
        variables: { [`own${index}`]: { type: 'string' } },
        references: Object.fromEntries(targets.map((target) => [`r${target}`, at(`p${target}`)])),
      },
    ]),
  )
}

function heightOf(edges: readonly (readonly number[])[], index: number): number {
  return Math.max(0, ...edges[index]!.map((target) => heightOf(edges, target) + 1))
}

/** One partial after the other, until there are none. */
function substitute(prompts: Record<string, PromptContent>, name: string): string {
  const { text, references } = prompts[name]!
  return text!.replaceAll(/\{\{> (\w+)\}\}/g, (_, reference: string) =>
    substitute(prompts, references![reference]!.prompt),
  )
}

it('what does not go round is what replacing partial by partial gives', () => {
  fc.assert(
    fc.property(graph, (edges) => {
      const prompts = promptsOf(edges)
      const last = edges.length - 1
      const result = () => composePrompt(prompts[`p${last}`]!, among(prompts), { id: `p${last}`, key: `p${last}` })
      if (heightOf(edges, last) > deepestReference) {
        expect(result).toThrow('deep')
        return
      }
      const composed = result()
      expect(composed.text).toBe(substitute(prompts, `p${last}`))
      expect(composed).not.toHaveProperty('references')
      const reached = new Set([...composed.text!.matchAll(/<(\d+)/g)].map(([, index]) => `own${index}`))
      expect(new Set(Object.keys(composed.variables!))).toEqual(reached)
    }),
    { numRuns: 2_000 },
  )
})

it('what goes round is always refused, with the way that it goes', () => {
  fc.assert(
    fc.property(graph, fc.nat(), fc.nat(), (edges, one, other) => {
      const from = one % edges.length
      const to = from + (other % (edges.length - from))
      // From a prompt to itself or to one behind it, and from there back again.
      const looped = edges.map((targets, index) => {
        const more = [...(index === from ? [to] : []), ...(index === to && to !== from ? [from] : [])]
        return [...new Set([...targets, ...more])]
      })
      const prompts = promptsOf(looped)
      const follow = ({ id }: { id: string }) =>
        Object.values(prompts[id]!.references!).map(({ prompt }) => ({ id: prompt, key: prompt }))
      const start = { id: `p${to}`, key: `p${to}` }
      const cycle = findReferenceCycle(start, follow)!
      expect(cycle[0]).toBe(cycle.at(-1))
      for (const [index, key] of cycle.slice(1).entries())
        expect(follow({ id: cycle[index]! }).map(({ id }) => id)).toContain(key)
      expect(() => composePrompt(prompts[start.id]!, among(prompts), start)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^prompt\.reference_(cycle|too_deep)$/) }),
      )
      const straight = promptsOf(edges)
      const along = ({ id }: { id: string }) =>
        Object.values(straight[id]!.references!).map(({ prompt }) => ({ id: prompt, key: prompt }))
      expect(findReferenceCycle(start, along)).toBeNull()
    }),
    { numRuns: 2_000 },
  )
})
