import type { JsonSchema } from '@fairlead/core/base'
import type { PromptContent } from '@fairlead/core/prompt'
import { variablesOf } from '@fairlead/core/prompt'
import type { Options } from 'json-schema-to-typescript'

export interface TypedPrompt {
  key: string
  versionNumber: number
  content: PromptContent
}

const options: Partial<Options> = {
  bannerComment: '',
  strictIndexSignatures: false,
  style: { semi: false, singleQuote: true, printWidth: 116 },
  // Nothing that a schema names is fetched: it may come from anybody who may write prompts.
  $refOptions: { resolve: { external: false, file: false, http: false } },
}

/**
 * A declaration file that gives `prompts.get` of the SDK the types of the prompts' variables. A variable with a default
 * may be left out; what no type can say, such as a pattern, is left to the check at run time.
 */
export async function promptTypes(prompts: readonly TypedPrompt[]): Promise<string> {
  const definitions: string[] = []
  const members: string[] = []
  for (const { key, versionNumber, content } of prompts) {
    const variables: string[] = []
    for (const [name, schema] of Object.entries(variablesOf(content))) {
      const space = `prompt${members.length}$${variables.length}`
      const { comment, type, definition } = await typeOf(schema, space)
      if (definition !== undefined) definitions.push(definition)
      const isOptional = typeof schema === 'object' && 'default' in schema
      variables.push(`${comment}${quoted(name)}${isOptional ? '?' : ''}: ${type}`)
    }
    const body = variables.length === 0 ? 'Record<string, never>' : `{\n${indented(variables.join('\n'))}\n}`
    members.push(`/** As of version ${versionNumber}. */\n${quoted(key)}: ${body}`)
  }
  return [
    '// Written by "fairlead types". Run it again rather than edit this file.',
    "import '@fairlead/sdk'",
    ...definitions,
    `declare module '@fairlead/sdk' {\n  interface PromptVariables {\n${indented(members.join('\n'), 4)}\n  }\n}\n`,
  ].join('\n\n')
}

interface VariableType {
  /** What the schema says of itself, as a comment; empty without. */
  comment: string
  /** A type that stands for itself, or the name of one. */
  type: string
  /** What stands behind the name, in a namespace, as types that refer to each other do. */
  definition?: string
}

const unknown = { comment: '', type: 'unknown' }
const commented = /^(\/\*\*\n(?: \*.*\n)+)?/.source
const oneAlias = new RegExp(`${commented}export type Value = ([^]+)\\n$`)
const oneInterface = new RegExp(`${commented}export interface Value (\\{[^]*\\})\\n$`)

async function typeOf(schema: JsonSchema, space: string): Promise<VariableType> {
  if (typeof schema === 'boolean') return schema ? unknown : { comment: '', type: 'never' }
  const text = await compiled(schema)
  if (text === undefined) return unknown
  const isAlone = text.match(/^export /gm)?.length === 1
  const [, comment = '', type] = (isAlone && (oneAlias.exec(text) ?? oneInterface.exec(text))) || []
  if (type !== undefined) return { comment, type }
  const definition = `declare namespace ${space} {\n${indented(text.trimEnd())}\n}`
  return { comment: '', type: `${space}.Value`, definition }
}

async function compiled(schema: Exclude<JsonSchema, boolean>): Promise<string | undefined> {
  // Only who asks for types loads it; it brings a formatter along.
  const { compile } = await import('json-schema-to-typescript')
  try {
    // A title would be the type's name, and a default is told of by the question mark.
    const { title: _title, $id: _id, default: _default, ...rest } = schema
    return (await compile({ ...rest } as Parameters<typeof compile>[0], 'Value', options)).trimStart()
  } catch {
    return undefined
  }
}

function quoted(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name.replaceAll(/[\\']/g, '\\$&')}'`
}

function indented(text: string, by = 2): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by))
}
