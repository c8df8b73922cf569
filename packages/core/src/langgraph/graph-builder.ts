import type { BaseCheckpointSaver } from '@langchain/langgraph'
import { START, StateGraph } from '@langchain/langgraph'
import type { Beginning, Destination } from './light-writer.ts'
import { lightenWriters } from './light-writer.ts'
import type { RegionState } from './state.ts'
import { frameKey } from './state.ts'

/** LangGraph's builder: its type narrows with every node, which a generic compiler cannot follow. */
interface UntypedGraph {
  addNode(name: string, node: unknown, options?: { subgraphs?: unknown[] }): unknown
  addEdge(from: string, to: string): unknown
  addConditionalEdges(from: string, router: unknown, targets: Record<string, string> | string[]): unknown
  compile(options: { checkpointer?: BaseCheckpointSaver | boolean | undefined; name?: string }): unknown
}

/** A LangGraph graph under construction, whose nodes give plain updates, and routes by the frame in them. */
export class GraphBuilder {
  readonly #graph: UntypedGraph
  readonly #destinations = new Map<string, Destination>()
  #beginning: Beginning | undefined

  /** `state` as the constructor of `StateGraph` takes it. */
  constructor(state: unknown) {
    this.#graph = new StateGraph(state as never) as unknown as UntypedGraph
  }

  addNode(name: string, node: unknown, options?: { subgraphs?: unknown[] }): void {
    this.#graph.addNode(name, node, options)
  }

  addEdge(from: string, to: string): void {
    this.#graph.addEdge(from, to)
    if (from !== START) this.#destinations.set(from, () => to)
  }

  /** Leads where the route says that the node wrote into its frame. */
  addRoutes(from: string, routes: Record<string, string>): void {
    this.#graph.addConditionalEdges(from, (state: RegionState) => state[frameKey]!.route!, routes)
    this.#destinations.set(from, (update) => routes[(update as RegionState)[frameKey]?.route ?? ''])
  }

  /** Begins with the node `first`, which is sent the state that it begins with. */
  addStart(first: string, beginning: Beginning): void {
    this.#beginning = beginning
    this.addRouter(START, beginning.first, [first])
  }

  /** Leads where `router` says, which may also send nodes states of their own. */
  addRouter(from: string, router: unknown, targets: string[]): void {
    this.#graph.addConditionalEdges(from, router, targets)
  }

  compile<Compiled>(options: { checkpointer: BaseCheckpointSaver | boolean | undefined; name?: string }): Compiled {
    const compiled = this.#graph.compile(options)
    lightenWriters(compiled, this.#destinations, this.#beginning)
    return compiled as Compiled
  }
}
