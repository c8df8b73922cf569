import { FairleadError } from '@fairlead/core/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkParsedBody, maxBodyDepth, parseJsonBody } from './json-body.ts'
import { locateJsonFault } from './json-fault.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseJsonBody(bytes(text))
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

function refusal(run: () => unknown): FairleadError {
  try {
    run()
  } catch (error) {
    if (error instanceof FairleadError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('a JSON body', () => {
  test('is what JSON.parse makes of it, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('__proto__'))
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('may nest as deep as the limit and no deeper', () => {
    expect(parse(nested(maxBodyDepth))).toBeInstanceOf(Array)
    expect(refusal(() => parse(nested(maxBodyDepth + 1))).code).toBe('http.too_deep')
  })

  test('is refused for its depth before it is parsed, so that neither length nor depth can exhaust the stack', () => {
    expect(refusal(() => parse('['.repeat(500_000))).code).toBe('http.too_deep')
    expect(refusal(() => parse('{"a":'.repeat(1_000))).code).toBe('http.too_deep')
  })

  test('may hold brackets and quotes inside strings', () => {
    const value = { text: '[['.repeat(1_000), quoted: '"\\"[{' }
    expect(parse(JSON.stringify(value))).toEqual(value)
  })

  test.each([
    ['{"a":{"__proto__":{"isAdmin":true}}}', '/a/__proto__'],
    ['[{"\\u005f_proto__":1}]', '/0/__proto__'],
  ])('%s is refused with the pointer to the key', (text, pointer) => {
    const error = refusal(() => parse(text))
    expect(error.code).toBe('http.forbidden_key')
    expect(error.data?.errors).toMatchObject([{ pointer }])
  })

  test.each([
    ['{"a":["\\u0000"]}', '/a/0'],
    ['{"a":{"b\\ud800":1}}', '/a/b\ufffd'],
    ['"\\udc00\\ud800"', ''],
  ])('%s is refused with the pointer to what is no text', (text, pointer) => {
    const error = refusal(() => parse(text))
    expect(error.code).toBe('http.unstorable_text')
    expect(error.data?.errors).toMatchObject([{ pointer }])
    expect(refusal(() => checkParsedBody(JSON.parse(text))).code).toBe('http.unstorable_text')
  })

  test('may escape any other character', () => {
    expect(parse('"\\ud83d\\ude00 \\u0001 \\n"')).toBe('\u{1f600} \u0001 \n')
  })

  test('may say __proto__ in a value', () => {
    expect(parse('{"a":"__proto__"}')).toEqual({ a: '__proto__' })
  })

  test('must be UTF-8', () => {
    expect(refusal(() => parseJsonBody(Uint8Array.of(0x22, 0xff, 0x22))).code).toBe('http.malformed_json')
  })

  test('that the host has parsed is checked alike', () => {
    checkParsedBody({ a: [1, { b: null }] })
    expect(refusal(() => checkParsedBody(JSON.parse(nested(maxBodyDepth + 1)))).code).toBe('http.too_deep')
    expect(refusal(() => checkParsedBody(JSON.parse('{"a":{"__proto__":1}}'))).code).toBe('http.forbidden_key')
  })
})

describe('the place where a text stops being JSON', () => {
  test.each([
    ['', 1, 1, 'expected value, found the end of the text'],
    ['abc', 1, 1, 'expected value, found "a"'],
    ['{"a":1,}', 1, 8, 'expected key, found "}"'],
    ['[1,]', 1, 4, 'expected value, found "]"'],
    ['{"a" 1}', 1, 6, 'expected :, found "1"'],
    ['{\n  "a": 01\n}', 2, 8, 'expected value, found "0"'],
    ['[1 2]', 1, 4, 'expected , or ], found "2"'],
    ['{} {}', 1, 4, 'expected the end of the text, found "{"'],
    ['["a\tb"]', 1, 2, 'expected value or ], found "\\""'],
    ["{'a':1}", 1, 2, 'expected key or }, found "\'"'],
    ['[tru]', 1, 2, 'expected value or ], found "t"'],
    ['{"a":[}', 1, 7, 'expected value or ], found "}"'],
  ])('%j: line %i, column %i', (text, line, column, message) => {
    expect(locateJsonFault(text)).toMatchObject({ line, column, message })
  })

  test('is found in long strings too', () => {
    expect(locateJsonFault(`["${'a\\n'.repeat(300_000)}", x]`)).toMatchObject({ line: 1, column: 900_006 })
  })

  test('is never behind the place that the engine names, and at the end, or at a word cut short there, when the engine says so', () => {
    const mutated = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', '"', ':', '0', 'x', '\u0000'))
      .map(([text, at, junk]) => {
        const index = at % (text.length + 1)
        return ' '.repeat(60) + text.slice(0, index) + junk + text.slice(index + 1)
      })
    fc.assert(
      fc.property(mutated, (text) => {
        const message = engineRefusal(text)
        fc.pre(message !== undefined)
        const { offset } = locateJsonFault(text)
        const named = / at position (\d+)/.exec(message!)?.[1]
        if (named !== undefined) expect(offset).toBeLessThanOrEqual(Number(named))
        if (message === 'Unexpected end of JSON input') expect(text.slice(offset)).toMatch(/^(tr?u?|fa?l?s?|nu?l?)?$/)
        expect(text.slice(offset).trimStart()).toBe(text.slice(offset))
      }),
    )
  })
})

function engineRefusal(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
