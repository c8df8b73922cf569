import type { RunnableConfig } from '@langchain/core/runnables'
import { END, Send, START } from '@langchain/langgraph'
import type { Handle } from '../workflow/index.ts'
import { policyOf } from '../workflow/index.ts'
import type { InvokableGraph, RunnerContext } from './body-runner.ts'
import { bodyRunner, chunkRunner } from './body-runner.ts'
import type { Execution } from './context.ts'
import { executionOf } from './context.ts'
import { mustPass } from './failure.ts'
import { Frame } from './frame.ts'
import { GraphBuilder } from './graph-builder.ts'
import { putQuestion } from './human.ts'
import { LightNode } from './light-node.ts'
import type { BodyResult, BodyStart } from './parallel.ts'
import { join, spread, startsOf } from './parallel.ts'
import type { PlannedNode } from './plan.ts'
import type { RegionState } from './state.ts'
import { bodyState, frameKey, resultsKey } from './state.ts'
import type { Route } from './step.ts'
import { failureHandle, settle, step } from './step.ts'

export type GraphContext = RunnerContext

type Config = RunnableConfig
type Update = Record<string, unknown>
type Node = (state: RegionState, config: Config) => Update | Promise<Update>

/**
 * How many items one task of the graph takes: each task costs LangGraph about as much as a step, and the results of all
 * are put together again with each that ends. The items of a task run side by side, as many as the map lets.
 */
const smallestChunk = 25
const mostChunks = 32

/**
 * The graph's name for a node: LangGraph refuses some ids that a workflow may use, and names of the state's values. A
 * number in front keeps clear of both.
 */
export function graphName({ plan }: GraphContext, nodeId: string): string {
  return `${plan.structure.positions.get(nodeId)! + 1}.${nodeId}`
}

/** Where the paths of a region end, and what their last node writes besides what is its own. */
export interface Ending {
  node: string
  results(frame: Frame): Update
}

/** How a node leaves: the update of the state for the way it goes. */
type Exit = (frame: Frame, route: Route) => Update

/**
 * Adds the nodes of one region to a graph: the given order of nodes and everything inside their loops. Answers the number
 * of steps that one way through takes at most.
 */
export function buildRegion(
  context: GraphContext,
  builder: GraphBuilder,
  order: readonly string[],
  ending: Ending,
): number {
  let steps = 0
  for (const nodeId of order) steps += buildNode(context, builder, context.plan.nodes.get(nodeId)!, ending)
  return steps
}

function buildNode(context: GraphContext, builder: GraphBuilder, planned: PlannedNode, ending: Ending): number {
  const { plan } = context
  const { node } = planned
  const name = graphName(context, node.id)
  if (node.type === 'parallel') return buildParallel(context, builder, planned, ending)
  if (node.type === 'human') return buildHuman(context, builder, planned, ending)
  const exit = connect(context, builder, name, planned, ending)
  builder.addNode(name, new LightNode(stepNode(context, planned, exit)))
  if (node.type !== 'loop') return 1
  const [body] = plan.structure.regions.get(node.id)!.bodies
  const inside = buildRegion(context, builder, body!.order, ending)
  return 1 + node.data.config.maxIterations * (inside + 1)
}

function stepNode(context: GraphContext, planned: PlannedNode, exit: Exit): Node {
  return async (state, config) => {
    const frame = frameOf(context, state)
    return exit(frame, await step(context, planned, frame, executionIn(context, config, frame)))
  }
}

/**
 * A human node is two: one puts the question, one waits for the answer and is all that runs again on a resume, so that
 * the question, its due time and its event stay the first ones however often a run is taken up.
 */
function buildHuman(context: GraphContext, builder: GraphBuilder, planned: PlannedNode, ending: Ending): number {
  const name = graphName(context, planned.node.id)
  const answerName = `${name}.answer`
  const asked = { nodeId: planned.node.id, handle: 'body' } as const
  const failureRoutes = failureRoutesOf(context, planned, ending)
  const exit = exitBy({ ...failureRoutes, [routeKey(asked)]: answerName }, ending)
  builder.addNode(name, (state: RegionState, config: Config) => {
    const frame = frameOf(context, state)
    const execution = executionIn(context, config, frame)
    try {
      putQuestion(planned, frame, execution)
      return exit(frame, asked)
    } catch (error) {
      if (mustPass(error, execution.signal)) throw error
      return exit(frame, settle(context, planned, frame, execution, error))
    }
  })
  if (Object.keys(failureRoutes).length === 0) builder.addEdge(name, answerName)
  else builder.addRoutes(name, { ...failureRoutes, [routeKey(asked)]: answerName })
  const answerExit = connect(context, builder, answerName, planned, ending)
  builder.addNode(answerName, stepNode(context, planned, answerExit))
  return 2
}

/** A parallel node is a fork, one runner per branch entry (or one for a map's body), and a join. */
function buildParallel(context: GraphContext, builder: GraphBuilder, planned: PlannedNode, ending: Ending): number {
  const { plan } = context
  const name = graphName(context, planned.node.id)
  const { bodies } = plan.structure.regions.get(planned.node.id)!
  const isMap = planned.node.type === 'parallel' && planned.node.data.config.mode === 'map'
  const walks = isMap && !plan.canWait(planned.node.id)
  const joinName = `${name}.done`
  const runners = bodies.map((_, branch) => (isMap ? `${name}.item` : `${name}.branch${branch}`))
  const routes = routesOf(context, planned, ending)
  const exit = exitBy(routes, ending)

  builder.addNode(name, (state: RegionState, config: Config) => {
    const frame = frameOf(context, state)
    const execution = executionIn(context, config, frame)
    try {
      frame.data.items = spread(plan, planned, frame, execution)
      return exit(frame, { nodeId: planned.node.id, handle: 'body' })
    } catch (error) {
      if (mustPass(error, execution.signal)) throw error
      return exit(frame, settle(context, planned, frame, execution, error))
    }
  })
  const fanOut = (state: RegionState) => {
    const frame = frameOf(context, state)
    const { items = [], route = '' } = frame.data
    if (route !== routeKey({ nodeId: planned.node.id, handle: 'body' })) return routes[route]
    if (items.length === 0) return joinName
    const starts = startsOf(plan, planned, frame, items)
    if (walks) return chunksOf(starts).map((chunk) => new Send(runners[0]!, chunk))
    return starts.map((start) => new Send(isMap ? runners[0]! : runners[start.position]!, start))
  }
  builder.addRouter(name, fanOut, [...new Set([...runners, joinName, ...Object.values(routes)])])

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
    return { ...exit(frame, route), [resultsKey]: null }
  })
  builder.addRoutes(joinName, routes)
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
    join(context.plan, planned, frame, execution, results)
    return { nodeId: planned.node.id, handle: 'done' }
  } catch (error) {
    if (mustPass(error, execution.signal)) throw error
    return settle(context, planned, frame, execution, error)
  }
}

const bodyEnding: Ending = { node: END, results: () => ({}) }

/** The inside of a branch, or of a map's body in which somebody can be asked, as a graph without a checkpointer. */
function bodyGraph(context: GraphContext, { entry, order }: { entry: string; order: readonly string[] }) {
  const builder = new GraphBuilder(bodyState(context.plan))
  const steps = buildRegion(context, builder, order, bodyEnding)
  builder.addEdge(START, graphName(context, entry))
  return { graph: builder.compile<InvokableGraph>({ checkpointer: undefined }), limit: steps + 2 }
}

function chunksOf(starts: readonly BodyStart[]): { starts: BodyStart[] }[] {
  const chunks: { starts: BodyStart[] }[] = []
  const size = Math.max(smallestChunk, Math.ceil(starts.length / mostChunks))
  for (let from = 0; from < starts.length; from += size) chunks.push({ starts: starts.slice(from, from + size) })
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

const onlyOut: ReadonlySet<string> = new Set(['prompt', 'tool', 'human'])

/** A static edge where there is one way on, else a router that follows the route the node wrote. */
function connect(
  context: GraphContext,
  builder: GraphBuilder,
  name: string,
  planned: PlannedNode,
  ending: Ending,
): Exit {
  const { node, catcher } = planned
  if (onlyOut.has(node.type) && policyOf(node) === 'fail' && catcher === undefined) {
    const target = targetOf(context, node.id, 'out', ending)
    builder.addEdge(name, target)
    return exitTo(target, ending)
  }
  const routes = routesOf(context, planned, ending)
  const [target, ...others] = new Set(Object.values(routes))
  if (others.length === 0) {
    builder.addEdge(name, target!)
    return exitTo(target!, ending)
  }
  builder.addRoutes(name, routes)
  return exitBy(routes, ending)
}

function exitTo(target: string, ending: Ending): Exit {
  const endsHere = target === ending.node
  return (frame, route) => {
    // Each value that is written costs the step: where there is one way on, the frame is, only if it has changed.
    const isSilent = !frame.isChanged && Object.keys(frame.written).length > 0
    const update = isSilent ? frame.written : updateOf(frame, route)
    return endsHere ? { ...update, ...ending.results(frame) } : update
  }
}

function exitBy(routes: Record<string, string>, ending: Ending): Exit {
  return (frame, route) => {
    const update = updateOf(frame, route)
    return routes[routeKey(route)] === ending.node ? { ...update, ...ending.results(frame) } : update
  }
}

/** Everywhere that a node can lead, by route. */
function routesOf(context: GraphContext, planned: PlannedNode, ending: Ending): Record<string, string> {
  const { id, type } = planned.node
  const to = (handle: Handle) => routeTo(context, id, handle, ending)
  const failureRoutes = failureRoutesOf(context, planned, ending)
  if (type === 'condition') return { ...to('true'), ...to('false'), ...failureRoutes }
  if (type === 'parallel') return { ...to('done'), ...failureRoutes }
  if (type !== 'loop') return { ...to('out'), ...failureRoutes }
  const [body] = context.plan.structure.regions.get(id)!.bodies
  const inside = { [routeKey({ nodeId: id, handle: 'body' })]: graphName(context, body!.entry) }
  return { ...inside, ...to('done'), ...failureRoutes }
}

/** Where a node leads when it fails and somebody in its region takes that. */
function failureRoutesOf(
  context: GraphContext,
  { node, catcher }: PlannedNode,
  ending: Ending,
): Record<string, string> {
  const taker = policyOf(node) === 'fail' ? catcher : node
  return taker ? routeTo(context, taker.id, failureHandle(taker), ending) : {}
}

function routeTo(context: GraphContext, nodeId: string, handle: Handle, ending: Ending): Record<string, string> {
  return { [routeKey({ nodeId, handle })]: targetOf(context, nodeId, handle, ending) }
}

function targetOf(context: GraphContext, nodeId: string, handle: Handle, ending: Ending): string {
  const target = context.plan.follow(nodeId, handle)
  return target === null ? ending.node : graphName(context, target)
}
