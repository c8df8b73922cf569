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
  /** How many more lines go by in lanes that are not drawn. */
  hiddenLines: number
}

/** The version that each lane waits for below a row; null where a lane is free. */
export type WaitingLanes<Id> = (Id | null)[]

/**
 * Lays a history out for drawing: versions newest first, each after all that were made from it. Every version gets a
 * lane; a version's first parent goes on in its lane, others wait in the first one that is free. Give `waiting` of one
 * page to the next, so that pages join. Of lanes from `drawnLanes` on only the lines of a row's own version are listed:
 * a graph that wide can't be drawn, and every row would have a line for each of thousands of branches. Takes time by
 * versions and drawn lanes.
 */
export function layOutHistory<Id>(
  versions: Iterable<LaneVersion<Id>>,
  waiting: readonly (Id | null)[] = [],
  drawnLanes = 100,
): { rows: GraphRow<Id>[]; waiting: WaitingLanes<Id> } {
  const lanes = new Lanes(waiting, drawnLanes)
  const rows: GraphRow<Id>[] = []
  for (const version of versions) {
    const { id, parents } = version
    const past = lanes.linesPast(id)
    const hiddenLines = lanes.hiddenLinesPast(id)
    const lane = lanes.place(version)
    const own = parents.map((parent) => ({ from: lane, to: lanes.laneOf(parent), parent }))
    rows.push({ id, lane, lines: [...own, ...past], hiddenLines })
  }
  return { rows, waiting: lanes.waiting() }
}

/**
 * What `layOutHistory` leaves waiting below these versions, for a page that begins there. Draws nothing: takes time by
 * the edges, and by the logarithm of the lanes.
 */
export function waitingBelow<Id>(versions: Iterable<LaneVersion<Id>>): WaitingLanes<Id> {
  const lanes = new Lanes<Id>([], 0)
  for (const version of versions) lanes.place(version)
  return lanes.waiting()
}

/** The lanes below a row, while row after row is laid out. No two lanes wait for the same version. */
class Lanes<Id> {
  readonly #waiting: WaitingLanes<Id>
  readonly #byVersion = new Map<Id, number>()
  readonly #free = new LowestFirst()
  readonly #drawn: number
  /** How many lanes that are not drawn wait for something. */
  #hidden = 0

  constructor(waiting: readonly (Id | null)[], drawn: number) {
    this.#waiting = waiting.map(() => null)
    this.#drawn = drawn
    for (const [lane, id] of waiting.entries()) {
      if (id === null) this.#free.add(lane)
      else this.#wait(lane, id)
    }
  }

  /** Gives a version its lane, and its parents lanes to wait in. */
  place({ id, parents }: LaneVersion<Id>): number {
    const lane = this.#byVersion.get(id) ?? this.#takeFree()
    this.#byVersion.delete(id)
    const [first, ...others] = parents
    if (first !== undefined && !this.#byVersion.has(first)) this.#wait(lane, first)
    else this.#release(lane)
    // A line to a parent that another lane waits for already ends there.
    for (const parent of others) if (!this.#byVersion.has(parent)) this.#wait(this.#takeFree(), parent)
    return lane
  }

  laneOf(waited: Id): number {
    return this.#byVersion.get(waited)!
  }

  /** The lines that go by the row of a version. */
  linesPast(version: Id): GraphRow<Id>['lines'] {
    return this.#waiting
      .slice(0, this.#drawn)
      .flatMap((parent, lane) => (parent === null || parent === version ? [] : [{ from: lane, to: lane, parent }]))
  }

  hiddenLinesPast(version: Id): number {
    const lane = this.#byVersion.get(version)
    return lane !== undefined && lane >= this.#drawn ? this.#hidden - 1 : this.#hidden
  }

  /** Without free lanes at the end. */
  waiting(): WaitingLanes<Id> {
    return this.#waiting.slice(0, this.#waiting.findLastIndex((id) => id !== null) + 1)
  }

  #takeFree(): number {
    return this.#free.take() ?? this.#waiting.push(null) - 1
  }

  #wait(lane: number, id: Id): void {
    if (lane >= this.#drawn && this.#waiting[lane] === null) this.#hidden++
    this.#waiting[lane] = id
    this.#byVersion.set(id, lane)
  }

  #release(lane: number): void {
    if (lane >= this.#drawn && this.#waiting[lane] !== null) this.#hidden--
    this.#waiting[lane] = null
    this.#free.add(lane)
  }
}

/** Numbers of which the lowest comes out first: a binary heap. */
class LowestFirst {
  readonly #heap: number[] = []

  add(value: number): void {
    const heap = this.#heap
    let at = heap.length
    for (let above = (at - 1) >> 1; at > 0 && heap[above]! > value; above = (at - 1) >> 1) {
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = value
  }

  take(): number | undefined {
    const heap = this.#heap
    const lowest = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return lowest
    let at = 0
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (heap[below + 1]! < heap[below]!) below++
      if (heap[below]! >= last) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return lowest
  }
}
