import type { ConditionNode, Workflow, WorkflowNode } from '../document-schema.ts'
import { handleOf } from '../flow.ts'
import { relisted, requireContainer, withContents, withoutNode } from './container.ts'
import type { Edit } from './history.ts'
import { editTo, nodeOf, requireFreeId, withEdge, withNode, withoutEdges, withTarget } from './target.ts'

/**
 * Adds a node, at the top level or directly inside a container. Throws `workflow.invalid_node_id`,
 * `workflow.duplicate_node_id`, `workflow.unknown_node` and `workflow.not_a_container`.
 */
export function addNode(workflow: Workflow, node: WorkflowNode, { container }: { container?: string } = {}): Edit {
  requireFreeId(workflow, node.id)
  if (container !== undefined) requireContainer(workflow, container)
  const added = { ...workflow, nodes: [...workflow.nodes, node] }
  return editTo(workflow, container === undefined ? added : relisted(added, [node.id], container))
}

/** Removes a node with its edges; a container takes everything inside along. Throws `workflow.unknown_node`. */
export function removeNode(workflow: Workflow, nodeId: string): Edit {
  nodeOf(workflow, nodeId)
  return editTo(workflow, [...withContents(workflow, nodeId)].reduce(withoutNode, workflow))
}

/** What an edit of a node may change; `config` replaces the old one whole, `undefined` takes a policy away. */
export type NodeChange = Partial<Pick<WorkflowNode['data'], 'label' | 'timeoutMs' | 'retry' | 'onError'>> & {
  config?: WorkflowNode['data']['config']
}

/**
 * Changes what a node does. The edges of a condition follow its targets, and the `error` edge goes with `onError: route`.
 * Throws `workflow.unknown_node`. The config must be one of the node's type.
 */
export function updateNode(workflow: Workflow, nodeId: string, change: NodeChange): Edit {
  const node = nodeOf(workflow, nodeId)
  const data = { ...node.data, ...change }
  const { label, config, timeoutMs, retry, onError } = data
  const kept = {
    label,
    config,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retry !== undefined && { retry }),
    ...(onError !== undefined && { onError }),
  }
  const changed = { ...node, data: kept } as WorkflowNode
  let after = withNode(workflow, changed)
  if (node.data.onError === 'route' && onError !== 'route') {
    after = withoutEdges(after, (edge) => edge.source === nodeId && handleOf(edge) === 'error')
  }
  if (node.type === 'condition' && changed.type === 'condition') after = followTargets(after, node, changed)
  return editTo(workflow, after)
}

function followTargets(workflow: Workflow, before: ConditionNode, { id, data }: ConditionNode): Workflow {
  let after = workflow
  for (const [handle, key] of [
    ['true', 'trueTarget'],
    ['false', 'falseTarget'],
  ] as const) {
    const target = data.config[key]
    if (target === before.data.config[key]) continue
    if (target !== undefined && after.nodes.some((node) => node.id === target)) {
      after = withEdge(after, { source: id, handle, target, many: false })
    } else {
      after = withoutEdges(after, (edge) => edge.source === id && handleOf(edge) === handle)
      after = withNode(after, withTarget(nodeOf(after, id) as ConditionNode, handle, target))
    }
  }
  return after
}

/** Puts nodes at new positions; ids that name no node are ignored. */
export function moveNodes(workflow: Workflow, positions: Readonly<Record<string, { x: number; y: number }>>): Edit {
  const nodes = workflow.nodes.map((node) => {
    const position = Object.hasOwn(positions, node.id) ? positions[node.id]! : node.position
    const same = position.x === node.position.x && position.y === node.position.y
    return same ? node : { ...node, position: { x: position.x, y: position.y } }
  })
  return editTo(workflow, { ...workflow, nodes })
}
