import { bodyNodesOf } from '../containment.ts'
import type { Diagnostic, Workflow, WorkflowNode } from '../document-schema.ts'
import { freeEdgeId } from '../edge-id.ts'
import { handleOf } from '../flow.ts'
import { parseWorkflow } from '../parse.ts'
import { relisted, requireContainer, withBodyNodes, withContents } from './container.ts'
import type { Edit } from './history.ts'
import { withEndNames, withNames } from './rename.ts'
import { editTo, nodeOf, targetKeyOf, withTarget } from './target.ts'

/** Nodes with the edges among them: what a clipboard holds. Plain JSON. */
export type Clip = Pick<Workflow, 'nodes' | 'edges'>

/** Copies nodes, whatever lies inside them, and the edges among all of these. Throws `workflow.unknown_node`. */
export function copyNodes(workflow: Workflow, nodeIds: readonly string[]): Clip {
  const ids = new Set<string>()
  for (const nodeId of nodeIds) for (const id of withContents(workflow, nodeOf(workflow, nodeId).id)) ids.add(id)
  const nodes = workflow.nodes.filter((node) => ids.has(node.id))
  const edges = workflow.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target))
  return { nodes: nodes.map((node) => withinClip(node, ids)), edges }
}

/** Reads what came from a clipboard. Never throws: what is no clip is told with JSON pointers into it. */
export function parseClip(json: unknown): { ok: true; clip: Clip } | { ok: false; diagnostics: Diagnostic[] } {
  const { nodes, edges } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const around = { formatVersion: 1, name: 'Clip', inputs: {}, variables: {}, outputs: {} }
  const parsed = parseWorkflow({ ...around, nodes, edges })
  return parsed.ok ? { ok: true, clip: { nodes: parsed.workflow.nodes, edges: parsed.workflow.edges } } : parsed
}

/**
 * Adds copied nodes under ids that are free, at the top level or directly inside a container, moved by an offset in
 * canvas units. The edges and mentions among them follow; targets that lead out of the clip are left open. Answers also
 * the new ids by the old ones. Throws `workflow.unknown_node` and `workflow.not_a_container`
 * for the container.
 */
export function pasteNodes(
  workflow: Workflow,
  clip: Clip,
  { container, offset = { x: 0, y: 0 } }: { container?: string; offset?: { x: number; y: number } } = {},
): Edit & { ids: ReadonlyMap<string, string> } {
  if (container !== undefined) requireContainer(workflow, container)
  const taken = new Set(['end', ...workflow.nodes.map((node) => node.id)])
  const ids = new Map<string, string>()
  for (const { id } of clip.nodes) if (!ids.has(id)) ids.set(id, freeNodeId(id, taken))
  const nameOf = (id: string) => ids.get(id) ?? id
  const known = new Set(ids.keys())
  const nodes = [...ids].map(([id]) => {
    const node = withNames(withinClip(clip.nodes.find((candidate) => candidate.id === id)!, known), nameOf)
    return { ...node, position: { x: node.position.x + offset.x, y: node.position.y + offset.y } }
  })
  const edgeIds = new Set(workflow.edges.map((edge) => edge.id))
  const edges = clip.edges
    .filter((edge) => known.has(edge.source) && known.has(edge.target))
    .map((edge) =>
      withEndNames({ ...edge, id: freeEdgeId(`${nameOf(edge.source)}-${handleOf(edge)}`, edgeIds) }, nameOf),
    )
  const added = { ...workflow, nodes: [...workflow.nodes, ...nodes], edges: [...workflow.edges, ...edges] }
  const listed = new Set(nodes.flatMap((node) => bodyNodesOf(node) ?? []))
  const outermost = nodes.map((node) => node.id).filter((id) => !listed.has(id))
  const after = container === undefined ? added : relisted(added, outermost, container)
  return { ...editTo(workflow, after), ids }
}

/** The node without the mentions of nodes that are not in the clip. */
function withinClip(node: WorkflowNode, ids: ReadonlySet<string>): WorkflowNode {
  const body = bodyNodesOf(node)
  let own = body?.some((id) => !ids.has(id))
    ? withBodyNodes(
        node,
        body.filter((id) => ids.has(id)),
      )
    : node
  for (const handle of ['true', 'false']) {
    if (own.type !== 'condition') break
    const target = own.data.config[targetKeyOf(handle)!]
    if (target !== undefined && target !== 'end' && !ids.has(target)) own = withTarget(own, handle, undefined)
  }
  return own
}

/** The id itself when it is free, else with the first number behind it that makes it so: `draft`, `draft-2`, `draft-3`. */
function freeNodeId(id: string, taken: Set<string>): string {
  const stem = id.replace(/-\d+$/, '')
  let free = id
  for (let number = 2; taken.has(free); number++) free = `${stem}-${number}`
  taken.add(free)
  return free
}
