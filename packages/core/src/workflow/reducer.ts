import { FairleadError } from '../base/index.ts'
import type { WorkflowVariable } from './document-schema.ts'

export type ReducerName = NonNullable<WorkflowVariable['reducer']>

/**
 * How writes to one variable are combined. Every reducer is a monoid over the values that its variable holds, so that
 * the writes of a branch or of a map's item can be combined first and added to the variable afterwards:
 * `combine(combine(a, b), c)` equals `combine(a, combine(b, c))`, and `identity` changes nothing.
 */
export interface Reducer {
  /** The value of the variable before anything is written, unless it has a default. */
  identity: unknown
  /** Turns what a node wrote into a value of the variable. Throws `workflow.unfit_write` when it can't be one. */
  lift(written: unknown): unknown
  /** Joins two values of the variable, the earlier one first. Neither is changed. */
  combine(earlier: unknown, later: unknown): unknown
}

/**
 * `append` puts the elements of a written list at the end; any other written value becomes one element. To append a
 * list as a single element, write it inside another list.
 */
const append: Reducer = {
  identity: Object.freeze([]),
  lift: (written) => (Array.isArray(written) ? written : [written]),
  combine: (earlier, later) => [...(earlier as unknown[]), ...(later as unknown[])],
}

/** `merge` sets the keys of a written object; of a key written twice the later value stays, whole. */
const merge: Reducer = {
  identity: Object.freeze({}),
  lift: (written) => {
    if (typeof written === 'object' && written !== null && !Array.isArray(written)) return written
    throw unfit('merge', 'an object', written)
  },
  combine: (earlier, later) => ({ ...(earlier as object), ...(later as object) }),
}

/** `sum` adds numbers. */
const sum: Reducer = {
  identity: 0,
  lift: (written) => {
    if (typeof written === 'number') return written
    throw unfit('sum', 'a number', written)
  },
  combine: (earlier, later) => (earlier as number) + (later as number),
}

/** The JSON type of the values that a variable with each reducer holds. */
export const reducedTypes: Readonly<Record<ReducerName, 'array' | 'object' | 'number'>> = {
  append: 'array',
  merge: 'object',
  sum: 'number',
}

/** The reducers by the name that a variable gives. */
export const reducers: Readonly<Record<ReducerName, Reducer>> = { append, merge, sum }

/**
 * The value of a variable after a node wrote `written` to it; without a reducer that is `written` itself. `current` is
 * undefined when nothing was written before. Throws `workflow.unfit_write` when the reducer can't take the value.
 */
export function applyWrite(reducer: ReducerName | undefined, current: unknown, written: unknown): unknown {
  if (reducer === undefined) return written
  const { lift, combine, identity } = reducers[reducer]
  return combine(current === undefined ? identity : lift(current), lift(written))
}

/** What a variable holds before any node wrote it: its default, else its reducer's identity, else `undefined`. */
export function initialValue(variable: Pick<WorkflowVariable, 'default' | 'reducer'>): unknown {
  if (variable.default !== undefined) return variable.default
  return variable.reducer === undefined ? undefined : reducers[variable.reducer].identity
}

function unfit(reducer: ReducerName, wanted: string, written: unknown): FairleadError {
  const found = Array.isArray(written) ? 'a list' : written === null ? 'null' : `a value of type ${typeof written}`
  return new FairleadError(
    'workflow.unfit_write',
    `A variable with the reducer "${reducer}" takes ${wanted}, but ${found} was written. Change the node's output or the reducer.`,
    { data: { reducer, found } },
  )
}
