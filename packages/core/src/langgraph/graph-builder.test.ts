import { Annotation, Command, END, MemorySaver, START, StateGraph } from '@langchain/langgraph'
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

  it('refuses a route that does not exist, as LangGraph does', async () => {
    const builder = new GraphBuilder(State())
    builder.addNode('lost', () => ({ [frameKey]: { route: 'nowhere' } }))
    builder.addEdge(START, 'lost')
    builder.addRoutes('lost', { over: END })
    const graph = builder.compile<Graph>({ checkpointer: undefined })
    await expect(graph.invoke({ n: 1 })).rejects.toThrow('unknown or null destination')
  })
})
