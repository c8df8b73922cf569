import { contract } from '@fairlead/core/contract'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { checkPart, invalidRequest } from './request-fault.ts'

const Body = z.strictObject({
  object: z.strictObject({ deep: z.array(z.int()) }).optional(),
  record: z.record(z.string().regex(/^[a-z]+$/), z.string()).optional(),
  list: z.array(z.string()).min(2).max(3).optional(),
  text: z.string().min(1).max(5).optional(),
  number: z.coerce.number().min(1).max(200).multipleOf(1).optional(),
  positive: z.number().positive().optional(),
  flag: z.boolean().optional(),
  choice: z.enum(['red', 'blue']).optional(),
  only: z.literal('always').optional(),
  time: z.iso.datetime().optional(),
  email: z.email().optional(),
  own: z.string().regex(/^a/, 'must start with "a"').optional(),
  either: z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })]).optional(),
  mode: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('near'), limit: z.int(), more: z.strictObject({ depth: z.int().optional() }) }),
      z.strictObject({ kind: z.literal('far'), more: z.strictObject({ width: z.int().optional() }) }),
    ])
    .optional(),
  each: z.array(z.strictObject({ name: z.string().optional() })).optional(),
  byName: z.record(z.string(), z.union([z.strictObject({ first: z.int() }), z.boolean()])).optional(),
})

describe('a fault of a request', () => {
  test.each([
    [{ object: 'x' }, '/object', 'must be an object, not a text'],
    [{ object: [] }, '/object', 'must be an object, not a list'],
    [{ object: {} }, '/object/deep', 'is required: expected a list'],
    [{ object: { deep: [1, 'x'] } }, '/object/deep/1', 'must be a number, not a text'],
    [{ object: { deep: [0.5] } }, '/object/deep/0', 'must be a whole number'],
    [{ record: { A: 'x' } }, '/record/A', 'has a name that is not allowed: it must match /^[a-z]+$/'],
    [{ list: ['x'] }, '/list', 'must have at least 2 items'],
    [{ list: null }, '/list', 'must be a list, not null'],
    [{ list: ['', '', '', ''] }, '/list', 'must have at most 3 items'],
    [{ text: '' }, '/text', 'must not be empty'],
    [{ text: 'abcdef' }, '/text', 'must have at most 5 characters'],
    [{ text: true }, '/text', 'must be a text, not true or false'],
    [{ number: 'abc' }, '/number', 'must be a number'],
    [{ number: '0' }, '/number', 'must be at least 1'],
    [{ number: '1.5' }, '/number', 'must be a multiple of 1'],
    [{ positive: 0 }, '/positive', 'must be greater than 0'],
    [{ flag: 'yes' }, '/flag', 'must be true or false, not a text'],
    [{ choice: 'green' }, '/choice', 'must be one of "red", "blue"'],
    [{ only: 'never' }, '/only', 'must be "always"'],
    [{ time: 'soon' }, '/time', 'must be a time in UTC, such as 2026-01-31T12:00:00Z'],
    [{ email: 'x' }, '/email', 'must be an e-mail address'],
    [{ own: 'x' }, '/own', 'must start with "a"'],
    [{ other: 1 }, '/other', expect.stringMatching(/^is unknown: there is no field "other", only ("\w+", ){12}…$/)],
    [{ texts: 'x' }, '/texts', 'is unknown: did you mean "text"?'],
    [{ posi: 0 }, '/posi', 'is unknown: did you mean "positive"?'],
    [{ deep: [] }, '/deep', 'is unknown: did you mean "/object/deep"?'],
    [{ object: { deep: [], dep: 1 } }, '/object/dep', 'is unknown: did you mean "deep"?'],
    [{ each: [{ nam: 'x' }] }, '/each/0/nam', 'is unknown: did you mean "name"?'],
    [{ each: [{ of: {} }] }, '/each/0/of', 'is unknown: there is no field "of", only "name"'],
    [{ either: 'x' }, '/either', 'must be an object with "a" or an object with "b"'],
    [{ either: {} }, '/either', 'must be an object with "a" or an object with "b"'],
    [{ either: { a: 'x', b: 'x' } }, '/either', 'must be an object with "a" or an object with "b"'],
    [{ either: { a: 1 } }, '/either/a', 'must be a text, not a number'],
    [{ byName: { x: 'y' } }, '/byName/x', 'must be an object with "first" or true or false'],
    [{ mode: {} }, '/mode/kind', 'is required: expected one of "near", "far"'],
    [{ mode: { kind: 'else' } }, '/mode/kind', 'must be one of "near", "far"'],
    [{ mode: { kind: 'far', more: {}, limit: 1 } }, '/mode/limit', 'is only for "kind" "near"'],
    [{ mode: { kind: 'far', more: { depth: 1 } } }, '/mode/more/depth', 'is only for "/mode/kind" "near"'],
    [{ mode: { kind: 'far', more: {}, limt: 1 } }, '/mode/limt', 'is unknown: did you mean "limit"?'],
    ['x', '', 'must be an object, not a text'],
  ])('is a sentence behind its place: %j', (value, pointer, message) => {
    const checked = checkPart('body', Body, value)
    if (checked.ok) throw new Error('It fits.')
    expect(checked.faults).toMatchObject([{ in: 'body', pointer, message }])
  })
})

test('what an object as a whole does not keep is not told where a field of it is unknown', () => {
  const Change = z
    .strictObject({ name: z.string().optional() })
    .refine((change) => Object.keys(change).length > 0, 'must change something')
  const messages = (value: object) => {
    const checked = checkPart('body', Change, value)
    return checked.ok ? [] : checked.faults.map(({ message }) => message)
  }
  expect(messages({})).toEqual(['must change something'])
  expect(messages({ nam: 'x' })).toEqual(['is unknown: did you mean "name"?'])
})

describe('what sums faults up', () => {
  const summed = (value: object) => {
    const checked = checkPart('body', Body, value)
    if (checked.ok) throw new Error('It fits.')
    const { message, data } = invalidRequest(checked.faults)
    return { message, pointers: (data!.errors as { pointer: string }[]).map(({ pointer }) => pointer) }
  }

  test('names three of them, and counts the others', () => {
    const two = { text: '', texts: 'x' }
    expect(summed(two)).toEqual({
      message: 'The request does not fit: body/text must not be empty; body/texts is unknown: did you mean "text"?',
      pointers: ['/text', '/texts'],
    })
    expect(summed({ ...two, some: 1, others: 2 })).toEqual({
      message:
        'The request does not fit: body/text must not be empty; body/texts is unknown: did you mean "text"?; body/some is unknown: there is no field "some", only "object", "record", "list", "text", "number", "positive", "flag", "choice", "only", "time", "email", "own", …; and 1 more.',
      pointers: ['/text', '/texts', '/some', '/others'],
    })
  })

  test('names what no alternative has, too', () => {
    expect(summed({ either: { aa: 'x' } }).message).toBe(
      'The request does not fit: body/either must be an object with "a" or an object with "b"; body/either/aa is unknown: did you mean "a"?',
    )
  })

  test('names a field of one alternative, too', () => {
    expect(summed({ byName: { x: { first: 1, firts: 1 } } }).message).toContain(
      'body/byName/x/firts is unknown: did you mean "first"?',
    )
  })

  test('says of the text of a prompt where it belongs', () => {
    const { body } = contract.createPrompt
    const of = (value: object) => {
      const checked = checkPart('body', body, { key: 'greet', ...value })
      return checked.ok ? '' : invalidRequest(checked.faults).message
    }
    const missing = 'The request does not fit: body/content is required: expected an object; body'
    expect(of({ text: 'Hello' })).toBe(`${missing}/text is unknown: did you mean "/content/text"?`)
    expect(of({ contents: { text: 'Hello' } })).toBe(`${missing}/contents is unknown: did you mean "content"?`)
  })
})
