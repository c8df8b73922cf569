import type { WorkflowEdge, WorkflowNode } from './document-schema.ts'

/** What is wrong with one entry of a container's `bodyNodes`. */
export interface ContainmentFault {
  kind: 'missing' | 'shared' | 'repeated' | 'cyclic'
  container: string
  /** Position in `bodyNodes`. */
  position: number
  /** The node named there. */
  nodeId: string
  /** All containers that list it, for `shared`. */
  claimants: readonly string[]
}

export interface Containment {
  /** The container directly around each node; null at the top level. */
  parents: ReadonlyMap<string, string | null>
  /** All containers that list a node: more than one only in a faulty workflow. */
  claims: ReadonlyMap<string, readonly string[]>
  faults: readonly ContainmentFault[]
}

/** The node ids that a container says lie directly inside it; null for nodes that are no containers. */
export function bodyNodesOf(node: WorkflowNode): readonly string[] | null {
  return node.type === 'loop' || node.type === 'parallel' ? node.data.config.bodyNodes : null
}

/**
 * Who contains whom. In a faulty workflow the first claim on a node counts, a container never lies inside itself, and a
 * node that nobody lists counts as inside where only the inside leads to it and a name in the list means no node.
 */
export function analyzeContainment(
  nodes: ReadonlyMap<string, WorkflowNode>,
  edges: readonly WorkflowEdge[],
): Containment {
  const claims = new Map<string, string[]>()
  const faults: ContainmentFault[] = []
  const listings: { container: string; position: number; nodeId: string }[] = []
  for (const [container, node] of nodes) {
    const bodyNodes = bodyNodesOf(node)
    if (bodyNodes === null) continue
    const seen = new Set<string>()
    for (const [position, nodeId] of bodyNodes.entries()) {
      if (!nodes.has(nodeId)) faults.push({ kind: 'missing', container, position, nodeId, claimants: [] })
      else if (seen.has(nodeId)) faults.push({ kind: 'repeated', container, position, nodeId, claimants: [] })
      else {
        listings.push({ container, position, nodeId })
        const claimants = claims.get(nodeId)
        if (claimants === undefined) claims.set(nodeId, [container])
        else claimants.push(container)
      }
      seen.add(nodeId)
    }
  }
  const missing = faults.filter(({ kind }) => kind === 'missing')
  if (missing.length > 0) adoptUnlisted(missing, nodes, edges, claims)
  const parents = new Map<string, string | null>()
  for (const nodeId of nodes.keys()) parents.set(nodeId, claims.get(nodeId)?.[0] ?? null)
  const cyclic = containersInsideThemselves(parents)
  for (const nodeId of cyclic) parents.set(nodeId, null)
  for (const { container, position, nodeId } of listings) {
    const others = claims.get(nodeId)!.length - 1
    if (cyclic.has(nodeId) && (cyclic.has(container) || container === nodeId)) {
      faults.push({ kind: 'cyclic', container, position, nodeId, claimants: [] })
    } else if (others > 0) {
      faults.push({ kind: 'shared', container, position, nodeId, claimants: claims.get(nodeId)! })
    }
  }
  return { parents, claims: withoutCyclicClaims(claims, cyclic), faults }
}

/** For each name in a list that means no node, one of the nodes that are behind the container's `body` and in no list. */
function adoptUnlisted(
  missing: readonly ContainmentFault[],
  nodes: ReadonlyMap<string, WorkflowNode>,
  edges: readonly WorkflowEdge[],
  claims: Map<string, string[]>,
): void {
  const leaving = new Map<string, WorkflowEdge[]>()
  for (const edge of edges) {
    const known = leaving.get(edge.source)
    if (known === undefined) leaving.set(edge.source, [edge])
    else known.push(edge)
  }
  const wanted = new Map<string, number>()
  for (const { container } of missing) wanted.set(container, (wanted.get(container) ?? 0) + 1)
  for (const [container, count] of wanted) {
    let left = count
    const isEntry = (edge: WorkflowEdge) => edge.sourceHandle === 'body'
    const behind = new Set((leaving.get(container) ?? []).filter(isEntry).map((edge) => edge.target))
    for (const nodeId of behind) {
      if (!nodes.has(nodeId) || nodeId === container) continue
      const isInside = claims.get(nodeId)?.includes(container) ?? false
      if (!isInside && (claims.has(nodeId) || left === 0)) continue
      if (!isInside) {
        claims.set(nodeId, [container])
        left--
      }
      for (const edge of leaving.get(nodeId) ?? []) if (!isEntry(edge)) behind.add(edge.target)
    }
  }
}

/** A claim that would put a container inside itself is reported as such; the edges around it are not at fault. */
function withoutCyclicClaims(
  claims: ReadonlyMap<string, readonly string[]>,
  cyclic: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  if (cyclic.size === 0) return claims
  const sound = new Map(claims)
  for (const nodeId of cyclic) {
    const left = (claims.get(nodeId) ?? []).filter((container) => !cyclic.has(container))
    if (left.length > 0) sound.set(nodeId, left)
    else sound.delete(nodeId)
  }
  return sound
}

/** The nodes whose chain of parents leads back to themselves. */
function containersInsideThemselves(parents: ReadonlyMap<string, string | null>): Set<string> {
  const cyclic = new Set<string>()
  const settled = new Set<string>()
  for (const [start, parent] of parents) {
    if (parent === null) continue
    const trail = new Set<string>()
    let current: string | null = start
    while (current !== null && !settled.has(current) && !trail.has(current)) {
      trail.add(current)
      current = parents.get(current) ?? null
    }
    if (current !== null && trail.has(current)) {
      const first: string = current
      do {
        cyclic.add(current)
        current = parents.get(current) ?? first
      } while (current !== first)
    }
    for (const nodeId of trail) settled.add(nodeId)
  }
  return cyclic
}
