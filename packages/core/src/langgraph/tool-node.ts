import { FairleadError, validateJson } from '../base/index.ts'
import type { ToolNode } from '../workflow/index.ts'
import type { CallPlace } from './call-place.ts'
import type { Sources } from './sources.ts'

/** Calls the host's function for a tool node. What it gives must be JSON; `undefined` counts as null. */
export async function runTool(
  sources: Sources,
  { id: nodeId, data: { config } }: ToolNode,
  input: Record<string, unknown>,
  { signal, address, attempt, execution: { runId } }: CallPlace,
): Promise<unknown> {
  const tool = sources.tool(config.toolId)
  if (tool.inputSchema !== undefined) {
    const errors = validateJson(tool.inputSchema, input)
    if (errors.length > 0) {
      const [first] = errors
      throw new FairleadError(
        'tool.invalid_input',
        `The tool "${config.toolId}" does not take this input: ${first!.pointer || '/'} ${first!.message}`,
        { data: { errors } },
      )
    }
  }
  const idempotencyKey = `${runId}:${address}`
  const value = await tool.execute(input, { signal, idempotencyKey, runId, address, nodeId, attempt })
  return toJson(value, config.toolId)
}

/** Refuses at once what would get lost on the way into the journal and the next node. */
function toJson(value: unknown, toolId: string): unknown {
  if (value === undefined) return null
  if (isPlain(value)) return value
  try {
    const text = JSON.stringify(value)
    if (text !== undefined) return JSON.parse(text)
  } catch {
    // Falls through to the error below, which says more than JSON.stringify does.
  }
  throw new FairleadError(
    'tool.output_not_json',
    `The tool "${toolId}" gave something that is not JSON (a function, a BigInt or a cycle). Return plain data.`,
  )
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}
