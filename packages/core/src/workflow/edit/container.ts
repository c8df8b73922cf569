import { FairleadError } from '../../base/index.ts'
import { bodyNodesOf } from '../containment.ts'
import type { Workflow, WorkflowNode } from '../document-schema.ts'
import type { Handle } from '../flow.ts'
import { handleOf, handlesOf } from '../flow.ts'
import type { Edit } from './history.ts'
import { editTo, nodeOf, targetKeyOf, withEdge, withNode, withoutEdges, withTurnedEdge } from './target.ts'

/** The container directly around a node, or null. */
export function containerOf(workflow: Workflow, nodeId: string): WorkflowNode | null {
  return workflow.nodes.find((node) => bodyNodesOf(node)?.includes(nodeId)) ?? null
}

/** The ids of a node and of everything inside it, at any depth. */
export function withContents(workflow: Workflow, nodeId: string): Set<string> {
  const bodies = new Map(workflow.nodes.map((node) => [node.id, bodyNodesOf(node) ?? []]))
  const ids = new Set([nodeId])
  for (const id of ids) for (const inner of bodies.get(id) ?? []) ids.add(inner)
  return ids
}

/** The node with another list of body nodes; a node that is no container stays as it is. */
export function withBodyNodes(node: WorkflowNode, bodyNodes: string[]): WorkflowNode {
  if (node.type === 'loop') return { ...node, data: { ...node.data, config: { ...node.data.config, bodyNodes } } }
  if (node.type === 'parallel') return { ...node, data: { ...node.data, config: { ...node.data.config, bodyNodes } } }
  return node
}

/** Throws `workflow.unknown_node` or `workflow.not_a_container` unless nodes can lie in this one. */
export function requireContainer(workflow: Workflow, containerId: string): void {
  const container = nodeOf(workflow, containerId)
  if (bodyNodesOf(container) !== null) return
  const message = `"${containerId}" is a ${container.type} node, which has no inside. Choose a loop or parallel node.`
  throw new FairleadError('workflow.not_a_container', message, { data: { nodeId: containerId } })
}

/**
 * Moves nodes directly into a container. Edges among them stay; edges that would cross the container's boundary go. What
 * lies inside a moved container stays there, named or not.
 * Throws `workflow.unknown_node`, `workflow.not_a_container` and `workflow.cyclic_containers`.
 */
export function moveIntoContainer(workflow: Workflow, nodeIds: readonly string[], containerId: string): Edit {
  requireContainer(workflow, containerId)
  for (const nodeId of nodeIds) {
    nodeOf(workflow, nodeId)
    if (!withContents(workflow, nodeId).has(containerId)) continue
    const message = `"${nodeId}" can't move into "${containerId}", which lies inside it.`
    throw new FairleadError('workflow.cyclic_containers', message, { data: { nodeId, containerId } })
  }
  return editTo(workflow, moved(workflow, outermostOf(workflow, nodeIds), containerId))
}

/** Moves nodes out of the container around them, into the one around that or to the top level. Edges as above. */
export function moveOutOfContainer(workflow: Workflow, nodeIds: readonly string[]): Edit {
  for (const nodeId of nodeIds) nodeOf(workflow, nodeId)
  const going = outermostOf(workflow, nodeIds)
  const after = going.reduce((before, nodeId) => {
    const container = containerOf(workflow, nodeId)
    if (container === null) return before
    return relisted(before, [nodeId], containerOf(workflow, container.id)?.id ?? null)
  }, workflow)
  return editTo(workflow, withoutCrossingEdges(workflow, after, new Set(going)))
}

/** The nodes that lie inside none of the others. */
function outermostOf(workflow: Workflow, nodeIds: readonly string[]): string[] {
  const inside = new Set<string>()
  for (const nodeId of nodeIds) for (const id of withContents(workflow, nodeId)) if (id !== nodeId) inside.add(id)
  return nodeIds.filter((nodeId) => !inside.has(nodeId))
}

function moved(workflow: Workflow, nodeIds: readonly string[], containerId: string | null): Workflow {
  const going = nodeIds.filter((nodeId) => (containerOf(workflow, nodeId)?.id ?? null) !== containerId)
  return withoutCrossingEdges(workflow, relisted(workflow, going, containerId), new Set(going))
}

/** Takes nodes out of the `bodyNodes` that list them and adds them to those of the container, if any. */
export function relisted(workflow: Workflow, nodeIds: readonly string[], containerId: string | null): Workflow {
  const going = new Set(nodeIds)
  const nodes = workflow.nodes.map((node) => {
    const body = bodyNodesOf(node)
    if (body === null) return node
    const stays = body.filter((nodeId) => !going.has(nodeId))
    if (node.id === containerId) return withBodyNodes(node, [...stays, ...nodeIds])
    return stays.length === body.length ? node : withBodyNodes(node, stays)
  })
  return { ...workflow, nodes }
}

/** Drops the edges of moved nodes whose ends no longer lie in one region. */
function withoutCrossingEdges(before: Workflow, after: Workflow, moving: ReadonlySet<string>): Workflow {
  const around = (nodeId: string) => containerOf(after, nodeId)?.id ?? null
  return withoutEdges(after, (edge) => {
    if (!moving.has(edge.source) && !moving.has(edge.target)) return false
    const inside = handleOf(edge) === 'body' && bodyNodesOf(nodeOf(before, edge.source)) !== null
    return inside ? around(edge.target) !== edge.source : around(edge.source) !== around(edge.target)
  })
}

/**
 * Removes a container and leaves its body where it was. Where one edge leads into the body, the edges into the container
 * lead to its first node, and what came after the container comes wherever a way through the body ended.
 * Throws `workflow.unknown_node`; of a node that is no container it removes the node.
 */
export function unwrapContainer(workflow: Workflow, containerId: string): Edit {
  const container = nodeOf(workflow, containerId)
  const body = bodyNodesOf(container) ?? []
  const others = workflow.edges.filter((edge) => edge.source !== containerId || edge.target !== containerId)
  const entries = others.filter((edge) => edge.source === containerId && handleOf(edge) === 'body')
  const next = others.find((edge) => edge.source === containerId && handleOf(edge) === 'done')
  const [entry] = entries
  let after = workflow
  if (entry !== undefined && entries.length === 1) {
    for (const edge of others.filter((other) => other.target === containerId)) {
      after = withTurnedEdge(after, edge, entry.target)
    }
    for (const { source, handle } of next === undefined ? [] : endsOf(workflow, body)) {
      after = withEdge(after, { source, handle, target: next!.target, many: false })
    }
  }
  const outer = containerOf(workflow, containerId)
  after = withNode(after, withBodyNodes(container, []))
  return editTo(workflow, withoutNode(outer === null ? after : relisted(after, body, outer.id), containerId))
}

/** The handles of body nodes at which a way through the body ends. */
function endsOf(workflow: Workflow, body: readonly string[]): { source: string; handle: Handle }[] {
  return body.flatMap((source) => {
    const node = workflow.nodes.find(({ id }) => id === source)
    if (node === undefined) return []
    return handlesOf(node)
      .filter((handle) => {
        if (handle === 'body' || handle === 'error') return false
        const key = targetKeyOf(handle)
        if (node.type === 'condition' && key !== undefined) return node.data.config[key] === 'end'
        return !workflow.edges.some((edge) => edge.source === source && handleOf(edge) === handle)
      })
      .map((handle) => ({ source, handle }))
  })
}

/** The workflow without a node, its edges and the mentions of it in `bodyNodes` and targets. */
export function withoutNode(workflow: Workflow, nodeId: string): Workflow {
  const disconnected = withoutEdges(workflow, (edge) => edge.source === nodeId || edge.target === nodeId)
  const unlisted = relisted(disconnected, [nodeId], null)
  return { ...unlisted, nodes: unlisted.nodes.filter((node) => node.id !== nodeId) }
}
