import type { StateDefinition } from '@langchain/langgraph'
import { Annotation } from '@langchain/langgraph'
import type { FrameData } from './frame.ts'
import type { BodyResult } from './parallel.ts'
import type { Plan } from './plan.ts'

/** Keys of the graph's state that are ours. No input or variable can bear them: `$` begins no CEL identifier. */
export const frameKey = '$frame'
export const resultsKey = '$results'
/** Results by position; null forgets them. */
export type Results = Record<number, BodyResult>

/** The state of one region of the graph. */
export interface RegionState {
  [frameKey]?: FrameData
  [resultsKey]?: Results
  [name: string]: unknown
}

/**
 * The channels of the inside of a branch or item: one for every variable. Annotations, not a zod state: that would be
 * parsed again at every node.
 */
export function bodyState(plan: Plan) {
  return Annotation.Root(channelsOf(plan, Object.keys(plan.workflow.variables)))
}

/**
 * The channels of a whole workflow. It takes the inputs and gives the outputs, each under its name; an output that has
 * the name of an input or a variable takes that one's place when the run ends, after everything has read it.
 */
export function workflowState(plan: Plan) {
  const { inputs, variables, outputs } = plan.workflow
  const [given, written, results] = [inputs, variables, outputs].map((names) => Object.keys(names)) as [
    string[],
    string[],
    string[],
  ]
  const channels = channelsOf(plan, [...given, ...written, ...results])
  return {
    state: Annotation.Root(channels),
    input: Annotation.Root(pick(channels, given)),
    output: Annotation.Root(pick(channels, results)),
  }
}

function channelsOf({ structure }: Plan, names: readonly string[]): StateDefinition {
  const channels: StateDefinition = {}
  for (const name of names) channels[name] = Annotation()
  channels[frameKey] = Annotation()
  if (structure.regions.size > 0) {
    channels[resultsKey] = Annotation<Results, Results | null>({ reducer: joinResults, default: () => ({}) })
  }
  return channels
}

function pick(channels: StateDefinition, names: readonly string[]): StateDefinition {
  return Object.fromEntries(names.map((name) => [name, channels[name]!]))
}

function joinResults(before: Results, more: Results | null): Results {
  return more === null ? {} : { ...before, ...more }
}
