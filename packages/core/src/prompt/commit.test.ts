import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCommit, encodeContent } from './commit.ts'
import type { PromptContent } from './document-schema.ts'

const sha256 = async (text: string) =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

const commit = {
  contentHash: 'ab'.repeat(32),
  parents: ['cd'.repeat(32)],
  author: { name: 'Ada', email: 'ada@example.com' },
  committedAt: new Date('2026-01-02T03:04:05.678Z'),
  message: 'Shorter',
}

const content = fc.record(
  {
    text: fc.string({ unit: 'grapheme' }),
    variables: fc.dictionary(fc.string(), fc.record({ type: fc.constantFrom('string', 'number') })),
    model: fc.record({
      id: fc.string({ minLength: 1 }),
      parameters: fc.dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    }),
    tools: fc.array(fc.string()),
  },
  { requiredKeys: ['text'] },
) as fc.Arbitrary<PromptContent>

/** The same value with the keys of every object the other way round. */
function reordered<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(reordered) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reordered(part)]),
  ) as Value
}

describe('the bytes that a version is hashed by', () => {
  it('are these, for ever: a hash is an address that others have written down', async () => {
    const encoded = encodeContent({
      text: 'Grüße {{name}}\r\n',
      variables: { name: { type: 'string' } },
      tools: ['b', 'a'],
    })
    expect(encoded).toBe('{"text":"Grüße {{name}}\\r\\n","tools":["b","a"],"variables":{"name":{"type":"string"}}}')
    // printf %s "…" | sha256sum
    expect(await sha256(encoded)).toBe('91b7c1af40ec1a8df6896aa8dc911e69887464fbb68ffa27d91fd80c6f8e0712')
    const committed = encodeCommit(commit)
    expect(committed).toBe(
      `{"author":{"email":"ada@example.com","name":"Ada"},"content":"${'ab'.repeat(32)}","message":"Shorter","parents":["${'cd'.repeat(32)}"],"time":1767323045}`,
    )
    expect(await sha256(committed)).toBe('63ffb017b6321b14cdfd528698bca7781e2bb46923aa56a623fe83b220de5c5a')
  })

  it('are the same for equal contents however their keys are ordered, and differ for different ones', () => {
    fc.assert(
      fc.property(content, content, (one, other) => {
        expect(encodeContent(reordered(one))).toBe(encodeContent(one))
        const isEqual = JSON.stringify(canonical(one)) === JSON.stringify(canonical(other))
        expect(encodeContent(one) === encodeContent(other)).toBe(isEqual)
      }),
    )
  })

  it('keep texts apart that only look alike', () => {
    const texts = ['é', 'e\u0301', 'a\n', 'a\r\n', 'a', 'a ', '']
    expect(new Set(texts.map((text) => encodeContent({ text }))).size).toBe(texts.length)
  })

  it('of a commit change with everything that it says, but not with fractions of a second', () => {
    const same = encodeCommit({ ...commit, committedAt: new Date('2026-01-02T03:04:05.001Z') })
    expect(same).toBe(encodeCommit(commit))
    const changes = [
      { contentHash: 'ac'.repeat(32) },
      { parents: [] },
      { parents: [...commit.parents, 'ef'.repeat(32)] },
      { author: { name: 'Ada', email: 'ada@example.org' } },
      { author: { name: 'Bea', email: 'ada@example.com' } },
      { committedAt: new Date('2026-01-02T03:04:06Z') },
      { message: 'Longer' },
    ]
    const encoded = changes.map((change) => encodeCommit({ ...commit, ...change }))
    expect(new Set([...encoded, encodeCommit(commit)]).size).toBe(changes.length + 1)
  })
})

/** Sorts keys by another way than the code under test. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  return Object.entries(value)
    .map(([key, part]) => [key, canonical(part)])
    .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
}
