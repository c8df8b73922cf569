import type { ContainmentFault } from './containment.ts'
import { analyzeContainment, bodyNodesOf } from './containment.ts'
import type { Workflow, WorkflowNode } from './document-schema.ts'
import type { EdgeFault, FlowEdge, Handle } from './flow.ts'
import { analyzeFlow } from './flow.ts'
import type { Region } from './region.ts'
import { orderRegion } from './region.ts'

/** Containers nest at most this deep. */
export const maxNesting = 32

/**
 * A workflow as a tree of regions, each an acyclic graph. Made once; the validator judges it and the compiler walks it.
 * In a faulty workflow the parts that cannot be trusted are left out of the flow and named in the faults.
 */
export interface WorkflowStructure {
  workflow: Workflow
  /** By id; of nodes with the same id, the first. */
  nodes: ReadonlyMap<string, WorkflowNode>
  /** Position of each node in `workflow.nodes`. */
  positions: ReadonlyMap<string, number>
  /** The container directly around each node; null at the top level. */
  parents: ReadonlyMap<string, string | null>
  top: Region
  /** The inside of every container, by the container's id. */
  regions: ReadonlyMap<string, Region>
  /** Where a run starts; null when no node or several could be it. */
  entry: string | null
  /** The node that an edge leads to from a handle, or null where the path ends. For `body` handles see `Region.bodies`. */
  next(nodeId: string, handle: Handle): string | null
  /** The edges into a node that carry the flow, from its own region or from its container's `body` handle. */
  entering(nodeId: string): readonly FlowEdge[]
  /** The containers around a node, outermost first. */
  containersOf(nodeId: string): readonly string[]
  faults: StructureFaults
}

export interface StructureFaults {
  /** Positions in `workflow.nodes` whose id an earlier node has. */
  repeatedNodes: readonly number[]
  containment: readonly ContainmentFault[]
  /** By position in `workflow.edges`. */
  edges: ReadonlyMap<number, EdgeFault>
  /** Top-level nodes without an incoming edge, when there is not exactly one. */
  entries: readonly string[]
  /** Nodes that no path reaches, grouped by what hangs together; within a group the nodes without incoming edge come first. */
  islands: readonly (readonly string[])[]
  /** Nodes that two branches of one parallel node lead to. */
  meetings: readonly { nodeId: string; container: string }[]
  /** Containers that lie deeper than `maxNesting`. */
  tooDeep: readonly string[]
}

/** Analyses any workflow of valid shape; never throws. `opaque` names nodes whose shape could not be read. */
export function analyzeStructure(workflow: Workflow, opaque: ReadonlySet<string> = new Set()): WorkflowStructure {
  const { nodes, positions, repeatedNodes } = indexNodes(workflow)
  const containment = analyzeContainment(nodes, workflow.edges)
  const { parents } = containment
  const flow = analyzeFlow(workflow, nodes, containment, opaque)
  const membersOf = groupBy(nodes.keys(), (nodeId) => parents.get(nodeId) ?? null)
  const incoming = incomingReferences(workflow, nodes)
  const topMembers = membersOf.get(null) ?? []
  const candidates = topMembers.filter((nodeId) => !incoming.has(nodeId))
  const leaving = groupBy(flow.edges, (edge) => edge.source)
  const meetings: { nodeId: string; container: string }[] = []

  const region = (container: string | null, entries: readonly string[]): Region => {
    const members = membersOf.get(container) ?? []
    const { bodies, backEdges, shared } = orderRegion(members, entries, (id) => leaving.get(id) ?? [])
    for (const index of backEdges) flow.faults.set(index, 'cycle')
    for (const nodeId of shared) meetings.push({ nodeId, container: container ?? '' })
    return { container, members, bodies }
  }
  const top = region(null, candidates.slice(0, 1))
  const regions = new Map<string, Region>()
  for (const [nodeId, node] of nodes) {
    if (bodyNodesOf(node) === null) continue
    const entries = (leaving.get(nodeId) ?? []).filter((edge) => edge.handle === 'body').map((edge) => edge.target)
    regions.set(nodeId, region(nodeId, entries))
  }

  const sound = flow.edges.filter((edge) => !flow.faults.has(edge.index))
  const targets = new Map<Handle, Map<string, string>>()
  for (const { handle, source, target } of sound) {
    const ofHandle = targets.get(handle)
    if (ofHandle === undefined) targets.set(handle, new Map([[source, target]]))
    else ofHandle.set(source, target)
  }
  const entering = groupBy(sound, (edge) => edge.target)
  const containersOf = containerChains(parents)
  return {
    workflow,
    nodes,
    positions,
    parents,
    top,
    regions,
    entry: candidates.length === 1 ? candidates[0]! : null,
    next: (nodeId, handle) => targets.get(handle)?.get(nodeId) ?? null,
    entering: (nodeId) => entering.get(nodeId) ?? [],
    containersOf,
    faults: {
      repeatedNodes,
      containment: containment.faults,
      edges: flow.faults,
      entries: candidates.length === 1 ? [] : candidates,
      islands: findIslands(nodes, candidates, incoming),
      meetings,
      tooDeep: [...regions.keys()].filter((nodeId) => liesTooDeep(nodeId, parents)),
    },
  }
}

function indexNodes(workflow: Workflow) {
  const nodes = new Map<string, WorkflowNode>()
  const positions = new Map<string, number>()
  const repeatedNodes: number[] = []
  for (const [position, node] of workflow.nodes.entries()) {
    if (nodes.has(node.id)) repeatedNodes.push(position)
    else {
      nodes.set(node.id, node)
      positions.set(node.id, position)
    }
  }
  return { nodes, positions, repeatedNodes }
}

/**
 * By target, the nodes that point at it: with any edge, faulty or not, or as the target of a condition. What something
 * points at is not an entry and not an island, so that one faulty edge is not reported a second time as a lost node.
 */
function incomingReferences(
  workflow: Workflow,
  nodes: ReadonlyMap<string, WorkflowNode>,
): ReadonlyMap<string, readonly string[]> {
  const incoming = new Map<string, string[]>()
  const refer = (source: string, target: string | undefined) => {
    if (target !== undefined && nodes.has(source) && nodes.has(target)) listUnder(incoming, target, source)
  }
  for (const { source, target } of workflow.edges) refer(source, target)
  for (const node of workflow.nodes) {
    if (node.type !== 'condition') continue
    refer(node.id, node.data.config.trueTarget)
    refer(node.id, node.data.config.falseTarget)
  }
  return incoming
}

function findIslands(
  nodes: ReadonlyMap<string, WorkflowNode>,
  entries: readonly string[],
  incoming: ReadonlyMap<string, readonly string[]>,
): string[][] {
  if (entries.length === 0) return []
  const outgoing = new Map<string, string[]>()
  for (const [target, sources] of incoming) {
    for (const source of sources) listUnder(outgoing, source, target)
  }
  const reached = reach(entries, (nodeId) => outgoing.get(nodeId) ?? [])
  const lost = [...nodes.keys()].filter((nodeId) => !reached.has(nodeId))
  const order = new Map(lost.map((nodeId, position) => [nodeId, position]))
  const grouped = new Set<string>()
  const islands: string[][] = []
  for (const start of lost) {
    if (grouped.has(start)) continue
    const island = reach([start], (nodeId) =>
      [...(outgoing.get(nodeId) ?? []), ...(incoming.get(nodeId) ?? [])].filter((other) => !reached.has(other)),
    )
    for (const nodeId of island) grouped.add(nodeId)
    const members = [...island].sort((a, b) => order.get(a)! - order.get(b)!)
    islands.push([...members.filter((id) => !incoming.has(id)), ...members.filter((id) => incoming.has(id))])
  }
  return islands
}

function reach(starts: readonly string[], neighbours: (nodeId: string) => readonly string[]): Set<string> {
  const reached = new Set(starts)
  for (const nodeId of reached) for (const next of neighbours(nodeId)) reached.add(next)
  return reached
}

function liesTooDeep(nodeId: string, parents: ReadonlyMap<string, string | null>): boolean {
  let container = parents.get(nodeId) ?? null
  for (let depth = 1; container !== null && depth < maxNesting; depth++) container = parents.get(container) ?? null
  return container !== null
}

function containerChains(parents: ReadonlyMap<string, string | null>): (nodeId: string) => readonly string[] {
  return (nodeId) => {
    const chain: string[] = []
    let container = parents.get(nodeId) ?? null
    while (container !== null) {
      chain.push(container)
      container = parents.get(container) ?? null
    }
    return chain.reverse()
  }
}

function groupBy<Item, Key>(items: Iterable<Item>, key: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) listUnder(groups, key(item), item)
  return groups
}

function listUnder<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
