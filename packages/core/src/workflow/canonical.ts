import type { Workflow, WorkflowEdge, WorkflowNode } from './document-schema.ts'
import { freeEdgeId } from './edge-id.ts'
import { handleOf } from './flow.ts'

/**
 * The workflow in its canonical form: what equals a default is left out, and of a condition's targets and edges the
 * missing one is filled in from the other where that one names something. Keys keep the order they have.
 */
export function canonicalWorkflow(workflow: Workflow): Workflow {
  const edges = workflow.edges.map(withoutDefaultHandle)
  const nodes = workflow.nodes.map(withoutDefaults)
  return fillTargets({ ...workflow, nodes, edges })
}

function withoutDefaultHandle(edge: WorkflowEdge): WorkflowEdge {
  if (edge.sourceHandle !== 'out') return edge
  const { sourceHandle: _, ...rest } = edge
  return rest
}

function withoutDefaults(node: WorkflowNode): WorkflowNode {
  if (node.data.onError === 'fail') {
    const { onError: _, ...data } = node.data
    return withoutDefaults({ ...node, data } as WorkflowNode)
  }
  if (node.type === 'loop' && node.data.config.onLimit === 'continue') {
    const { onLimit: _, ...config } = node.data.config
    return { ...node, data: { ...node.data, config } }
  }
  if (node.type === 'parallel' && node.data.config.mode === 'map' && node.data.config.onItemError === 'fail') {
    const { onItemError: _, ...config } = node.data.config
    return { ...node, data: { ...node.data, config } }
  }
  if (node.type === 'human' && node.data.config.choices?.length === 0) {
    const { choices: _, ...config } = node.data.config
    return { ...node, data: { ...node.data, config } }
  }
  return node
}

function fillTargets(workflow: Workflow): Workflow {
  if (!workflow.nodes.some((node) => node.type === 'condition')) return workflow
  const ids = new Set(workflow.nodes.map((node) => node.id))
  const taken = new Set(workflow.edges.map((edge) => edge.id))
  const targets = new Map<string, string>()
  for (const edge of workflow.edges) {
    const slot = `${handleOf(edge)} ${edge.source}`
    if (!targets.has(slot)) targets.set(slot, edge.target)
  }
  const edges = [...workflow.edges]
  const nodes = workflow.nodes.map((node): WorkflowNode => {
    if (node.type !== 'condition') return node
    const { expression, ...named } = node.data.config
    const filled = { ...named }
    for (const [handle, key] of [
      ['true', 'trueTarget'],
      ['false', 'falseTarget'],
    ] as const) {
      const edgeTarget = targets.get(`${handle} ${node.id}`)
      const target = named[key]
      if (target === undefined && edgeTarget !== undefined) filled[key] = edgeTarget
      else if (target !== undefined && edgeTarget === undefined && ids.has(target)) {
        const id = freeEdgeId(`${node.id}-${handle}`, taken)
        edges.push({ id, source: node.id, sourceHandle: handle, target })
      }
    }
    if (filled.trueTarget === named.trueTarget && filled.falseTarget === named.falseTarget) return node
    const { trueTarget, falseTarget } = filled
    const config = {
      expression,
      ...(trueTarget !== undefined && { trueTarget }),
      ...(falseTarget !== undefined && { falseTarget }),
    }
    return { ...node, data: { ...node.data, config } }
  })
  return { ...workflow, nodes, edges }
}
