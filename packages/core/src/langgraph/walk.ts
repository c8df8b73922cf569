import type { BodyGroups } from './body-group.ts'
import { BodyGroup } from './body-group.ts'
import type { Execution } from './context.ts'
import { mustPass } from './failure.ts'
import { Frame } from './frame.ts'
import type { BodyResult, BodyStart } from './parallel.ts'
import { attemptBody, containerAddress, join, resultOf, spread, startsOf } from './parallel.ts'
import type { PlannedNode } from './plan.ts'
import type { Route } from './step.ts'
import { settle, step } from './step.ts'
import type { StepContext } from './step-context.ts'

/** What the walker and the graph's runners need besides what every step does. */
export interface BodyContext extends StepContext {
  groups: BodyGroups
}

/**
 * Executes the inside of a parallel node at one position without LangGraph, node by node, through the same `step` that
 * the graph's nodes use. Only for bodies in which nobody can be asked: an interrupt needs a graph.
 */
export async function walkBody(
  context: BodyContext,
  container: PlannedNode,
  start: BodyStart,
  execution: Execution,
): Promise<BodyResult> {
  const { plan } = context
  const { bodies } = plan.structure.regions.get(container.node.id)!
  const body = bodies.length === 1 ? bodies[0]! : bodies[start.position]!
  const own: Record<string, unknown> = {}
  let { data } = start
  for (let nodeId: string | null = body.entry; nodeId !== null; ) {
    execution.signal?.throwIfAborted()
    const planned = plan.nodes.get(nodeId)!
    const frame = new Frame(own, data, plan.reducers)
    const route = await walkNode(context, planned, frame, execution)
    Object.assign(own, frame.written)
    data = frame.data
    nodeId =
      route.handle === 'body'
        ? plan.structure.regions.get(route.nodeId)!.bodies[0]!.entry
        : plan.follow(route.nodeId, route.handle)
  }
  return resultOf(plan, container, new Frame(own, data, plan.reducers), own)
}

async function walkNode(
  context: BodyContext,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
): Promise<Route> {
  if (planned.node.type !== 'parallel') return step(context, planned, frame, execution)
  try {
    const items = spread(context.plan, planned, frame, execution)
    const results = await walkBodies(context, planned, startsOf(context.plan, planned, frame, items), execution)
    join(context.plan, planned, frame, execution, results)
    return { nodeId: planned.node.id, handle: 'done' }
  } catch (error) {
    if (mustPass(error, execution.signal)) throw error
    return settle(context, planned, frame, execution, error)
  }
}

/** Walks bodies side by side; when one fails, the others are over before its failure is thrown. */
async function walkBodies(
  context: BodyContext,
  planned: PlannedNode,
  starts: readonly BodyStart[],
  execution: Execution,
): Promise<BodyResult[]> {
  const group = new BodyGroup(planned)
  const signal = group.signalWith(execution.signal)
  const running = starts.map((start) =>
    group.run(signal, () =>
      attemptBody(planned, containerAddress(start), signal, () =>
        walkBody(context, planned, start, { ...execution, signal }),
      ),
    ),
  )
  const ended = await Promise.allSettled(running)
  const failures = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  if (failures.length > 0) throw failures.find((cause) => group.isFirst(cause)) ?? failures[0]
  return Promise.all(running)
}
