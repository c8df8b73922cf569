import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordable, recordableMessage } from './recordable.ts'

describe('what a node gives', () => {
  it('is recorded as JSON.parse and JSON.stringify have it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { value: kept, size } = recordable(value, 'It')
        expect(kept).toEqual(JSON.parse(JSON.stringify(value)))
        expect(size).toBeLessThanOrEqual(JSON.stringify(value).length + 8)
      }),
    )
    expect(recordable(undefined, 'It')).toEqual({ value: null, size: 4 })
    expect(recordable(-0, 'It').value).toBe(0)
    expect(recordable({ at: new Date(0), gone: undefined }, 'It').value).toEqual({ at: '1970-01-01T00:00:00.000Z' })
  })

  it('holds no character that can not be stored, in values and keys, and is left alone otherwise', () => {
    const cut = '👋'.slice(0, 1)
    expect(recordable(`a\0${cut}`, 'It').value).toBe('a\uFFFD\uFFFD')
    expect(recordable({ 'k\0': [`x${cut}`, '👋'] }, 'It').value).toEqual({ 'k\uFFFD': ['x\uFFFD', '👋'] })
    const escaped = { text: '\\u0000 and \\ud83d are text' }
    expect(recordable(escaped, 'It').value).toEqual(escaped)
    expect(Object.keys(recordable(JSON.parse('{"__proto__": "\\u0000"}'), 'It').value as object)).toEqual(['__proto__'])
  })

  it('is refused, with who gave it, when it is no JSON or too large', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    let deep: unknown = 1
    for (let depth = 0; depth < 100_000; depth++) deep = [deep]
    for (const value of [cyclic, 1n, () => 1, Symbol('s'), deep])
      expect(() => recordable(value, 'The node "a"')).toThrow(expect.objectContaining({ code: 'run.value_not_json' }))
    for (const value of ['x'.repeat(5_000_000), ['x'.repeat(5_000_000)]])
      expect(() => recordable(value, 'The node "a"')).toThrow('The node "a" gave 4.8 MB; 4.0 MB is the most.')
  })
})

describe('what an error says', () => {
  it('is cut where it goes on for pages, and can be stored', () => {
    expect(recordableMessage(`no\0`)).toBe('no\uFFFD')
    expect(recordableMessage('x'.repeat(10_000))).toHaveLength(4_001)
    expect(recordableMessage(`${'x'.repeat(3_999)}👋`).isWellFormed()).toBe(true)
  })
})
