import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { PromptContent } from '../document-schema.ts'
import { mergePrompt } from './merge-prompt.ts'
import type { Resolution } from './resolve-merge.ts'
import { resolveMerge } from './resolve-merge.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

const folder = mkdtempSync(join(tmpdir(), 'fairlead-resolve-'))
afterAll(() => rmSync(folder, { recursive: true }))

function gitMerge(side: 'ours' | 'theirs', texts: Record<string, string>): string {
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  const args = ['merge-file', '-p', `--${side}`, 'ours', 'base', 'theirs']
  return spawnSync('git', args, { cwd: folder, encoding: 'utf8' }).stdout
}

const content: PromptContent = {
  messages: [
    { role: 'system', content: 'a\nb\nc\nd\ne\nf\ng\n' },
    { role: 'user', content: '{{question}}' },
  ],
  variables: { question: { type: 'string' } },
  model: { id: 'small', parameters: { temperature: 0 } },
}
const saying = (text: string, more: Partial<PromptContent> = {}): PromptContent => ({
  ...content,
  messages: content.messages!.with(0, { role: 'system', content: text }),
  ...more,
})
const textOf = ({ messages }: PromptContent) => messages![0]!.content

describe('resolving a merge', () => {
  const merge = mergePrompt(content, saying('A\nb\nc\nd\ne\nf\nG'), saying('1\nb\nc\nd\ne\nf\n7\n'))

  it('takes hunks from one side, from both, or another text', () => {
    const path = '/messages/0/content'
    const by = (...hunks: ('ours' | 'theirs' | 'both' | { text: string })[]) => resolveMerge(merge, [{ path, hunks }])
    expect(textOf(by('ours', 'theirs').content)).toBe('A\nb\nc\nd\ne\nf\n7\n')
    expect(textOf(by('both', 'ours').content)).toBe('A\n1\nb\nc\nd\ne\nf\nG')
    expect(textOf(by({ text: '' }, { text: 'new' }).content)).toBe('b\nc\nd\ne\nf\nnew')
    expect(textOf(by({ text: 'new' }, 'both').content)).toBe('new\nb\nc\nd\ne\nf\nG\n7\n')
    expect(by('ours', 'theirs').unresolved).toEqual([])
  })

  it('leaves what no resolution fits as it is, and says so', () => {
    const path = '/messages/0/content'
    for (const [resolutions, reasons] of [
      [[], []],
      [[{ path, hunks: ['ours' as const] }], ['The conflict has 2 hunks, and 1 are resolved.']],
      [[{ path: '/text', value: 1 }], ['There is no conflict at this path.']],
      [[{ path: 'text', value: 1 }], ['There is no conflict at this path.']],
      [[{ path, value: 1 }], ['This is a text: the value must be one.']],
    ] as const) {
      const unfit = reasons.map((reason, index) => ({ index, reason }))
      const left = { content: merge.content, unresolved: merge.conflicts, unfit }
      expect(resolveMerge(merge, resolutions as readonly Resolution[])).toEqual(left)
    }
  })

  it('takes the first of two resolutions of one conflict, and tells of the other', () => {
    const path = '/messages/0/content'
    const { unfit, unresolved } = resolveMerge(merge, [
      { path, take: 'ours' },
      { path, take: 'theirs' },
    ])
    expect(unfit).toEqual([{ index: 1, reason: 'The conflict at this path is resolved already.' }])
    expect(unresolved).toEqual([])
  })

  it('takes another text for a whole text', () => {
    const { content: resolved, unresolved } = resolveMerge(merge, [{ path: '/messages/0/content', value: 'mine' }])
    expect(textOf(resolved)).toBe('mine')
    expect(unresolved).toEqual([])
  })

  it('loses no message where a side has added some among those that both changed', () => {
    const says = (...texts: string[]): PromptContent => ({
      messages: texts.map((text) => ({ role: 'user', content: text })),
    })
    const base = says('intro', 'one', 'keep 1', 'keep 2', 'last')
    const ours = says('intro', 'one of ours', 'keep 1', 'keep 2', 'our last')
    const theirs = says('intro', 'one of theirs', 'added', 'keep 1', 'keep 2', 'their last')
    const crowded = mergePrompt(base, ours, theirs)
    expect(crowded.conflicts.length).toBeGreaterThan(1)
    for (const [take, side] of [
      ['ours', ours],
      ['theirs', theirs],
    ] as const) {
      const all = crowded.conflicts.map(({ path }) => ({ path, take }))
      expect(resolveMerge(crowded, all)).toEqual({ content: side, unresolved: [], unfit: [] })
      expect(resolveMerge(crowded, all.toReversed()).content).toEqual(side)
    }
  })

  it('takes values from one side, or others, also such as are not there', () => {
    const models = (id: string, temperature?: number) => ({
      model: { id, parameters: temperature === undefined ? {} : { temperature } },
    })
    const values = mergePrompt(content, { ...content, ...models('large', 1) }, { ...content, ...models('tiny') })
    expect(values.conflicts.map(({ path }) => path)).toEqual(['/model/id', '/model/parameters/temperature'])
    const resolved = resolveMerge(values, [
      { path: '/model/id', value: 'huge' },
      { path: '/model/parameters/temperature', take: 'theirs' },
    ])
    expect(resolved).toMatchObject({ content: { model: { id: 'huge', parameters: {} } }, unresolved: [] })
    expect(resolved.content.model?.parameters).not.toHaveProperty('temperature')
  })

  it('takes messages from one side', () => {
    const ours = { ...content, messages: [{ role: 'user' as const, content: 'One {{question}}' }] }
    const theirs = {
      ...content,
      messages: [{ role: 'user' as const, content: 'Other' }, content.messages![1]!, content.messages![1]!],
    }
    const messages = mergePrompt(content, ours, theirs)
    const [conflict] = messages.conflicts
    expect(conflict).toMatchObject({ kind: 'value' })
    const take = (side: 'ours' | 'theirs') =>
      resolveMerge(messages, [{ path: conflict!.path, take: side }]).content.messages
    expect(take('ours')).toEqual(ours.messages)
    expect(take('theirs')).toEqual(theirs.messages)
  })

  it('sets no prototype, whatever the path', () => {
    const odd = JSON.parse('{"text":"","model":{"id":"a","parameters":{"__proto__":1}}}')
    const other = (value: number) => JSON.parse(`{"text":"","model":{"id":"a","parameters":{"__proto__":${value}}}}`)
    const merged = mergePrompt(odd, other(2), other(3))
    const path = '/model/parameters/__proto__'
    expect(merged.conflicts.map((conflict) => conflict.path)).toEqual([path])
    const { content: resolved } = resolveMerge(merged, [{ path, value: { polluted: true } }])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.keys(resolved.model!.parameters!)).toEqual(['__proto__'])
  })

  it('takes conflicts of any length', () => {
    const side = (name: string) => Array.from({ length: 200_000 }, (_, n) => `${name}${n}\n`).join('')
    const merged = mergePrompt({ text: 'base\n' }, { text: side('o') }, { text: side('t') })
    const resolved = resolveMerge(merged, [{ path: '/text', take: 'theirs' }])
    expect(resolved.content.text).toBe(side('t'))
  })

  it.runIf(hasGit)('of every conflict to one side is what git merge-file makes of it', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd\r\n')
    const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(''))
    fc.assert(
      fc.property(text, text, text, fc.constantFrom('ours' as const, 'theirs' as const), (base, ours, theirs, take) => {
        const merged = mergePrompt({ text: base }, { text: ours }, { text: theirs })
        const resolved = resolveMerge(merged, [{ path: '/text', take }])
        expect(resolved.unresolved).toEqual([])
        expect(resolved.content.text).toBe(gitMerge(take, { base, ours, theirs }))
      }),
      { numRuns: 60 },
    )
  })
})
