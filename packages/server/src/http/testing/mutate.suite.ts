/** A value of JSON with one place changed: where, how, and what came of it. */
export interface Mutation {
  pointer: string
  change: string
  value: unknown
}

const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)

/** What is put in every place of a request: each has broken some parser, validator or database before. */
const strangers: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  'a negative number': -1,
  'a fraction': 0.5,
  'a number beyond 32 bits': 2 ** 31,
  'a number beyond 64 bits': 1e30,
  'an empty text': '',
  'a text with U+0000': 'a\u0000b',
  'a text with half a surrogate pair': 'a\ud800b',
  'a text of 20,000 letters': 'a'.repeat(20_000),
  'a text with markup and SQL': `<script>'; drop table api_keys; --{{x}}\${y}`,
  'a date that is none': '2026-02-31T25:61:00Z',
  'a date before every calendar': '-271821-04-20T00:00:00.000Z',
  'an empty list': [],
  'a list of lists': [[[]]],
  'an empty object': {},
  'an object with names of methods': { constructor: 1, toString: 2, hasOwnProperty: 3, length: 4 },
  'a deep object': deep(40),
}

/** Every place of a value filled with something strange, and every member left out once. */
export function* mutations(root: unknown): Generator<Mutation> {
  for (const path of places(root)) {
    const pointer = path.map((part) => `/${part}`).join('')
    for (const [change, value] of Object.entries(strangers))
      yield { pointer, change, value: replaced(root, path, value) }
    if (path.length > 0) yield { pointer, change: 'nothing', value: replaced(root, path, undefined) }
  }
}

type Path = readonly string[]

function* places(value: unknown, path: Path = []): Generator<Path> {
  yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) yield* places(member, [...path, key])
}

function replaced(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(root))
    return root.map((item, index) => (String(index) === key ? replaced(item, rest, value) : item))
  const members = root as Record<string, unknown>
  return { ...members, [key]: replaced(members[key], rest, value) }
}
