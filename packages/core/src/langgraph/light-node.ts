import type { RunnableConfig } from '@langchain/core/runnables'
import { Runnable } from '@langchain/core/runnables'
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'

type NodeFunction<State, Update> = (state: State, config: RunnableConfig) => Update | Promise<Update>

/**
 * A node of a graph that costs little when nobody traces the run. LangGraph's own makes a run tree for LangChain's async
 * context at every execution, a fifth of the time of a step; here that is done only where a callback wants to know what
 * belongs to what. Inside, LangGraph's `interrupt()` and the like find no context, so nodes that need one are not light.
 */
export class LightNode<State, Update> extends Runnable<State, Update> {
  lc_namespace = ['fairlead', 'langgraph']
  readonly #execute: NodeFunction<State, Update>

  constructor(execute: NodeFunction<State, Update>) {
    super()
    this.#execute = execute
  }

  async invoke(state: State, config: Partial<RunnableConfig> = {}): Promise<Update> {
    if (!hasHandlers(config.callbacks)) return this.#execute(state, config)
    return AsyncLocalStorageProviderSingleton.runWithConfig(config, async () => this.#execute(state, config))
  }
}

function hasHandlers(callbacks: RunnableConfig['callbacks']): boolean {
  if (callbacks === undefined) return false
  return (Array.isArray(callbacks) ? callbacks : callbacks.handlers).length > 0
}
