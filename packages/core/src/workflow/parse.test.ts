import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairleadError } from '../base/index.ts'
import { arbitraryWorkflow } from './arbitrary.suite.ts'
import { arbitraryCatalog } from './arbitrary-catalog.suite.ts'
import { canonicalTextCatalog, contactImport, editorialDesk } from './canonical-text.suite.ts'
import type { Workflow } from './document-schema.ts'
import { orderDesk } from './fixture.suite.ts'
import { parseWorkflow } from './parse.ts'
import { serializeWorkflow } from './serialize.ts'
import { validateWorkflow } from './validate.ts'

function read(json: unknown): Workflow {
  const parsed = parseWorkflow(json)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  return parsed.workflow
}

/** The same value with the members of all objects but JSON Schemas, mappings and declarations in another order. */
function reordered(value: unknown, roll: () => number, keys = true): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, roll, keys))
  if (typeof value !== 'object' || value === null) return value
  const free = new Set(['inputs', 'variables', 'outputs', 'inputMapping', 'outputSchema', 'form', 'schema', 'default'])
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    reordered(item, roll, keys && !free.has(key)),
  ])
  return Object.fromEntries(keys ? entries.sort(() => roll() - 0.5) : entries)
}

const seeded = (seed: number) => {
  let state = seed + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe('canonical text', () => {
  test.each([
    ['a map with a loop inside', contactImport],
    ['a person, a prompt and both targets', editorialDesk],
  ])('is read without a finding and written byte for byte: %s', (_, text) => {
    const workflow = read(JSON.parse(text))
    expect(validateWorkflow(workflow)).toEqual([])
    expect(validateWorkflow(workflow, canonicalTextCatalog)).toEqual([])
    expect(serializeWorkflow(workflow)).toBe(text)
  })

  test('is the same for equal workflows, whatever the order of their keys', () => {
    fc.assert(
      fc.property(arbitraryWorkflow(), fc.nat(), (workflow, seed) => {
        const text = serializeWorkflow(workflow)
        expect(serializeWorkflow(read(JSON.parse(text)))).toBe(text)
        expect(serializeWorkflow(read(reordered(workflow, seeded(seed))))).toBe(text)
      }),
    )
  })

  test('leaves defaults out', () => {
    const document = orderDesk()
    for (const edge of document.edges) edge.sourceHandle ??= 'out'
    for (const node of document.nodes) {
      node.data.onError ??= 'fail'
      if (node.type === 'loop') node.data.config.onLimit = 'continue'
      if (node.type === 'parallel' && node.data.config.mode === 'map') node.data.config.onItemError = 'fail'
    }
    expect(serializeWorkflow(document)).toBe(serializeWorkflow(orderDesk()))
  })

  test('leaves out an empty list of choices, which offers as much as none', () => {
    const asking = (choices: object) => {
      const document = orderDesk()
      const approve = document.nodes.find(({ id }) => id === 'approve')!
      approve.data.config = { message: 'How many?', form: { type: 'number' }, ...choices, outputVariable: 'approval' }
      return serializeWorkflow(document)
    }
    expect(asking({ choices: [] })).toBe(asking({}))
  })

  test('of a value that is no workflow there is none', () => {
    const write = () => serializeWorkflow({ ...orderDesk(), name: '' })
    expect(write).toThrow(FairleadError)
    expect(write).toThrow(expect.objectContaining({ code: 'workflow.invalid_shape' }))
    expect(write).toThrow(/at "\/name"/)
  })
})

describe('a condition’s targets and edges', () => {
  const configOf = (workflow: Workflow, id: string) => workflow.nodes.find((node) => node.id === id)!.data.config

  test('the targets are filled in from the edges', () => {
    const document = orderDesk()
    const { expression } = configOf(document, 'check') as { expression: string }
    Object.assign(document.nodes.find((node) => node.id === 'check')!.data, { config: { expression } })
    expect(read(document)).toEqual(read(orderDesk()))
  })

  test('the edges are filled in from the targets, with ids that are free', () => {
    const document = orderDesk()
    document.edges = document.edges.filter((edge) => edge.source !== 'check')
    document.edges[0]!.id = 'check-true'
    const { edges } = read(document)
    expect(edges.slice(-2)).toEqual([
      { id: expect.stringMatching(/^check-true./), source: 'check', sourceHandle: 'true', target: 'approve' },
      { id: 'check-false', source: 'check', sourceHandle: 'false', target: 'send' },
    ])
    expect(new Set(edges.map((edge) => edge.id)).size).toBe(edges.length)
    expect(validateWorkflow(read(document))).toEqual([])
  })

  test('an "end" has no edge, and a disagreement is kept for the validator', () => {
    const document = orderDesk()
    Object.assign(configOf(document, 'check'), { trueTarget: 'send', falseTarget: 'end' })
    const { edges } = read(document)
    expect(edges).toEqual(read(orderDesk()).edges)
    expect(configOf(read(document), 'check')).toMatchObject({ trueTarget: 'send', falseTarget: 'end' })
  })
})

test('the answer shares nothing with what was given', () => {
  const document = orderDesk()
  const workflow = read(document)
  const text = JSON.stringify(workflow)
  const spoil = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const inner of Object.values(value)) spoil(inner)
    if (Array.isArray(value)) value.length = 0
    else for (const key of Object.keys(value)) delete (value as Record<string, unknown>)[key]
  }
  spoil(document)
  expect(JSON.stringify(workflow)).toBe(text)
})

describe('hostile values', () => {
  const deep = (depth: number) => Array.from({ length: depth }).reduce<unknown>((inner) => ({ inner }), 1)
  const cyclic: Record<string, unknown> = { name: 'round' }
  cyclic.self = [cyclic]
  const throwing = () => {
    throw new Error('boom')
  }
  const hostile: [name: string, value: () => unknown, reason: string][] = [
    ['undefined', () => undefined, 'not_json'],
    ['a function', () => throwing, 'not_json'],
    ['a symbol', () => Symbol('s'), 'not_json'],
    ['a bigint', () => 1n, 'not_json'],
    ['NaN', () => Number.NaN, 'not_json'],
    ['a lone surrogate', () => '\ud800', 'not_json'],
    ['U+0000', () => 'a\u0000b', 'not_json'],
    ['a date', () => new Date(0), 'not_json'],
    ['a map', () => new Map(), 'not_json'],
    ['a list that contains itself', () => cyclic, 'too_deep'],
    ['1,000 levels', () => deep(1_000), 'too_deep'],
    ['1,000,000 levels', () => deep(1_000_000), 'too_deep'],
    ['a list of a billion', () => new Array(1e9), 'too_large'],
    ['a getter that throws', () => Object.defineProperty({}, 'x', { get: throwing, enumerable: true }), 'not_json'],
    ['a proxy that throws', () => new Proxy({}, { ownKeys: throwing }), 'not_json'],
    ['a proxy without an end', () => new Proxy({}, { getPrototypeOf: throwing }), 'not_json'],
    ['a __proto__ key', () => JSON.parse('{"__proto__": {"polluted": true}}'), 'forbidden_key'],
    ['a key with a lone surrogate', () => ({ '\udc00': 1 }), 'not_json'],
  ]

  test.each(hostile)('%s instead of a workflow', (_, value, reason) => {
    const parsed = parseWorkflow(value())
    expect(parsed).toMatchObject({ ok: false, diagnostics: [{ code: `workflow.${reason}`, severity: 'error' }] })
    expect(validateWorkflow(value())).toMatchObject([{ code: `workflow.${reason}` }])
  })

  test.each(hostile)('%s inside of a workflow', (_, value, reason) => {
    const document = { ...orderDesk(), variables: { x: { schema: {}, default: [value()] } } }
    const parsed = parseWorkflow(document)
    expect(parsed).toMatchObject({ ok: false, diagnostics: [{ code: `workflow.${reason}`, hint: /./ }] })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    if (parsed.ok || /^a getter|^a proxy/.test(_)) return
    expect(parsed.diagnostics[0]!.path).toMatch(/^\/variables\/x\/default\/0/)
  })

  test.each([null, true, 0, '', 'workflow', [], [[]], {}].map((value) => [JSON.stringify(value), value]))(
    '%s is no workflow, and that is said',
    (_, value) => {
      const parsed = parseWorkflow(value)
      expect(parsed.ok).toBe(false)
      expect(validateWorkflow(value).map(({ code }) => code)).toEqual(
        parsed.ok ? [] : parsed.diagnostics.map(({ code }) => code),
      )
    },
  )

  /** Values that take the place of something in a valid workflow, most of them JSON. */
  const foreign = fc.oneof(
    { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    {
      weight: 4,
      arbitrary: fc.constantFrom<unknown>(
        ...['__proto__', 'constructor', 'toString', 'end', '', ' ', 'a/b', 'é', '{{', '{{a.b}}', "''", '(((', 'output'],
        ...['loop.index', 'x.map(y, x)', '1e999', '9'.repeat(400), 'a.'.repeat(4_000), '('.repeat(5_000)],
        ...[1e308, -1e308, 5e-324, -1, 0.5, 2 ** 53, 0, null, true, false, [], {}, [null], { id: 'x' }],
        ...[{ $ref: '#' }, { $ref: 'http://example.org' }, { type: 'nothing' }, { pattern: '(' }, { not: {} }],
        ...[{ constructor: 1, toString: 2, hasOwnProperty: 3 }, deep(90), { $defs: { a: { $ref: '#/$defs/a' } } }],
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...hostile.filter(([name]) => !/getter|proxy/.test(name))).map(([, value]) => value()),
    },
  )
  const kinds = ['replace', 'remove', 'copy', 'rename'] as const
  const mutation = fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(), value: foreign, key: fc.string() })

  /** Changes one place of the document, found by counting. */
  function mutate(
    document: unknown,
    { kind, at, value, key }: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
  ) {
    const places: { owner: Record<string, unknown>; key: string }[] = []
    const seen = new Set<unknown>()
    const walk = (owner: unknown, depth: number): void => {
      if (typeof owner !== 'object' || owner === null || seen.has(owner) || depth > 20) return
      if (!Array.isArray(owner) && Object.getPrototypeOf(owner) !== Object.prototype) return
      seen.add(owner)
      for (const name of Object.keys(owner).slice(0, 200)) {
        places.push({ owner: owner as Record<string, unknown>, key: name })
        walk((owner as Record<string, unknown>)[name], depth + 1)
      }
    }
    try {
      walk(document, 0)
    } catch {
      // One of the hostile values is in the way; what was found before it will do.
    }
    const place = places[at % Math.max(1, places.length)]
    if (place === undefined) return
    const { owner, key: name } = place
    if (kind === 'replace') owner[name] = value
    else if (kind === 'rename') Object.assign(owner, { [key]: owner[name] }) && delete owner[name]
    else if (Array.isArray(owner))
      owner.splice(Number(name), kind === 'copy' ? 0 : 1, ...(kind === 'copy' ? [owner[Number(name)]] : []))
    else if (kind === 'remove') delete owner[name]
  }

  test('in any place and number are answered with located findings and never thrown at', () => {
    fc.assert(
      fc.property(
        arbitraryWorkflow({ maxDice: 90 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (start, mutations) => {
          const document: unknown = structuredClone(start)
          for (const each of mutations) mutate(document, each)
          const parsed = parseWorkflow(document)
          const found = validateWorkflow(document, arbitraryCatalog)
          if (!parsed.ok) {
            expect(parsed.diagnostics.length).toBeGreaterThan(0)
            expect(found).toEqual(expect.arrayContaining(parsed.diagnostics))
          } else {
            expect(found).toEqual(validateWorkflow(parsed.workflow, arbitraryCatalog))
            expect(read(JSON.parse(serializeWorkflow(parsed.workflow)))).toEqual(parsed.workflow)
          }
          for (const { code, nodeId, path, message, hint } of found) {
            expect(code).toMatch(/^workflow\.[a-z_]+$/)
            expect(path).toMatch(/^(\/.*)?$/s)
            expect(nodeId === null || typeof nodeId === 'string').toBe(true)
            expect(message).not.toBe('')
            expect(hint).not.toBe('')
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('in the place of a catalogue, or of parts of it, change nothing but what is checked', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), foreign, (mutations, instead) => {
        const catalog = structuredClone(arbitraryCatalog) as unknown
        for (const each of mutations) mutate(catalog, each)
        expect(Array.isArray(validateWorkflow(orderDesk(), catalog as never))).toBe(true)
        expect(Array.isArray(validateWorkflow(orderDesk(), instead as never))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})
