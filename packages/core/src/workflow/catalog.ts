import type { JsonSchema } from '../base/index.ts'
import type { CatalogFault } from './catalog-fault.ts'
import { readCatalogPart } from './catalog-fault.ts'
import type { PromptNode, ToolNode } from './document-schema.ts'

/** A catalogue for looking things up; a part that was not given is null, and its names are not checked. */
export interface CatalogIndex {
  /** By id and by key. */
  prompts: ReadonlyMap<string, { variables: Readonly<Record<string, JsonSchema>> }> | null
  promptKeys: readonly string[]
  models: ReadonlySet<string> | null
  tools: ReadonlyMap<string, { inputSchema: JsonSchema; outputSchema: JsonSchema }> | null
  /** Of each part that has not the shape of one, the first thing that is wrong. */
  faults: readonly CatalogFault[]
}

/**
 * Indexes whatever is given as a catalogue; what is not of a catalogue's shape is left out and told as a fault, and a part
 * that is no plain JSON (a cycle, a class, a hole) counts as not given. Never throws.
 */
export function indexCatalog(catalog: unknown): CatalogIndex {
  const parts = ['prompts', 'models', 'tools'].map((part) => readCatalogPart(catalog, part))
  const [prompts, models, tools] = parts.map(({ value }) => value)
  const promptEntries = named(prompts).map(({ id, key, variables }) => {
    return { id, key: typeof key === 'string' ? key : id, variables: asSchemas(variables) }
  })
  const toolEntries = named(tools).map(({ id, inputSchema, outputSchema }) => {
    return [id, { inputSchema: asSchema(inputSchema), outputSchema: asSchema(outputSchema) }] as const
  })
  return {
    prompts: Array.isArray(prompts)
      ? new Map(promptEntries.flatMap((prompt) => [prompt.id, prompt.key].map((name) => [name, prompt])))
      : null,
    promptKeys: promptEntries.map(({ key }) => key),
    models: Array.isArray(models) ? new Set(named(models).map(({ id }) => id)) : null,
    tools: Array.isArray(tools) ? new Map(toolEntries) : null,
    faults: parts.flatMap(({ fault }) => fault ?? []),
  }
}

/** What a prompt or tool takes. */
export interface Parameters {
  /** What takes them, as a message names it. */
  owner: string
  schemas: Readonly<Record<string, JsonSchema>>
  required: readonly string[]
  /** True when names outside `schemas` are taken too. */
  open: boolean
}

/** What the node's prompt or tool takes; null when the catalogue does not say. */
export function parametersOf(catalog: CatalogIndex, { type, data }: PromptNode | ToolNode): Parameters | null {
  if (type === 'prompt') {
    const schemas = catalog.prompts?.get(data.config.promptId)?.variables
    // A prompt that declares no variables may still use some.
    if (schemas === undefined || Object.keys(schemas).length === 0) return null
    const required = Object.keys(schemas).filter((name) => asRecord(schemas[name]).default === undefined)
    return { owner: `The prompt "${data.config.promptId}"`, schemas, required, open: false }
  }
  const schema = catalog.tools?.get(data.config.toolId)?.inputSchema
  if (schema === undefined || typeof schema === 'boolean') return null
  const { properties, required, additionalProperties, patternProperties } = schema
  const schemas = asSchemas(properties)
  // Authors rarely write `additionalProperties: false`; a tool that lists its parameters means those.
  const closed =
    additionalProperties === false || (Object.keys(schemas).length > 0 && additionalProperties === undefined)
  return {
    owner: `The tool "${data.config.toolId}"`,
    schemas,
    required: Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [],
    open: !closed || patternProperties !== undefined,
  }
}

function asSchemas(value: unknown): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(asRecord(value)).map(([name, schema]) => [name, asSchema(schema)]))
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'boolean' ? value : typeof value === 'object' && value !== null ? (value as JsonSchema) : true
}

/** The entries that have an id. */
function named(entries: unknown): (Record<string, unknown> & { id: string })[] {
  const records = Array.isArray(entries) ? entries.map(asRecord) : []
  return records.filter((record): record is Record<string, unknown> & { id: string } => typeof record.id === 'string')
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
