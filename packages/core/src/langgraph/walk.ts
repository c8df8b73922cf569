import { addressOf } from './address.ts'
import type { Execution } from './context.ts'
import { mustPass } from './failure.ts'
import { Frame } from './frame.ts'
import type { BodyLimits } from './limit.ts'
import type { BodyResult } from './parallel.ts'
import { failedBody, join, resultOf, spread, startOf } from './parallel.ts'
import type { PlannedNode } from './plan.ts'
import type { Route } from './step.ts'
import { settle, step } from './step.ts'
import type { StepContext } from './step-context.ts'

/**
 * Executes the inside of a parallel node at one position without LangGraph, node by node, through the same `step` that
 * the graph's nodes use. Only for bodies in which nobody can be asked: an interrupt needs a graph.
 */
export async function walkBody(
  context: StepContext & { limits: BodyLimits },
  container: PlannedNode,
  start: { position: number; data: Frame['data'] },
  execution: Execution,
): Promise<BodyResult> {
  const { plan } = context
  const { bodies } = plan.structure.regions.get(container.node.id)!
  const body = bodies.length === 1 ? bodies[0]! : bodies[start.position]!
  const own: Record<string, unknown> = {}
  let { data } = start
  try {
    for (let nodeId: string | null = body.entry; nodeId !== null; ) {
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
  } catch (error) {
    return failedBody(container, execution, error, `${start.data.prefix}${container.node.id}`)
  }
}

async function walkNode(
  context: StepContext & { limits: BodyLimits },
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
): Promise<Route> {
  if (planned.node.type !== 'parallel') return step(context, planned, frame, execution)
  const address = addressOf(planned, frame)
  const siblings = new AbortController()
  const signal = execution.signal ? AbortSignal.any([execution.signal, siblings.signal]) : siblings.signal
  try {
    const items = spread(context.plan, planned, frame, execution)
    const limit = context.limits.of(planned, execution.runId, address)
    const results = await Promise.all(
      items.map((_, position) => {
        const start = startOf(context.plan, planned, frame, items, position)
        return limit(() => walkBody(context, planned, start, { ...execution, signal }))
      }),
    )
    join(planned, frame, execution, results)
    return { nodeId: planned.node.id, handle: 'done' }
  } catch (error) {
    // The first failure that nobody inside takes ends the bodies beside it.
    siblings.abort(error)
    if (mustPass(error, execution.signal)) throw error
    return settle(context, planned, frame, execution, error)
  } finally {
    context.limits.drop(execution.runId, address)
  }
}
