import { FairleadError, validateJson } from '../base/index.ts'
import type { ToolNode } from '../workflow/index.ts'
import type { CallPlace } from './call-place.ts'
import type { Sources } from './sources.ts'

/** Calls the host's function for a tool node. */
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
  return tool.execute(input, { signal, idempotencyKey, runId, address, nodeId, attempt })
}
