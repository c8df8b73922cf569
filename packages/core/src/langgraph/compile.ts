import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver, CompiledStateGraph } from '@langchain/langgraph'
import { END, Send } from '@langchain/langgraph'

import type { Clock } from '../base/index.ts'
import { createId, FairleadError, systemClock, systemRandom, withDefaults } from '../base/index.ts'
import type { Workflow } from '../workflow/index.ts'
import { initialValue, inputFaults } from '../workflow/index.ts'
import { BodyGroups } from './body-group.ts'
import { evaluate } from './evaluate.ts'
import type { Frame, FrameData } from './frame.ts'
import { GraphBuilder } from './graph-builder.ts'
import { assertNamed } from './named-sources.ts'
import type { Plan } from './plan.ts'
import { planOf } from './plan-cache.ts'
import type { GraphContext } from './region-graph.ts'
import { buildRegion, graphName } from './region-graph.ts'
import type { ModelSource, PromptSource, ToolSource } from './sources.ts'
import { createSources } from './sources.ts'
import type { RegionState } from './state.ts'
import { frameKey, workflowState } from './state.ts'

/** What a workflow needs from its host. */
export interface WorkflowRuntime {
  /** Chat models by the id that nodes and prompt versions name; LangChain's, or a function from messages to an answer. */
  models?: ModelSource
  /** Functions by the id that tool nodes name; plain ones, with schemas, or LangChain tools. */
  tools?: ToolSource
  /** Prompts by id or key: a template text, messages, or a function that looks them up. */
  prompts?: PromptSource
  /** Where LangGraph keeps a run that waits. Needed as soon as a human node is reached. */
  checkpointer?: BaseCheckpointSaver | boolean
  /** Milliseconds since the epoch. */
  clock?: Clock
  /**
   * True when the workflow has been validated already; it is not judged a second time then, and a name that the host does
   * not know shows when its node is reached.
   */
  validated?: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: the state's keys are the workflow's own, known only at run time.
export type CompiledWorkflow = CompiledStateGraph<any, any, any>

/**
 * Compiles a workflow to a LangGraph graph. `invoke` takes the workflow's inputs and gives its outputs, each by its name
 * (nothing, if it has none). `getState` and the stream of values show the variables, too, and our own bookkeeping under
 * names that begin with `$`.
 * While somebody has to answer it gives `__interrupt__` instead, a list of `{ id, value }` where `value.address` says who
 * is asked; answer any of them with `new Command({ resume: { [id]: answer } })`. A failure that no policy takes is thrown
 * as `NodeFailure`.
 * Throws `workflow.invalid`, with the diagnostics in `data`, when the workflow has errors, or names a tool, a model or a
 * prompt that is not among those listed in `runtime`.
 */
export function compileWorkflow(workflow: Workflow, runtime: WorkflowRuntime = {}): CompiledWorkflow {
  const plan = planOf(workflow, { trusted: runtime.validated === true })
  if (!runtime.validated) assertNamed(plan.workflow, runtime)
  const clock = runtime.clock ?? systemClock
  const context: GraphContext = {
    plan,
    sources: createSources(runtime),
    groups: new BodyGroups(),
    defaults: { clock, createId: () => createId(clock, systemRandom) },
  }
  const builder = new GraphBuilder(workflowState(plan))
  const entry = graphName(context, plan.structure.entry!)
  builder.addStart(entry, { inputs: Object.keys(plan.workflow.inputs), first: starter(context, entry) })
  const ending = { node: END, results: (frame: Frame) => evaluateOutputs(plan, frame) }
  const steps = buildRegion(context, builder, plan.structure.top.bodies[0]!.order, ending)
  const compiled = builder.compile<CompiledWorkflow>({ checkpointer: runtime.checkpointer, name: plan.workflow.name })
  // One more than the steps there can be: LangGraph counts the check that nothing is left to do.
  return compiled.withConfig({ recursionLimit: Math.min(steps + 4, 2 ** 31) }) as unknown as CompiledWorkflow
}

/** Checks the inputs and sends the first node the state that a run begins with; it writes that along with its own. */
function starter({ plan, defaults }: GraphContext, entry: string) {
  const { inputs, variables } = plan.workflow
  const initial: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(variables)) {
    const value = initialValue(variable)
    if (value !== undefined) initial[name] = value
  }
  return (input: RegionState, config: RunnableConfig) => {
    const given = Object.fromEntries(Object.keys(inputs).map((name) => [name, input[name]]))
    assertInputs(inputs, given)
    const thread: unknown = config.configurable?.thread_id
    const run = typeof thread === 'string' ? thread : defaults.createId()
    const start = { ...withDefaults(inputs, given), ...initial }
    const data: FrameData = { run, prefix: '', outer: null, passes: {}, entered: {}, start }
    return new Send(entry, { [frameKey]: data })
  }
}

function assertInputs(inputs: Workflow['inputs'], given: Record<string, unknown>): void {
  const errors = inputFaults(inputs, given)
  const [first] = errors
  if (!first) return
  const message = `The input does not fit the workflow: ${first.pointer}: ${first.message}`
  throw new FairleadError('workflow.invalid_input', message, { data: { errors } })
}

function evaluateOutputs(plan: Plan, frame: Frame): Record<string, unknown> {
  const outputs: Record<string, unknown> = {}
  for (const [name, expression] of plan.outputs) outputs[name] = evaluate(expression, undefined, frame)
  return outputs
}
