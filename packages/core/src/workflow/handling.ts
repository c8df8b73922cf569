import type { WorkflowNode } from './document-schema.ts'
import type { WorkflowStructure } from './structure.ts'

/** What becomes of a node's failure: the run fails, or somebody takes it. */
export type FailureHandling = 'fail' | 'continue' | 'route' | 'collect' | 'skip'

/** A node's own policy. */
export function policyOf(node: WorkflowNode | undefined): 'fail' | 'continue' | 'route' {
  return node?.data.onError ?? 'fail'
}

/** What happens to a failure of this node, by its own policy or by that of a container however far up. */
export function failureHandlingOf(structure: WorkflowStructure, nodeId: string): FailureHandling {
  const own = policyOf(structure.nodes.get(nodeId))
  if (own !== 'fail') return own
  for (const id of [...structure.containersOf(nodeId)].reverse()) {
    const container = structure.nodes.get(id)
    if (container?.type === 'parallel' && container.data.config.mode === 'map') {
      const { onItemError = 'fail' } = container.data.config
      if (onItemError !== 'fail') return onItemError
    }
    if (policyOf(container) !== 'fail') return policyOf(container)
  }
  return 'fail'
}
