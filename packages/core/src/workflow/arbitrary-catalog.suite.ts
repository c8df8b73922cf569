import fc from 'fast-check'
import type { JsonSchema } from '../base/index.ts'
import type { Catalog, Workflow } from './document-schema.ts'

// What the generated workflows of arbitrary.suite.ts read, write and call.

export const scored: JsonSchema = {
  type: 'object',
  required: ['score', 'label', 'ok'],
  properties: { score: { type: 'number' }, label: { type: 'string' }, ok: { type: 'boolean' } },
}
const texts: JsonSchema = { type: 'array', items: { type: 'string' } }
export const text: JsonSchema = { type: 'string' }

/** What an expression of the builder may do with a value. */
export type Kind = 'text' | 'number' | 'scored' | 'texts' | 'bag' | 'list' | 'answer' | 'unknown'

export const inputs: Workflow['inputs'] = {
  topic: text,
  limit: { type: 'integer' },
  words: texts,
  person: { type: 'object', properties: { name: text, age: { type: 'number' } } },
  flag: { type: 'boolean' },
}

const answerShape: JsonSchema = { type: 'object', properties: { choice: text, by: text } }

export const variables: Record<string, Workflow['variables'][string] & { kind: Kind }> = {
  title: { kind: 'text', schema: text },
  body: { kind: 'text', schema: text },
  note: { kind: 'text', schema: text, default: '' },
  level: { kind: 'number', schema: { type: 'number' }, default: 0 },
  size: { kind: 'number', schema: { type: 'integer' } },
  first: { kind: 'scored', schema: scored },
  second: { kind: 'scored', schema: scored, default: { score: 0, label: '', ok: false } },
  log: { kind: 'texts', schema: texts, reducer: 'append' },
  total: { kind: 'number', schema: { type: 'number' }, reducer: 'sum', default: 1 },
  facts: { kind: 'bag', schema: { type: 'object' }, reducer: 'merge' },
  results: { kind: 'list', schema: { type: 'array' } },
  more: { kind: 'list', schema: { type: 'array' } },
  approval: { kind: 'answer', schema: answerShape },
  consent: { kind: 'answer', schema: answerShape },
}

/** A tool of the generated workflows: pure, so that every run of a workflow gives the same. */
export interface ArbitraryTool {
  id: string
  inputSchema: JsonSchema
  outputSchema: JsonSchema
  writes: Kind
  parameters: Readonly<Record<string, Kind>>
  run(parameters: Record<string, unknown>): unknown
}

/** The schema of an object with just these members. */
export const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

export const arbitraryTools: readonly ArbitraryTool[] = [
  {
    id: 'echo',
    inputSchema: object({ value: text }),
    outputSchema: text,
    writes: 'text',
    parameters: { value: 'text' },
    run: ({ value }) => value,
  },
  {
    id: 'measure',
    inputSchema: object({ text, factor: { type: 'number' } }),
    outputSchema: { type: 'integer' },
    writes: 'number',
    parameters: { text: 'text', factor: 'number' },
    run: (given) => String(given.text).length + Math.trunc(Number(given.factor)),
  },
  {
    id: 'score',
    inputSchema: object({ text }),
    outputSchema: scored,
    writes: 'scored',
    parameters: { text: 'text' },
    run: (given) => {
      const score = String(given.text).length / 10
      return { score, label: score > 0.5 ? 'high' : 'low', ok: score > 1 }
    },
  },
  {
    id: 'split',
    inputSchema: object({ text }),
    outputSchema: texts,
    writes: 'texts',
    parameters: { text: 'text' },
    run: (given) => String(given.text).split('-').slice(0, 3),
  },
  {
    id: 'tag',
    inputSchema: object({ key: text, value: { type: 'number' } }),
    outputSchema: { type: 'object' },
    writes: 'bag',
    parameters: { key: 'text', value: 'number' },
    run: (given) => ({ [`key-${String(given.key).length % 3}`]: given.value }),
  },
  {
    // Fails for longer texts, for what `onError` is there for.
    id: 'refuse',
    inputSchema: object({ text }),
    outputSchema: text,
    writes: 'text',
    parameters: { text: 'text' },
    run: (given) => {
      if (String(given.text).length > 5) throw new Error(`refused: ${String(given.text).slice(0, 20)}`)
      return given.text
    },
  },
]

/** The prompts, by key; a test renders and answers them as it likes, as long as it is deterministic. */
export const arbitraryPrompts: Readonly<Record<string, { text: string; variables: Record<string, JsonSchema> }>> = {
  summarize: { text: 'Summarize {{text}}.', variables: { text } },
  judge: { text: 'Judge {{text}} at {{level}}.', variables: { text, level: { type: 'number' } } },
}

/** The catalogue that generated workflows are valid against. */
export const arbitraryCatalog: Catalog = {
  prompts: Object.entries(arbitraryPrompts).map(([key, prompt], index) => ({
    id: `prompt-${index}`,
    key,
    variables: prompt.variables,
  })),
  models: [{ id: 'default' }],
  tools: arbitraryTools.map(({ id, inputSchema, outputSchema }) => ({ id, inputSchema, outputSchema })),
}

/** Inputs for a generated workflow. */
export const arbitraryInput: fc.Arbitrary<Record<string, unknown>> = fc.record({
  topic: fc.string({ maxLength: 12 }),
  limit: fc.integer({ min: 0, max: 4 }),
  words: fc.array(fc.string({ maxLength: 8 }), { maxLength: 4 }),
  person: fc.record({ name: fc.string({ maxLength: 8 }), age: fc.nat(99) }),
  flag: fc.boolean(),
})
