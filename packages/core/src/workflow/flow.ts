import type { Containment } from './containment.ts'
import type { Workflow, WorkflowEdge, WorkflowNode } from './document-schema.ts'

/** The places on a node that an edge can leave from. */
export type Handle = 'out' | 'true' | 'false' | 'body' | 'done' | 'error'

const plain: readonly Handle[] = ['out']
const handlesByType: Record<WorkflowNode['type'], readonly Handle[]> = {
  prompt: plain,
  condition: ['true', 'false'],
  loop: ['body', 'done'],
  parallel: ['body', 'done'],
  human: plain,
  tool: plain,
}

/** The handles of a node in the order in which an editor shows them; `error` only where `onError` is `route`. */
export function handlesOf(node: WorkflowNode): readonly Handle[] {
  const handles = handlesByType[node.type]
  return node.data.onError === 'route' ? [...handles, 'error'] : handles
}

/** The handle that an edge leaves from. */
export function handleOf(edge: WorkflowEdge): string {
  return edge.sourceHandle ?? 'out'
}

/** True where one edge per branch may leave; every other handle takes one edge. */
export function takesManyEdges(node: WorkflowNode, handle: string): boolean {
  return handle === 'body' && node.type === 'parallel' && node.data.config.mode === 'branches'
}

/** Why an edge takes no part in the flow. `opaque`: it leaves a node whose shape is not known. */
export type EdgeFault =
  | 'missing_source'
  | 'missing_target'
  | 'unknown_handle'
  | 'repeated'
  | 'handle_taken'
  | 'crosses_boundary'
  | 'cycle'
  | 'opaque'

/** An edge between two nodes that exist, on a handle that is known, inside one region or from a container into its body. */
export interface FlowEdge {
  /** Position in the workflow's `edges`. */
  index: number
  source: string
  handle: Handle
  target: string
}

/** Sorts the edges into those that carry the flow and those with a fault. Cycles are found later, by region. */
export function analyzeFlow(
  workflow: Workflow,
  nodes: ReadonlyMap<string, WorkflowNode>,
  containment: Containment,
  opaque: ReadonlySet<string>,
): { edges: FlowEdge[]; faults: Map<number, EdgeFault> } {
  const edges: FlowEdge[] = []
  const faults = new Map<number, EdgeFault>()
  const taken = new Set<string>()
  const seen = new Set<string>()
  for (const [index, edge] of workflow.edges.entries()) {
    const handle = handleOf(edge)
    // No string of a document holds U+0000.
    const slot = `${edge.source}\0${handle}`
    const key = `${slot}\0${edge.target}`
    const fault = seen.has(key) ? 'repeated' : faultOf(edge, handle, nodes, containment, opaque)
    seen.add(key)
    const source = nodes.get(edge.source)
    if (fault !== null || source === undefined) faults.set(index, fault ?? 'missing_source')
    else if (taken.has(slot) && !takesManyEdges(source, handle)) faults.set(index, 'handle_taken')
    else edges.push({ index, source: edge.source, handle: handle as Handle, target: edge.target })
    taken.add(slot)
  }
  return { edges, faults }
}

function faultOf(
  edge: WorkflowEdge,
  handle: string,
  nodes: ReadonlyMap<string, WorkflowNode>,
  containment: Containment,
  opaque: ReadonlySet<string>,
): EdgeFault | null {
  const source = nodes.get(edge.source)
  if (source === undefined) return 'missing_source'
  if (!nodes.has(edge.target)) return 'missing_target'
  if (opaque.has(edge.source)) return 'opaque'
  if (!(handlesOf(source) as readonly string[]).includes(handle)) return 'unknown_handle'
  return staysInside(edge, handle, containment) ? null : 'crosses_boundary'
}

/** A node that several containers claim is judged by any of the claims: the double claim is the fault, not its edges. */
function staysInside(edge: WorkflowEdge, handle: string, { claims }: Containment): boolean {
  const around = (nodeId: string): readonly (string | null)[] => claims.get(nodeId) ?? [null]
  if (handle === 'body') return around(edge.target).includes(edge.source)
  return around(edge.target).some((container) => around(edge.source).includes(container))
}
