/**
 * The strongly connected components of a graph, each node with the number of its own: two nodes have the same one just
 * when each can be reached from the other. Tarjan's algorithm on an explicit stack, in time linear in nodes and edges.
 */
export function stronglyConnected<Node extends object>(
  nodes: Iterable<Node>,
  next: (node: Node) => readonly Node[],
): ReadonlyMap<Node, number> {
  const component = new Map<Node, number>()
  const order = new Map<Node, number>()
  const waiting: Node[] = []
  const open: { node: Node; first: number; low: number; below: readonly Node[]; at: number }[] = []
  const enter = (node: Node) => {
    const first = order.size
    order.set(node, first)
    waiting.push(node)
    open.push({ node, first, low: first, below: next(node), at: 0 })
  }
  for (const start of nodes) {
    if (!order.has(start)) enter(start)
    for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
      const below = frame.below[frame.at++]
      if (below !== undefined) {
        const reached = order.get(below)
        if (reached === undefined) enter(below)
        else if (!component.has(below)) frame.low = Math.min(frame.low, reached)
        continue
      }
      open.pop()
      const around = open.at(-1)
      if (around !== undefined) around.low = Math.min(around.low, frame.low)
      // The first node met of a component closes it: it and all that waited since.
      const members = frame.low === frame.first ? waiting.splice(waiting.lastIndexOf(frame.node)) : []
      for (const member of members) component.set(member, frame.first)
    }
  }
  return component
}
