import { FairleadError } from '../../base/index.ts'
import type { LoopNode, ParallelNode, Workflow, WorkflowEdge } from '../document-schema.ts'
import { handleOf, takesManyEdges } from '../flow.ts'
import { containerOf, relisted } from './container.ts'
import type { Edit } from './history.ts'
import { addNode } from './node.ts'
import { editTo, nodeOf, targetKeyOf, withEdge, withNode, withoutEdges, withTarget, withTurnedEdge } from './target.ts'

/**
 * Puts nodes that lie side by side into a new container, in their place on the path: what led to their first node leads
 * to the container, what came after them comes after it. Edges into their middle go, and of ways out to several nodes
 * all; paths that ended among them go on behind the container. A container that takes one edge needs one first node.
 * The container's own `bodyNodes` are replaced. Throws `workflow.unknown_node`, `workflow.duplicate_node_id`, and
 * `workflow.different_containers` when the nodes don't lie directly inside the same container.
 */
export function wrapInContainer(
  workflow: Workflow,
  nodeIds: readonly string[],
  container: LoopNode | ParallelNode,
): Edit {
  const outer = commonContainer(workflow, nodeIds)
  const inside = new Set(nodeIds)
  const entries = firstNodes(workflow, inside)
  const entersHere = (edge: WorkflowEdge) => !inside.has(edge.source) && entries.includes(edge.target)
  const staysBelow = (edge: WorkflowEdge) => inside.has(edge.source) && handleOf(edge) === 'body'
  const crosses = (edge: WorkflowEdge) =>
    inside.has(edge.source) !== inside.has(edge.target) && !entersHere(edge) && !staysBelow(edge)
  const waysOut = workflow.edges.filter(
    (edge) => crosses(edge) && inside.has(edge.source) && handleOf(edge) !== 'error',
  )
  const onward = new Set(waysOut.map((edge) => edge.target))

  const empty = { ...container, data: { ...container.data, config: { ...container.data.config, bodyNodes: [] } } }
  let after = addNode(withoutEdges(workflow, crosses), empty as LoopNode | ParallelNode).workflow
  if (outer !== null) after = relisted(after, [container.id], outer)
  after = relisted(after, [...inside], container.id)
  for (const edge of workflow.edges.filter(entersHere)) after = withTurnedEdge(after, edge, container.id)
  const many = takesManyEdges(container, 'body')
  for (const entry of many || entries.length === 1 ? entries : []) {
    after = withEdge(after, { source: container.id, handle: 'body', target: entry, many })
  }
  const [next] = onward
  if (next === undefined || onward.size > 1) return editTo(workflow, after)
  for (const edge of waysOut) after = endingHere(after, edge)
  return editTo(workflow, withEdge(after, { source: container.id, handle: 'done', target: next, many: false }))
}

/** The id of the container that all nodes lie directly in; null for the top level. */
function commonContainer(workflow: Workflow, nodeIds: readonly string[]): string | null {
  const containers = new Set(nodeIds.map((nodeId) => containerOf(workflow, nodeOf(workflow, nodeId).id)?.id ?? null))
  const [container = null] = containers
  if (containers.size <= 1) return container
  throw new FairleadError(
    'workflow.different_containers',
    'The nodes lie in different containers. Choose nodes that lie side by side.',
    { data: { nodeIds } },
  )
}

/** The nodes that none of the others leads to, in document order. */
function firstNodes(workflow: Workflow, inside: ReadonlySet<string>): string[] {
  const led = new Set(workflow.edges.filter((edge) => inside.has(edge.source)).map((edge) => edge.target))
  return workflow.nodes.map(({ id }) => id).filter((id) => inside.has(id) && !led.has(id))
}

/** The branch of a condition that led out ends the way through the body; other nodes end theirs by having no edge. */
function endingHere(workflow: Workflow, edge: WorkflowEdge): Workflow {
  const node = nodeOf(workflow, edge.source)
  if (node.type !== 'condition' || targetKeyOf(handleOf(edge)) === undefined) return workflow
  return withNode(workflow, withTarget(node, handleOf(edge), 'end'))
}
