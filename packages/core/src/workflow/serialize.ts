import { FairleadError } from '../base/index.ts'
import type { Workflow } from './document-schema.ts'
import { parseWorkflow } from './parse.ts'

/**
 * The workflow as canonical text: keys in schema order, JSON Schemas as they are, defaults left out, nodes and edges in
 * document order, 2-space JSON, a final newline. `parseWorkflow` of that text gives the workflow back, and equal
 * workflows give equal text. Throws `workflow.invalid_shape`, with the diagnostics in `data`, when it is no workflow.
 */
export function serializeWorkflow(workflow: Workflow): string {
  const parsed = parseWorkflow(workflow)
  if (parsed.ok) return `${JSON.stringify(parsed.workflow, null, 2)}\n`
  const [first] = parsed.diagnostics
  throw new FairleadError(
    'workflow.invalid_shape',
    `The workflow can't be written: ${first?.message} ${first?.hint} (at "${first?.path}")`,
    { data: { diagnostics: parsed.diagnostics } },
  )
}
