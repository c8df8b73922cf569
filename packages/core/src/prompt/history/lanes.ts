/** A version as a graph of the history shows it. */
export interface LaneVersion<Id> {
  id: Id
  parents: readonly Id[]
}

/** Where a version stands in the graph, and the lines that leave its row downwards, to its parents and past it. */
export interface GraphRow<Id> {
  id: Id
  /** The column, from 0. */
  lane: number
  /** From a lane of this row to one of the next; `to` of a version's own line is where its parent is waited for. */
  lines: { from: number; to: number; parent: Id }[]
}

/**
 * Lays a history out for drawing: versions newest first, each after all that were made from it. Every version gets a
 * lane; a version's first parent goes on in its lane, others wait in the first one that is free. Give `waiting` of one
 * page to the next, so that pages join. Takes time by versions and lanes.
 */
export function layOutHistory<Id>(
  versions: readonly LaneVersion<Id>[],
  waiting: readonly (Id | null)[] = [],
): { rows: GraphRow<Id>[]; waiting: (Id | null)[] } {
  let lanes: (Id | null)[] = [...waiting]
  const rows = versions.map(({ id, parents }): GraphRow<Id> => {
    const known = lanes.indexOf(id)
    const lane = known >= 0 ? known : firstFree(lanes)
    const next = lanes.map((waited) => (waited === id ? null : waited))
    const lines: GraphRow<Id>['lines'] = []
    for (const [index, parent] of parents.entries()) {
      let to = next.indexOf(parent)
      // A line to a parent that another lane waits for already ends there.
      if (to < 0) {
        to = index === 0 ? lane : firstFree(next)
        next[to] = parent
      }
      lines.push({ from: lane, to, parent })
    }
    for (const [at, waited] of lanes.entries())
      if (waited !== null && waited !== id && waited !== undefined) lines.push({ from: at, to: at, parent: waited })
    while (next.length > 0 && (next.at(-1) ?? null) === null) next.pop()
    lanes = Array.from(next, (waited) => waited ?? null)
    return { id, lane, lines }
  })
  return { rows, waiting: lanes }
}

function firstFree<Id>(lanes: readonly (Id | null)[]): number {
  const free = lanes.findIndex((waited) => (waited ?? null) === null)
  return free < 0 ? lanes.length : free
}
