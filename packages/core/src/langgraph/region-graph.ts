import type { RunnableConfig } from '@langchain/core/runnables'
import { END, Send, START, StateGraph } from '@langchain/langgraph'
import { policyOf } from '../workflow/index.ts'
import type { InvokableGraph, RunnerContext } from './body-runner.ts'
import { bodyRunner, chunkRunner } from './body-runner.ts'
import type { Execution } from './context.ts'
import { executionOf } from './context.ts'
import { mustPass } from './failure.ts'
import { Frame } from './frame.ts'
import type { BodyResult, BodyStart } from './parallel.ts'
import { join, spread, startsOf } from './parallel.ts'
import type { PlannedNode } from './plan.ts'
import type { RegionState } from './state.ts'
import { frameKey, resultsKey, stateOf } from './state.ts'
import type { Route } from './step.ts'
import { settle, step } from './step.ts'

export type GraphContext = RunnerContext

type Config = RunnableConfig
type Update = Record<string, unknown>
type Node = (state: RegionState, config: Config) => Update | Promise<Update>

/** A graph under construction. Its builder type narrows with every node, which a generic compiler cannot follow. */
export interface Builder {
  addNode(name: string, node: unknown, options?: { subgraphs?: unknown[] }): unknown
  addEdge(from: string, to: string): unknown
  addConditionalEdges(from: string, router: unknown, targets: Record<string, string> | string[]): unknown
}

/** How many items one task of the graph takes: each task costs LangGraph about as much as a step. */
const chunkSize = 25

/** The names of the graph's nodes are ours: LangGraph refuses some that a workflow may use. */
export function graphName(context: GraphContext, nodeId: string): string {
  return `n_${context.plan.structure.positions.get(nodeId)}`
}

/**
 * Adds the nodes of one region to a graph: the given order of nodes and everything inside their loops. `ending` is the
 * graph node where a path of the region ends. Answers the number of steps that one way through takes at most.
 */
export function buildRegion(context: GraphContext, builder: Builder, order: readonly string[], ending: string): number {
  let steps = 0
  for (const nodeId of order) steps += buildNode(context, builder, context.plan.nodes.get(nodeId)!, ending)
  return steps
}

function buildNode(context: GraphContext, builder: Builder, planned: PlannedNode, ending: string): number {
  const { plan } = context
  const { node } = planned
  const name = graphName(context, node.id)
  if (node.type === 'parallel') return buildParallel(context, builder, planned, ending)
  builder.addNode(name, stepNode(context, planned))
  connect(context, builder, name, planned, ending)
  if (node.type !== 'loop') return 1
  const [body] = plan.structure.regions.get(node.id)!.bodies
  const inside = buildRegion(context, builder, body!.order, ending)
  return 1 + node.data.config.maxIterations * (inside + 1)
}

function stepNode(context: GraphContext, planned: PlannedNode): Node {
  return async (state, config) => {
    const frame = frameOf(context, state)
    const route = await step(context, planned, frame, executionIn(context, config, frame))
    return updateOf(frame, route)
  }
}

/** A parallel node is a fork, one runner per branch entry (or one for a map's body), and a join. */
function buildParallel(context: GraphContext, builder: Builder, planned: PlannedNode, ending: string): number {
  const { plan } = context
  const name = graphName(context, planned.node.id)
  const { bodies } = plan.structure.regions.get(planned.node.id)!
  const isMap = planned.node.type === 'parallel' && planned.node.data.config.mode === 'map'
  const walks = isMap && !plan.canWait(planned.node.id)
  const joinName = `${name}_done`
  const runners = bodies.map((_, branch) => `${name}_run${branch}`)

  builder.addNode(name, (state: RegionState, config: Config) => {
    const frame = frameOf(context, state)
    const execution = executionIn(context, config, frame)
    try {
      frame.data.items = spread(plan, planned, frame, execution)
      return updateOf(frame, { nodeId: planned.node.id, handle: 'body' })
    } catch (error) {
      if (mustPass(error, execution.signal)) throw error
      return updateOf(frame, settle(context, planned, frame, execution, error))
    }
  })
  const routes = routesOf(context, planned, ending)
  const fanOut = (state: RegionState) => {
    const frame = frameOf(context, state)
    const { items = [], route = '' } = frame.data
    if (route !== routeKey({ nodeId: planned.node.id, handle: 'body' })) return routes[route]
    if (items.length === 0) return joinName
    const starts = startsOf(plan, planned, frame, items)
    if (walks) return chunksOf(starts).map((chunk) => new Send(runners[0]!, chunk))
    return starts.map((start) => new Send(isMap ? runners[0]! : runners[start.position]!, start))
  }
  builder.addConditionalEdges(name, fanOut, [...new Set([...runners, joinName, ...Object.values(routes)])])

  for (const [branch, runner] of runners.entries()) {
    if (walks) builder.addNode(runner, chunkRunner(context, planned))
    else {
      const { graph, limit } = bodyGraph(context, bodies[branch]!)
      builder.addNode(runner, bodyRunner(context, planned, graph, limit), { subgraphs: [graph] })
    }
    builder.addEdge(runner, joinName)
  }

  builder.addNode(joinName, (state: RegionState, config: Config) => {
    const frame = frameOf(context, state)
    const execution = executionIn(context, config, frame)
    const route = joinIn(context, planned, frame, execution, Object.values(state[resultsKey] ?? {}))
    return { ...updateOf(frame, route), [resultsKey]: null }
  })
  builder.addConditionalEdges(joinName, routeIn, routes)
  return 3
}

function joinIn(
  context: GraphContext,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
  results: readonly BodyResult[],
): Route {
  delete frame.data.items
  try {
    join(planned, frame, execution, results)
    return { nodeId: planned.node.id, handle: 'done' }
  } catch (error) {
    if (mustPass(error, execution.signal)) throw error
    return settle(context, planned, frame, execution, error)
  }
}

/** The inside of a branch, or of a map's body in which somebody can be asked, as a graph without a checkpointer. */
function bodyGraph(context: GraphContext, { entry, order }: { entry: string; order: readonly string[] }) {
  const builder = new StateGraph(stateOf(context.plan, false))
  const steps = buildRegion(context, builder as unknown as Builder, order, END)
  ;(builder as unknown as Builder).addEdge(START, graphName(context, entry))
  return { graph: builder.compile({ checkpointer: undefined }) as unknown as InvokableGraph, limit: steps + 2 }
}

function chunksOf(starts: readonly BodyStart[]): { starts: BodyStart[] }[] {
  const chunks: { starts: BodyStart[] }[] = []
  for (let from = 0; from < starts.length; from += chunkSize)
    chunks.push({ starts: starts.slice(from, from + chunkSize) })
  return chunks
}

function frameOf(context: GraphContext, state: RegionState): Frame {
  return new Frame(state, state[frameKey]!, context.plan.reducers)
}

function executionIn(context: GraphContext, config: Config, frame: Frame): Execution {
  return executionOf(config, context.defaults, frame.data.run)
}

function updateOf(frame: Frame, route: Route): Update {
  frame.data.route = routeKey(route)
  return { ...frame.written, [frameKey]: frame.data }
}

function routeKey({ nodeId, handle }: Route): string {
  return `${handle} ${nodeId}`
}

function routeIn(state: RegionState): string {
  return state[frameKey]!.route!
}

/** A static edge where there is one way on, else a router that follows the route the node wrote. */
function connect(context: GraphContext, builder: Builder, name: string, planned: PlannedNode, ending: string): void {
  const routes = routesOf(context, planned, ending)
  const targets = new Set(Object.values(routes))
  if (targets.size === 1) builder.addEdge(name, [...targets][0]!)
  else builder.addConditionalEdges(name, routeIn, routes)
}

/** Everywhere that a node can lead, by route. */
function routesOf(context: GraphContext, planned: PlannedNode, ending: string): Record<string, string> {
  const { plan } = context
  const routes: Record<string, string> = {}
  const add = (nodeId: string, handle: Route['handle']) => {
    const target = plan.follow(nodeId, handle)
    routes[routeKey({ nodeId, handle })] = target === null ? ending : graphName(context, target)
  }
  const { id, type } = planned.node
  if (type === 'condition') {
    add(id, 'true')
    add(id, 'false')
    // A condition that fails and goes on without a value takes neither side: its path ends.
    if (policyOf(planned.node) === 'continue') add(id, 'out')
  } else if (type === 'loop') {
    const [body] = plan.structure.regions.get(id)!.bodies
    routes[routeKey({ nodeId: id, handle: 'body' })] = graphName(context, body!.entry)
    add(id, 'done')
  } else add(id, type === 'parallel' ? 'done' : 'out')
  if (policyOf(planned.node) === 'route') add(id, 'error')
  if (planned.catcher) add(planned.catcher.id, policyOf(planned.catcher) === 'route' ? 'error' : 'done')
  return routes
}
