import type { StateDefinition } from '@langchain/langgraph'
import { Annotation } from '@langchain/langgraph'
import type { FrameData } from './frame.ts'
import type { BodyResult } from './parallel.ts'
import type { Plan } from './plan.ts'

/** Keys of the graph's state that are ours. No input or variable can bear them: `$` begins no CEL identifier. */
export const frameKey = '$frame'
export const resultsKey = '$results'
/** Where the workflow's outputs stand at the end. */
export const outputsKey = 'outputs'

/** Results by position; null forgets them. */
export type Results = Record<number, BodyResult>

/** The state of one region of the graph. */
export interface RegionState {
  [frameKey]?: FrameData
  [resultsKey]?: Results
  [name: string]: unknown
}

/**
 * The channels of a region: one for every variable, and at the top one for every input. Annotations, not a zod state:
 * that would be parsed again at every node.
 */
export function stateOf(plan: Plan, isTop: boolean) {
  const { inputs, variables } = plan.workflow
  const names = isTop ? [...Object.keys(inputs), ...Object.keys(variables)] : Object.keys(variables)
  const channels: StateDefinition = {}
  for (const name of names) channels[name] = Annotation()
  channels[frameKey] = Annotation()
  if (isTop) channels[outputsKey] = Annotation()
  if (plan.structure.regions.size > 0) {
    channels[resultsKey] = Annotation<Results, Results | null>({ reducer: joinResults, default: () => ({}) })
  }
  return Annotation.Root(channels)
}

function joinResults(before: Results, more: Results | null): Results {
  return more === null ? {} : { ...before, ...more }
}
