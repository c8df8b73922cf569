import { expect, test } from 'vitest'
import { promptTypes } from './prompt-types.ts'

const typesOf = (variables: Record<string, object | boolean>, text = '') =>
  promptTypes([{ key: 'a-prompt', versionNumber: 3, content: { text, variables: variables as never } }])

test('variables have the types of their schemas, and those with a default may be left out', async () => {
  const text = await typesOf(
    {
      list: { type: 'array', items: { type: 'string' }, title: 'Client' },
      tone: { enum: ['kind', 'brief'], default: 'kind' },
      ticket: { type: 'object', description: 'A ticket.', required: ['id'], properties: { id: { type: 'integer' } } },
    },
    '{{free}}',
  )
  expect(text).toBe(`// Written by "fairlead types". Run it again rather than edit this file.

import '@fairlead/sdk'

declare module '@fairlead/sdk' {
  interface PromptVariables {
    /** As of version 3. */
    "a-prompt": {
      free: unknown
      list: string[]
      tone?: 'kind' | 'brief'
      /**
       * A ticket.
       */
      ticket: {
        id: number
        [k: string]: unknown
      }
    }
  }
}
`)
})

test('types that refer to themselves have a name', async () => {
  const node = { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/$defs/node' } } } }
  const text = await typesOf({ tree: { $ref: '#/$defs/node', $defs: { node } } })
  expect(text).toContain('tree: prompt0$0.Value')
  expect(text).toMatch(/declare namespace prompt0\$0 \{\n {2}export interface Value \{\n {4}kids\?: Node\[\]/)
})

test.each(['file:///etc/hostname', 'http://127.0.0.1:1/schema.json', '#/nowhere'])(
  'nothing is fetched because a schema names it: %s',
  async ($ref) => {
    expect(await typesOf({ other: { $ref } })).toContain('      other: unknown\n')
  },
)

test('names and descriptions stay what they are', async () => {
  const text = await typesOf({ it: { type: 'string', description: 'ends */ declare const x: any /*' } })
  expect(text.match(/\*\//g)).toHaveLength(2)
  const [prompt] = [{ key: "it's", versionNumber: 1, content: { text: 'x' } }]
  expect(await promptTypes([prompt!])).toContain(`    "it's": Record<string, never>`)
})

test('nothing that prompts say gets into the file as code', async () => {
  const text = await typesOf({
    'a\nb': true,
    typed: { type: 'object', properties: { x: { tsType: 'string\ninterface Evil {}' } }, additionalProperties: false },
  })
  expect(text).toContain('"a\\nb": unknown')
  expect(text).not.toContain('Evil')
})
