import { FairleadError } from '../../base/index.ts'
import type { Workflow } from '../document-schema.ts'
import { handlesOf, takesManyEdges } from '../flow.ts'
import type { Edit } from './history.ts'
import { editTo, nodeOf, withEdge, withoutEdges } from './target.ts'

/** An edge to be drawn; without an id it gets one. */
export interface Connection {
  source: string
  sourceHandle?: string | undefined
  target: string
  id?: string | undefined
}

/**
 * Draws an edge. On a handle that takes one edge the new one replaces the old; a condition's target follows its edge.
 * Throws `workflow.unknown_node` and `workflow.unknown_handle`.
 */
export function connect(workflow: Workflow, { source, sourceHandle, target, id }: Connection): Edit {
  const node = nodeOf(workflow, source)
  const handle = sourceHandle ?? 'out'
  nodeOf(workflow, target)
  if (!(handlesOf(node) as readonly string[]).includes(handle)) {
    const message = `"${source}" has no handle "${handle}"; it has ${handlesOf(node).join(', ')}.`
    throw new FairleadError('workflow.unknown_handle', message, { data: { nodeId: source, handle } })
  }
  const many = takesManyEdges(node, handle)
  return editTo(workflow, withEdge(workflow, { source, handle, target, many, id }))
}

/** Removes the edge with this id; the branch of a condition is open afterwards. An unknown id changes nothing. */
export function disconnect(workflow: Workflow, edgeId: string): Edit {
  return editTo(
    workflow,
    withoutEdges(workflow, (edge) => edge.id === edgeId),
  )
}
