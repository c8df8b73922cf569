import { FairleadError } from '../base/index.ts'
import type { Handle, RunError, WorkflowNode } from '../workflow/index.ts'
import { policyOf } from '../workflow/index.ts'
import { addressOf } from './address.ts'
import type { Execution } from './context.ts'
import { evaluate, expressionOf } from './evaluate.ts'
import { mustPass, NodeFailure, toRunError } from './failure.ts'
import type { Frame } from './frame.ts'
import { executeLeaf } from './leaf.ts'
import { elapsed, emit } from './node-event.ts'
import type { PlannedNode } from './plan.ts'
import type { StepContext } from './step-context.ts'

/** Where a step leads: a handle of the node itself, or of the loop that takes its failure. */
export interface Route {
  nodeId: string
  handle: Handle
}

/**
 * Executes one node that is no parallel container in a frame and says where to go on. The graph and the walker both go
 * through here, so that they cannot differ.
 */
export async function step(
  context: StepContext,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
): Promise<Route> {
  const { node } = planned
  try {
    switch (node.type) {
      case 'condition':
        return { nodeId: node.id, handle: decide(planned, frame, execution) }
      case 'loop':
        return { nodeId: node.id, handle: turn(planned, frame, execution) }
      default:
        return { nodeId: node.id, handle: await executeLeaf(context, planned, frame, execution) }
    }
  } catch (error) {
    if (mustPass(error, execution.signal)) throw error
    return settle(context, planned, frame, execution, error)
  }
}

/**
 * Decides what becomes of a failure: the node's own policy, then that of the loops around it in the same region; what
 * nobody takes is thrown on, to the parallel container around the region or to the caller.
 */
export function settle(
  { plan }: StepContext,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
  cause: unknown,
): Route {
  const error = toRunError(cause, planned.node.id, addressOf(planned, frame))
  if (isContainer(planned)) closeContainer(planned, frame, execution, error)
  if (policyOf(planned.node) !== 'fail') return leave(planned, frame, error)
  for (const id of [...planned.loops].reverse()) {
    const loop = plan.nodes.get(id)!
    closeContainer(loop, frame, execution, error)
    if (id === planned.catcher?.id) return leave(loop, frame, error)
  }
  throw cause instanceof NodeFailure ? cause : new NodeFailure(error, cause)
}

/** True when the node itself or a loop around it in the same region takes its failure. */
export function isTakenInRegion({ node, catcher }: PlannedNode): boolean {
  return policyOf(node) !== 'fail' || catcher !== undefined
}

/** The handle by which a failed node is left, if it or its loop takes the failure. */
export function failureHandle(node: WorkflowNode): Handle {
  if (policyOf(node) === 'route') return 'error'
  // A condition that fails and goes on without a value takes neither side: its path ends.
  return node.type === 'loop' || node.type === 'parallel' ? 'done' : 'out'
}

function leave({ node }: PlannedNode, frame: Frame, error: RunError): Route {
  if (policyOf(node) === 'route') frame.data.error = error
  return { nodeId: node.id, handle: failureHandle(node) }
}

function isContainer({ node }: PlannedNode): boolean {
  return node.type === 'loop' || node.type === 'parallel'
}

function decide(planned: PlannedNode, frame: Frame, execution: Execution): Handle {
  emit(execution, planned, frame, { type: 'node.started', attempt: 1 })
  const startedAt = execution.clock()
  const place = () => ({ attempt: 1, durationMs: elapsed(startedAt, execution.clock()) })
  try {
    const value = truthOf(planned, 'expression', frame)
    emit(execution, planned, frame, { type: 'node.completed', output: value, ...place() })
    return value ? 'true' : 'false'
  } catch (cause) {
    const error = toRunError(cause, planned.node.id, addressOf(planned, frame))
    emit(execution, planned, frame, { type: 'node.failed', error, handling: planned.handling, ...place() })
    throw cause
  }
}

function truthOf(planned: PlannedNode, field: string, frame: Frame): boolean {
  const value = evaluate(expressionOf(planned, field), planned, frame)
  if (typeof value === 'boolean') return value
  throw new FairleadError(
    'workflow.not_boolean',
    `The condition of "${planned.node.id}" gave ${JSON.stringify(value)}; it must give true or false.`,
  )
}

/** A loop's control: begins another pass, or leaves. */
function turn(planned: PlannedNode, frame: Frame, execution: Execution): Handle {
  const { node } = planned
  if (node.type !== 'loop') throw new FairleadError('workflow.unplanned', `"${node.id}" is no loop.`)
  const { maxIterations, onLimit = 'continue' } = node.data.config
  const before = frame.data.passes[node.id]
  if (before === undefined) {
    openContainer(planned, frame, execution)
    if (frame.data.error) frame.data.errors = { ...frame.data.errors, [node.id]: frame.data.error }
  } else {
    restoreError(node.id, frame)
  }
  const pass = before === undefined ? 0 : before + 1
  frame.data.passes = { ...frame.data.passes, [node.id]: pass }
  const goesOn = truthOf(planned, 'condition', frame)
  if (goesOn && pass < maxIterations) {
    emit(execution, planned, frame, { type: 'node.progress', pass })
    return 'body'
  }
  if (goesOn && onLimit === 'fail') {
    throw new FairleadError(
      'workflow.loop_limit',
      `The loop "${node.id}" still wanted to go on after ${maxIterations} passes. Raise maxIterations, or let onLimit be "continue".`,
    )
  }
  closeContainer(planned, frame, execution, null)
  return 'done'
}

/** An `error` that a pass of a loop came upon is known in that pass only. */
function restoreError(loopId: string, { data }: Frame): void {
  const before = data.errors?.[loopId]
  if (before) data.error = before
  else delete data.error
}

function forgetError(loopId: string, { data }: Frame): void {
  if (!data.errors) return
  const { [loopId]: _error, ...errors } = data.errors
  if (Object.keys(errors).length > 0) data.errors = errors
  else delete data.errors
}

/** Announces that a container was entered. */
export function openContainer(planned: PlannedNode, frame: Frame, execution: Execution, total?: number): void {
  frame.data.entered = { ...frame.data.entered, [planned.node.id]: execution.clock() }
  emit(execution, planned, frame, { type: 'node.started', attempt: 1, ...(total === undefined ? {} : { total }) })
}

/** Announces how a container ended and forgets its pass. */
export function closeContainer(planned: PlannedNode, frame: Frame, execution: Execution, error: RunError | null): void {
  const { id, type } = planned.node
  const { [id]: enteredAt = execution.clock(), ...entered } = frame.data.entered
  const { [id]: _pass, ...passes } = frame.data.passes
  frame.data.entered = entered
  // Before the address is computed: a container's own pass is not part of its address.
  frame.data.passes = passes
  if (type === 'loop') {
    restoreError(id, frame)
    forgetError(id, frame)
  }
  const durationMs = elapsed(enteredAt, execution.clock())
  if (error)
    emit(execution, planned, frame, { type: 'node.failed', attempt: 1, error, durationMs, handling: planned.handling })
  else emit(execution, planned, frame, { type: 'node.completed', attempt: 1, durationMs })
}
