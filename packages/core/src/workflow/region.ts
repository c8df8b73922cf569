import type { FlowEdge } from './flow.ts'

/** One way through a region: where it starts, and every node on it after all nodes that lead to it. */
export interface Body {
  entry: string
  order: readonly string[]
}

/** The top level of a workflow, or what lies directly inside one container. */
export interface Region {
  /** The container around it; null for the top level. */
  container: string | null
  /** The nodes directly inside, in document order. */
  members: readonly string[]
  /**
   * Where control enters: one body for the top level, a loop and a map; one per branch, in the order of the container's
   * `body` edges, for a parallel node of branches. The position of a branch here is its index in addresses.
   */
  bodies: readonly Body[]
}

interface OrderedRegion {
  bodies: Body[]
  /** Positions in the workflow's `edges` of the edges that close a cycle. */
  backEdges: number[]
  /** Nodes that more than one entry leads to; each belongs to the body of the first. */
  shared: string[]
}

/**
 * Orders the nodes of one region behind its entries by depth-first search, kept on an explicit stack so that a chain of
 * any length is no matter. Members that no entry reaches are searched too, for cycles, but belong to no body.
 */
export function orderRegion(
  members: readonly string[],
  entries: readonly string[],
  leaving: (nodeId: string) => readonly FlowEdge[],
): OrderedRegion {
  const inside = new Set(members)
  const backEdges: number[] = []
  const owner = new Map<string, number>()
  const shared = new Set<string>()
  const staysInside = (edge: FlowEdge) => edge.handle !== 'body' && inside.has(edge.target)

  const search = (start: string, body: number): string[] => {
    const finished: string[] = []
    const open = new Set([start])
    const stack = [{ nodeId: start, edges: leaving(start), at: 0 }]
    owner.set(start, body)
    while (stack.length > 0) {
      const frame = stack[stack.length - 1]!
      const edge = frame.edges[frame.at++]
      if (edge === undefined) {
        open.delete(frame.nodeId)
        finished.push(frame.nodeId)
        stack.pop()
      } else if (!staysInside(edge)) {
        // Into a body, or out of the region.
      } else if (open.has(edge.target)) {
        backEdges.push(edge.index)
      } else if (!owner.has(edge.target)) {
        owner.set(edge.target, body)
        open.add(edge.target)
        stack.push({ nodeId: edge.target, edges: leaving(edge.target), at: 0 })
      } else if (owner.get(edge.target) !== body && body >= 0) {
        shared.add(edge.target)
      }
    }
    return finished.reverse()
  }

  const bodies: Body[] = []
  for (const entry of new Set(entries)) {
    if (!inside.has(entry)) continue
    if (owner.has(entry)) shared.add(entry)
    else bodies.push({ entry, order: search(entry, bodies.length) })
  }
  for (const nodeId of members) if (!owner.has(nodeId)) search(nodeId, -1)
  return { bodies, backEdges, shared: [...shared] }
}
