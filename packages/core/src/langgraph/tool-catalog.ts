import { toJsonSchema } from '@langchain/core/utils/json_schema'
import type { JsonSchema } from '../base/index.ts'
import type { Catalog } from '../workflow/index.ts'
import type { InvokableTool, ToolLike, ToolSource } from './sources.ts'

/** What validation and the editor may know about tools that are listed; whatever a tool does not say fits everything. */
export function describeTools(tools: Exclude<ToolSource, (toolId: string) => unknown>): Catalog['tools'] {
  const entries: [string, ToolLike][] = Array.isArray(tools)
    ? tools.map((tool) => [tool.name, tool])
    : Object.entries(tools)
  return entries.map(([id, tool]) => {
    if (typeof tool === 'function') return { id, inputSchema: true, outputSchema: true }
    const { description } = tool
    const schemas =
      'execute' in tool
        ? { inputSchema: tool.inputSchema ?? true, outputSchema: tool.outputSchema ?? true }
        : { inputSchema: inputSchemaOf(tool), outputSchema: true as const }
    return { id, ...(description === undefined ? {} : { description }), ...schemas }
  })
}

/** LangChain's tools bring a zod or a JSON Schema. */
function inputSchemaOf(tool: InvokableTool): JsonSchema {
  const { schema } = tool as { schema?: Parameters<typeof toJsonSchema>[0] }
  return schema === undefined ? true : (toJsonSchema(schema) as JsonSchema)
}
