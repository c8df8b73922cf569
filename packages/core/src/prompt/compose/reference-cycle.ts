/** Something that refers to others; what bears the same id is the same. */
export interface Referrer {
  id: string
  key: string
}

/**
 * The first way from `start` that comes back to where it has been, as the keys on it (`a`, `b`, `a`); null when there is
 * none. `follow` answers what one refers to. However long the ways are, everything is looked at once.
 */
export function findReferenceCycle<Node extends Referrer>(
  start: Node,
  follow: (node: Node) => readonly Node[],
): string[] | null {
  const path: { node: Node; open: Node[] }[] = [{ node: start, open: [...follow(start)] }]
  const done = new Set<string>()
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    const next = last.open.shift()
    if (next === undefined) {
      done.add(last.node.id)
      path.pop()
      continue
    }
    const at = path.findIndex(({ node }) => node.id === next.id)
    if (at >= 0) return [...path.slice(at).map(({ node }) => node.key), next.key]
    if (!done.has(next.id)) path.push({ node: next, open: [...follow(next)] })
  }
  return null
}
