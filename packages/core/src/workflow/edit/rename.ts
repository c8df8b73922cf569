import { bodyNodesOf } from '../containment.ts'
import type { Workflow, WorkflowEdge, WorkflowNode } from '../document-schema.ts'
import { withBodyNodes } from './container.ts'
import type { Edit } from './history.ts'
import { editTo, nodeOf, requireFreeId, targetKeyOf, withTarget } from './target.ts'

/**
 * Gives a node another id. All that names it follows: edges, `bodyNodes` and the targets of conditions; ids of edges stay.
 * Runs know a node by its id, so those that are under way go on with the version they started with.
 * Throws `workflow.unknown_node`, `workflow.invalid_node_id` and `workflow.duplicate_node_id`.
 */
export function renameNode(workflow: Workflow, nodeId: string, newId: string): Edit {
  nodeOf(workflow, nodeId)
  if (newId === nodeId) return editTo(workflow, workflow)
  requireFreeId(workflow, newId)
  const nameOf = (id: string) => (id === nodeId ? newId : id)
  const nodes = workflow.nodes.map((node) => withNames(node, nameOf))
  const edges = workflow.edges.map((edge) => withEndNames(edge, nameOf))
  return editTo(workflow, { ...workflow, nodes, edges })
}

/** The node with its own id and every id that it names changed; the node itself when none is. */
export function withNames(node: WorkflowNode, nameOf: (id: string) => string): WorkflowNode {
  const body = bodyNodesOf(node)
  let named = node
  if (body?.some((id) => nameOf(id) !== id)) named = withBodyNodes(named, body.map(nameOf))
  for (const handle of ['true', 'false']) {
    if (named.type !== 'condition') break
    const target = named.data.config[targetKeyOf(handle)!]
    // "end" is no node's name.
    if (target !== undefined && target !== 'end') named = withTarget(named, handle, nameOf(target))
  }
  return nameOf(node.id) === node.id ? named : { ...named, id: nameOf(node.id) }
}

/** The edge with its ends renamed; the edge itself when none is. */
export function withEndNames(edge: WorkflowEdge, nameOf: (id: string) => string): WorkflowEdge {
  const [source, target] = [nameOf(edge.source), nameOf(edge.target)]
  return source === edge.source && target === edge.target ? edge : { ...edge, source, target }
}
