import { FairleadError } from '../../base/index.ts'
import type { ConditionNode, Workflow, WorkflowEdge, WorkflowNode } from '../document-schema.ts'
import { freeEdgeId } from '../edge-id.ts'
import { handleOf } from '../flow.ts'
import { nodeIdFault } from '../rule/node-id.ts'
import type { Edit } from './history.ts'
import { patchBetween } from './patch.ts'

/** The edit from one workflow to another. */
export function editTo(before: Workflow, after: Workflow): Edit {
  return { workflow: after, patch: patchBetween(before, after) }
}

/** The node with this id. Throws `workflow.unknown_node`. */
export function nodeOf(workflow: Workflow, nodeId: string): WorkflowNode {
  const node = workflow.nodes.find(({ id }) => id === nodeId)
  if (node !== undefined) return node
  throw new FairleadError('workflow.unknown_node', `There is no node "${nodeId}" in this workflow.`, {
    data: { nodeId },
  })
}

/** Throws `workflow.invalid_node_id` and `workflow.duplicate_node_id` unless a node of this id can be added. */
export function requireFreeId(workflow: Workflow, nodeId: string): void {
  const fault = nodeIdFault(nodeId)
  if (fault !== null) {
    throw new FairleadError('workflow.invalid_node_id', `${fault.message} ${fault.hint}`, { data: { nodeId } })
  }
  if (workflow.nodes.some(({ id }) => id === nodeId)) {
    const message = `There is a node "${nodeId}" already. Choose another id.`
    throw new FairleadError('workflow.duplicate_node_id', message, { data: { nodeId } })
  }
}

/** The workflow with one of its nodes exchanged. */
export function withNode(workflow: Workflow, node: WorkflowNode): Workflow {
  return { ...workflow, nodes: workflow.nodes.map((other) => (other.id === node.id ? node : other)) }
}

const targetKeys = { true: 'trueTarget', false: 'falseTarget' } as const

/** The config key that names the target of a condition's handle; undefined for other handles. */
export function targetKeyOf(handle: string): 'trueTarget' | 'falseTarget' | undefined {
  return handle === 'true' || handle === 'false' ? targetKeys[handle] : undefined
}

/** The condition with this target; undefined leaves the branch open. */
export function withTarget(node: ConditionNode, handle: string, target: string | undefined): ConditionNode {
  const key = targetKeyOf(handle)
  if (key === undefined || node.data.config[key] === target) return node
  const { expression } = node.data.config
  const { trueTarget, falseTarget } = { ...node.data.config, [key]: target } as ConditionNode['data']['config']
  const config = {
    expression,
    ...(trueTarget !== undefined && { trueTarget }),
    ...(falseTarget !== undefined && { falseTarget }),
  }
  return { ...node, data: { ...node.data, config } }
}

/** The workflow without the edges that `goes` picks; the targets of conditions that named where they led go with them. */
export function withoutEdges(workflow: Workflow, goes: (edge: WorkflowEdge) => boolean): Workflow {
  const gone = workflow.edges.filter(goes)
  if (gone.length === 0) return workflow
  const conditions = new Map<string, WorkflowEdge[]>()
  for (const edge of gone) conditions.set(edge.source, [...(conditions.get(edge.source) ?? []), edge])
  const nodes = workflow.nodes.map((node) => {
    if (node.type !== 'condition') return node
    return (conditions.get(node.id) ?? []).reduce((left, edge) => {
      const key = targetKeyOf(handleOf(edge))
      return key !== undefined && left.data.config[key] === edge.target
        ? withTarget(left, handleOf(edge), undefined)
        : left
    }, node)
  })
  return { ...workflow, nodes, edges: workflow.edges.filter((edge) => !gone.includes(edge)) }
}

/**
 * The workflow with an edge leading to another node, at its place among the edges, which counts branches; a condition's
 * target follows. Where there is such an edge already, this one goes.
 */
export function withTurnedEdge(workflow: Workflow, edge: WorkflowEdge, target: string): Workflow {
  const handle = handleOf(edge)
  const nodes = workflow.nodes.map((node) =>
    node.id === edge.source && node.type === 'condition' ? withTarget(node, handle, target) : node,
  )
  const same = (other: WorkflowEdge) =>
    other.source === edge.source && handleOf(other) === handle && other.target === target
  const edges = workflow.edges.some(same)
    ? workflow.edges.filter((other) => other !== edge)
    : workflow.edges.map((other) => (other === edge ? { ...edge, target } : other))
  return { ...workflow, nodes, edges }
}

/**
 * The workflow with an edge from a handle to a node, in the place of the edge that was there unless the handle takes
 * many; a condition's target follows.
 */
export function withEdge(
  workflow: Workflow,
  {
    source,
    handle,
    target,
    many,
    id,
  }: { source: string; handle: string; target: string; many: boolean; id?: string | undefined },
): Workflow {
  const onHandle = workflow.edges.filter((edge) => edge.source === source && handleOf(edge) === handle)
  const nodes = workflow.nodes.map((node) =>
    node.id === source && node.type === 'condition' ? withTarget(node, handle, target) : node,
  )
  if (onHandle.some((edge) => edge.target === target)) return { ...workflow, nodes }
  const [replaced] = many ? [] : onHandle
  if (replaced !== undefined) {
    return { ...workflow, nodes, edges: workflow.edges.map((edge) => (edge === replaced ? { ...edge, target } : edge)) }
  }
  const taken = new Set(workflow.edges.map((edge) => edge.id))
  const edge = {
    id: freeEdgeId(id ?? `${source}-${handle}`, taken),
    source,
    ...(handle !== 'out' && { sourceHandle: handle }),
    target,
  }
  return { ...workflow, nodes, edges: [...workflow.edges, edge] }
}
