import { Annotation, Command, END, MemorySaver, Send, START, StateGraph } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from './graph-builder.ts'
import { frameKey } from './state.ts'

const State = () => Annotation.Root({ n: Annotation<number>(), [frameKey]: Annotation<{ route: string }>() })
type Update = Record<string, unknown>
type Graph = ReturnType<typeof byHand>

const nodes: Record<string, (state: { n: number }) => Update> = {
  first: ({ n }) => ({ n: n + 1 }),
  choose: ({ n }) => ({ n, [frameKey]: { route: n < 10 ? 'low' : 'high' } }),
  low: ({ n }) => ({ n: n * 2 }),
  high: ({ n }) => ({ n: n * 3 }),
  silent: () => ({}),
}
const routes = { low: 'low', high: 'high', over: END }

function byHand() {
  const graph = new StateGraph(State())
  for (const [name, node] of Object.entries(nodes)) graph.addNode(name, node)
  const untyped = graph as unknown as {
    addEdge(from: string, to: string): void
    addConditionalEdges(from: string, router: unknown, targets: unknown): void
  }
  for (const [from, to] of edges) untyped.addEdge(from, to)
  untyped.addConditionalEdges('choose', (state: Update) => (state[frameKey] as { route: string }).route, routes)
  return graph.compile({ checkpointer: new MemorySaver() })
}

const edges: [string, string][] = [
  [START, 'first'],
  ['first', 'choose'],
  ['low', 'silent'],
  ['high', 'silent'],
  ['silent', END],
]

function built(): Graph {
  const builder = new GraphBuilder(State())
  for (const [name, node] of Object.entries(nodes)) builder.addNode(name, node)
  for (const [from, to] of edges) builder.addEdge(from, to)
  builder.addRoutes('choose', routes)
  return builder.compile<Graph>({ checkpointer: new MemorySaver() })
}

/** What a graph says while it runs, without what differs between any two runs. */
async function told(graph: Graph, input: Update | Command | null, thread: string): Promise<string[]> {
  const config = { configurable: { thread_id: thread }, streamMode: ['updates', 'values', 'tasks'] as never }
  const lines: string[] = []
  for await (const chunk of await graph.stream(input as never, config)) {
    lines.push(JSON.stringify(chunk, (key, value) => (key === 'id' ? undefined : value)))
  }
  return lines
}

async function history(graph: Graph, thread: string) {
  const states: unknown[] = []
  for await (const { values, next, metadata } of graph.getStateHistory({ configurable: { thread_id: thread } })) {
    states.push({ values, next, step: metadata?.step })
  }
  return states
}

describe('a graph with light writers', () => {
  it.each([1, 20])('says and keeps the same as LangGraph does with its own, from %i on', async (n) => {
    const [ours, theirs] = [built(), byHand()]
    const said = await told(ours, { n }, 't')
    expect(said.length).toBeGreaterThan(10)
    expect(said).toEqual(await told(theirs, { n }, 't'))
    const kept = await history(ours, 't')
    expect(kept).toHaveLength(6)
    expect(kept).toEqual(await history(theirs, 't'))
  })

  it('takes what only LangGraph’s own can write: a state set by hand, and commands', async () => {
    const results: unknown[] = []
    for (const graph of [built(), byHand()]) {
      const config = { configurable: { thread_id: 't' } }
      await graph.invoke({ n: 1 }, config)
      await graph.updateState(config, { n: 50 }, 'first')
      results.push((await graph.getState(config)).next, await told(graph, null, 't'))
      await graph.updateState(config, new Command({ update: { n: 7 } }) as never, 'low')
      results.push((await graph.getState(config)).values, (await graph.getState(config)).next)
    }
    expect(results.slice(0, 4)).toEqual(results.slice(4))
    expect(results[0]).toEqual(['choose'])
  })

  it('begins as LangGraph does: what it was given is written, and the first node is sent its state', async () => {
    const first = (input: Update) => new Send('first', { n: (input.n as number) * 10 })
    const Input = () => Annotation.Root({ n: Annotation<number>() })
    const definition = () => ({ state: State(), input: Input() })
    const builder = new GraphBuilder(definition())
    builder.addNode('first', nodes.first)
    builder.addStart('first', { inputs: ['n'], first })
    builder.addEdge('first', END)
    const hand = new StateGraph(definition()).addNode('first', nodes.first!)
    const untyped = hand as unknown as { addConditionalEdges(from: string, router: unknown, targets: unknown): void }
    untyped.addConditionalEdges(START, first, ['first'])
    const ours = builder.compile<Graph>({ checkpointer: new MemorySaver() })
    const theirs = hand.addEdge('first', END).compile({ checkpointer: new MemorySaver() }) as unknown as Graph
    const input = { n: 4, [frameKey]: { route: 'none of the inputs' } }
    const said = await told(ours, input, 't')
    expect(said.length).toBeGreaterThan(3)
    expect(said).toEqual(await told(theirs, input, 't'))
    expect(await history(ours, 't')).toEqual(await history(theirs, 't'))
    expect((await ours.getState({ configurable: { thread_id: 't' } })).values).toEqual({ n: 41 })
  })

  it('refuses a route that does not exist, as LangGraph does', async () => {
    const builder = new GraphBuilder(State())
    builder.addNode('lost', () => ({ [frameKey]: { route: 'nowhere' } }))
    builder.addEdge(START, 'lost')
    builder.addRoutes('lost', { over: END })
    const graph = builder.compile<Graph>({ checkpointer: undefined })
    await expect(graph.invoke({ n: 1 })).rejects.toThrow('unknown or null destination')
  })
})
