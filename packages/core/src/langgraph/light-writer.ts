import type { RunnableConfig } from '@langchain/core/runnables'
import { Runnable } from '@langchain/core/runnables'
import type { Send } from '@langchain/langgraph'
import { END, START } from '@langchain/langgraph'

type Update = Record<string, unknown>
/** The node of the graph that an update leads to; undefined when only LangGraph can say. */
export type Destination = (update: Update) => string | undefined

/** How a graph begins: the names that it takes, and the first node with the state it is sent. */
export interface Beginning {
  inputs: readonly string[]
  first(input: Update, config: RunnableConfig): Send
}

// LangGraph's names for the function that takes a task's writes, and for the channels of sends and of what triggers a node.
const sendKey = '__pregel_send'
const tasksChannel = '__pregel_tasks'
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
    return writeAll(this.#originals, update, config)
  }
}

/** The same for the beginning of a graph: writes what it was given, and sends the first node its state. */
class StartWriter extends Runnable<unknown, unknown> {
  lc_namespace = ['fairlead', 'langgraph']
  readonly #originals: readonly Runnable[]
  readonly #beginning: Beginning

  constructor(originals: readonly Runnable[], beginning: Beginning) {
    super()
    this.#originals = originals
    this.#beginning = beginning
  }

  async invoke(input: unknown, config: Partial<RunnableConfig> = {}): Promise<unknown> {
    const send: unknown = config.configurable?.[sendKey]
    if (typeof send !== 'function' || !isPlain(input)) return writeAll(this.#originals, input, config)
    const given = this.#beginning.inputs.filter((name) => Object.hasOwn(input, name))
    send([...given.map((name) => [name, input[name]]), [tasksChannel, this.#beginning.first(input, config)]])
    return input
  }
}

async function writeAll(writers: readonly Runnable[], value: unknown, config: Partial<RunnableConfig> | undefined) {
  let passed = value
  for (const writer of writers) passed = await writer.invoke(passed, config)
  return passed
}

/** A compiled graph, as far as its writers are concerned. */
interface WritingGraph {
  nodes: Record<string, { writers: Runnable[] }>
  channels: Record<string, unknown>
}

/** Puts a light writer in place of LangGraph's on the nodes that are named with where they lead, and on the beginning. */
export function lightenWriters(
  compiled: unknown,
  destinations: ReadonlyMap<string, Destination>,
  beginning: Beginning | undefined,
): void {
  const { nodes, channels } = compiled as WritingGraph
  const known = new Set(Object.keys(channels))
  for (const [name, destination] of destinations) {
    const node = nodes[name]
    if (Array.isArray(node?.writers)) node.writers = [new LightWriter(node.writers, known, destination)]
  }
  const start = nodes[START]
  if (beginning && Array.isArray(start?.writers)) start.writers = [new StartWriter(start.writers, beginning)]
}

function isPlain(value: unknown): value is Update {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
