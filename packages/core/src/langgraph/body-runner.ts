import type { RunnableConfig } from '@langchain/core/runnables'
import { isGraphDrained, isGraphInterrupt } from '@langchain/langgraph'
import type { ContextDefaults, Execution } from './context.ts'
import { executionOf } from './context.ts'
import { mustPass, toRunError } from './failure.ts'
import { Frame } from './frame.ts'
import type { BodyResult, BodyStart } from './parallel.ts'
import { attemptBody, containerAddress, resultOf } from './parallel.ts'
import type { PlannedNode } from './plan.ts'
import type { RegionState, Results } from './state.ts'
import { frameKey, resultsKey } from './state.ts'
import { isTakenInRegion, settle } from './step.ts'
import type { BodyContext } from './walk.ts'
import { walkBody } from './walk.ts'

export interface RunnerContext extends BodyContext {
  defaults: ContextDefaults
}

export type InvokableGraph = { invoke(input: unknown, config: RunnableConfig): Promise<RegionState> }

type ResultsUpdate = { [resultsKey]: Results }

/** A task of the graph that runs one branch, or one item in whose body somebody can be asked, as a graph of its own. */
export function bodyRunner(
  context: RunnerContext,
  planned: PlannedNode,
  graph: InvokableGraph,
  recursionLimit: number,
) {
  return (start: BodyStart, config: RunnableConfig): Promise<ResultsUpdate> =>
    runBodies(context, planned, [start], config, async (_, { signal }) => {
      const state = await graph.invoke({ [frameKey]: start.data }, bodyConfig(config, signal, recursionLimit))
      const { [frameKey]: data, [resultsKey]: _results, ...own } = state
      return resultOf(context.plan, planned, new Frame(own, data ?? start.data, context.plan.reducers), own)
    })
}

/** A task of the graph that walks many items. */
export function chunkRunner(context: RunnerContext, planned: PlannedNode) {
  return ({ starts }: { starts: BodyStart[] }, config: RunnableConfig): Promise<ResultsUpdate> =>
    runBodies(context, planned, starts, config, (start, execution) => walkBody(context, planned, start, execution))
}

function runBodies(
  context: RunnerContext,
  planned: PlannedNode,
  starts: readonly BodyStart[],
  config: RunnableConfig,
  run: (start: BodyStart, execution: Execution) => Promise<BodyResult>,
): Promise<ResultsUpdate> {
  const execution = executionOf(config, context.defaults, starts[0]!.data.run)
  const address = containerAddress(starts[0]!)
  return context.groups.use(planned, { runId: execution.runId, address }, async (group) => {
    const signal = group.signalWith(execution.signal)
    const inside = { ...execution, signal }
    const results: Results = {}
    const running = starts.map(async (start) => {
      const body = () => run(start, inside)
      results[start.position] = await group.run(signal, () => attemptBody(planned, address, signal, body))
    })
    const ended = await Promise.allSettled(running)
    const causes = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    if (causes.length === 0) return { [resultsKey]: results }
    const passing = causes.find((cause) => mustPass(cause, execution.signal))
    if (passing !== undefined) {
      if (isGraphDrained(passing)) group.drained = passing
      if (!isGraphDrained(passing) && !isGraphInterrupt(passing)) throw passing
      await group.decided(execution.signal)
      if (!group.hasFailed) throw execution.signal?.aborted ? execution.signal.reason : (group.drained ?? passing)
    }
    const first = causes.find((cause) => group.isFirst(cause))
    if (!isTakenInRegion(planned)) {
      if (first !== undefined) endRun(context, planned, starts[0]!, execution, first)
      // LangGraph reports one failure only if the others come after it has aborted the step.
      await aborted(execution.signal)
      // Not the question itself: LangGraph would keep it, and the run that has failed would go on asking.
      throw passing === undefined ? causes[0] : signal.reason
    }
    // The container, or a loop around it, takes the failure: the join hands it on when the other tasks have ended.
    if (first !== undefined) {
      const { position } = starts[ended.findIndex((end) => end.status === 'rejected' && end.reason === first)]!
      results[position] = { error: toRunError(first, planned.node.id, address), deltas: {} }
    }
    return { [resultsKey]: results }
  })
}

/** Closes the container and the loops around it, and throws: nobody in this region takes the failure. */
function endRun(
  context: RunnerContext,
  planned: PlannedNode,
  { data: { run }, around }: BodyStart,
  execution: Execution,
  cause: unknown,
): void {
  const frame = new Frame({}, { run, outer: null, ...around }, context.plan.reducers)
  settle(context, planned, frame, execution, cause)
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal === undefined || signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * The config of a body's own invocation. LangGraph keeps the signals that end a failing step under an internal key of
 * the outer config, and a body that finds them there would not hear its caller's abort.
 */
function bodyConfig(config: RunnableConfig, signal: AbortSignal | undefined, recursionLimit: number): RunnableConfig {
  const { __pregel_abort_signals: _signals, ...configurable } = config.configurable ?? {}
  return { ...config, configurable, recursionLimit, ...(signal ? { signal } : {}) }
}
