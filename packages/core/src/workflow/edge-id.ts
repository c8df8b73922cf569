/** `base`, or the first of `base-2`, `base-3` … that no edge has; the id then counts as taken. */
export function freeEdgeId(base: string, taken: Set<string>): string {
  let id = base
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`
  taken.add(id)
  return id
}
