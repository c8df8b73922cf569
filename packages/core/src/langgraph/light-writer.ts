import type { RunnableConfig } from '@langchain/core/runnables'
import { Runnable } from '@langchain/core/runnables'
import { END } from '@langchain/langgraph'

type Update = Record<string, unknown>
/** The node of the graph that an update leads to; undefined when only LangGraph can say. */
export type Destination = (update: Update) => string | undefined

// LangGraph's names for the function that takes a task's writes, and for the channels that trigger a node.
const sendKey = '__pregel_send'
const triggerOf = (node: string) => `branch:to:${node}`

/**
 * Writes what a node gave, and where it leads, as the writers that LangGraph attached do, which are a third of the time
 * of a step: five runnables, each with a run tree of its own. Whatever is not the plain update of one of our nodes goes
 * to them all the same (a command, a state that somebody sets by hand), and so does everything should LangGraph ever
 * hand over the writes in another way.
 */
class LightWriter extends Runnable<unknown, unknown> {
  lc_namespace = ['fairlead', 'langgraph']
  readonly #originals: readonly Runnable[]
  readonly #channels: ReadonlySet<string>
  readonly #destination: Destination

  constructor(originals: readonly Runnable[], channels: ReadonlySet<string>, destination: Destination) {
    super()
    this.#originals = originals
    this.#channels = channels
    this.#destination = destination
  }

  async invoke(update: unknown, config?: Partial<RunnableConfig>): Promise<unknown> {
    const send: unknown = config?.configurable?.[sendKey]
    if (typeof send === 'function' && isPlain(update)) {
      const writes = Object.entries(update)
      const next = this.#destination(update)
      if (next !== undefined && writes.every(([channel]) => this.#channels.has(channel))) {
        if (next !== END) writes.push([triggerOf(next), null])
        send(writes)
        return update
      }
    }
    let value = update
    for (const writer of this.#originals) value = await writer.invoke(value, config)
    return value
  }
}

/** A compiled graph, as far as its writers are concerned. */
interface WritingGraph {
  nodes: Record<string, { writers: Runnable[] }>
  channels: Record<string, unknown>
}

/** Puts a light writer in place of LangGraph's on the nodes that are named with where they lead. */
export function lightenWriters(compiled: unknown, destinations: ReadonlyMap<string, Destination>): void {
  const { nodes, channels } = compiled as WritingGraph
  const known = new Set(Object.keys(channels))
  for (const [name, destination] of destinations) {
    const node = nodes[name]
    if (Array.isArray(node?.writers)) node.writers = [new LightWriter(node.writers, known, destination)]
  }
}

function isPlain(value: unknown): value is Update {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
