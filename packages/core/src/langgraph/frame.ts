import type { InterruptRequest, ReducerName, RunError } from '../workflow/index.ts'
import { applyWrite, reducers } from '../workflow/index.ts'

/** What a region of a run knows besides its variables. Plain data: it lies in checkpoints. */
export interface FrameData {
  /** Names the run where the host gave it no id. */
  run: string
  /** What every address in this region begins with: empty at the top, such as `tickets[3]/` in a body. */
  prefix: string
  /** The values of the scope around a body, by name; null at the top. */
  outer: Record<string, unknown> | null
  /** The position of the item in the map around the region. */
  index?: number
  /** The pass of the innermost loop around a body. */
  loop?: number
  /** The value that the node just before on the path wrote. */
  output?: unknown
  /** What went wrong, behind an `error` handle. */
  error?: RunError
  /** The `error` that stood where each loop under way was entered, if any: each pass begins with it, and so does what follows. */
  errors?: Record<string, RunError>
  /** The pass of each loop that is under way in this region. */
  passes: Record<string, number>
  /** When each container under way was entered, in ms. */
  entered: Record<string, number>
  /** The question that is to be answered next, and when it was put, in ms since the epoch. */
  question?: { request: InterruptRequest; at: number }
  /** The handle that the last node left by. */
  route?: string
  /** What a run begins with, until its first node has written it. */
  start?: Record<string, unknown>
  /** What the parallel node just entered spreads over: its items, or its branches' positions. */
  items?: unknown[]
}

/** One region at one moment: reads and writes of its nodes go through here, in the graph and in the walker alike. */
export class Frame {
  data: FrameData
  /** What the node wrote, by variable: deltas for variables with a reducer inside a body. */
  readonly written: Record<string, unknown> = {}
  readonly #before: FrameData
  readonly #own: Readonly<Record<string, unknown>>
  readonly #reducers: Readonly<Record<string, ReducerName | undefined>>

  constructor(
    own: Readonly<Record<string, unknown>>,
    data: FrameData,
    variableReducers: Readonly<Record<string, ReducerName | undefined>>,
  ) {
    this.#own = own
    this.#before = data
    this.data = { ...data }
    Object.assign(this.written, data.start)
    delete this.data.start
    this.#reducers = variableReducers
  }

  /** Whether the region knows anything now that it did not before. */
  get isChanged(): boolean {
    const [before, now] = [this.#before, this.data]
    const names = Object.keys(now) as (keyof FrameData)[]
    return names.length !== Object.keys(before).length || names.some((name) => now[name] !== before[name])
  }

  /** The value of an input, a variable or an item; undefined when nothing wrote it. */
  get(name: string): unknown {
    const own = this.#current(name)
    const { outer } = this.data
    if (outer === null) return own
    const around = Object.hasOwn(outer, name) ? outer[name] : undefined
    if (own === undefined) return around
    const reducer = this.#reducers[name]
    return reducer === undefined || around === undefined ? own : reducers[reducer].combine(around, own)
  }

  /** Writes a node's value to a variable. */
  set(name: string, value: unknown): void {
    this.written[name] = applyWrite(this.#reducers[name], this.#current(name), value)
  }

  /** Adds what a body wrote: a delta where the variable has a reducer, else the value itself. */
  merge(name: string, delta: unknown): void {
    const reducer = this.#reducers[name]
    const own = this.#current(name)
    this.written[name] = reducer === undefined || own === undefined ? delta : reducers[reducer].combine(own, delta)
  }

  #current(name: string): unknown {
    return Object.hasOwn(this.written, name) ? this.written[name] : this.#own[name]
  }
}
