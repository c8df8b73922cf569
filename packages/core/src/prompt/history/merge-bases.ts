/** The versions of a prompt, each with those it was made from: none for the first, two for a merge. */
export interface History<Id> {
  /** A `Map`, or whatever else looks a version's parents up. */
  parents: { get(id: Id): readonly Id[] | undefined }
}

/**
 * All best common ancestors of two versions: those that both come from, and that no other common one comes from. Empty
 * when they have nothing in common; more than one where branches were merged into each other crosswise. A version is an
 * ancestor of itself. In the order in which a walk from `b` meets them.
 * Takes time by the number of ancestors. A parent that the history lacks counts as one without parents.
 */
export function mergeBases<Id>({ parents }: History<Id>, a: Id, b: Id): Id[] {
  const ofA = new Set<Id>()
  collect(parents, a, ofA)
  // Whatever a common ancestor comes from is common too: behind the first ones met nothing has to be looked at.
  const common: Id[] = []
  collect(parents, b, new Set(), (id) => {
    if (!ofA.has(id)) return false
    common.push(id)
    return true
  })
  if (common.length < 2) return common
  const behind = new Set<Id>()
  for (const id of common) for (const parent of parents.get(id) ?? []) collect(parents, parent, behind)
  return common.filter((id) => !behind.has(id))
}

/** Adds a version and its ancestors to those that were met; does not go on behind one that was, or where `stops` is true. */
function collect<Id>(
  parents: History<Id>['parents'],
  from: Id,
  met: Set<Id>,
  stops: (id: Id) => boolean = () => false,
): void {
  const open: Id[] = []
  for (let id: Id | undefined = from; id !== undefined; ) {
    const count = met.size
    met.add(id)
    const onward: readonly Id[] | undefined = met.size === count || stops(id) ? undefined : parents.get(id)
    // Along the first parent without a detour by the list: histories are mostly straight.
    for (let at = 1; onward !== undefined && at < onward.length; at++) open.push(onward[at]!)
    id = onward?.[0] ?? open.pop()
  }
}
