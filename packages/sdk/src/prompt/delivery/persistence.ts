import type { ResolvedPrompt } from '@fairlead/core/prompt'
import { frozen } from '../../frozen.ts'
import type { PromptStore } from './options.ts'

/** What the control plane said, with its entity tag. */
export interface Kept {
  resolved: ResolvedPrompt
  etag: string
}

/** What prompts said last, by control plane and selection. A store that fails costs nothing but what it was to keep. */
export class Persistence {
  readonly #store: PromptStore | undefined
  readonly #prefix: string
  readonly #complain: (error: Error) => void

  constructor(store: PromptStore | undefined, api: string, complain: (error: Error) => void) {
    this.#store = store
    this.#prefix = `fairlead ${api} `
    this.#complain = complain
  }

  async read(key: string): Promise<Kept | undefined> {
    return this.#attempt(async (store) => {
      const text = await store.getItem(this.#prefix + key)
      if (text === null || text === undefined) return undefined
      const kept = JSON.parse(text) as Kept
      if (typeof kept.etag === 'string' && typeof kept.resolved?.content === 'object') return frozen(kept)
      throw new TypeError(`The store holds no prompt under "${this.#prefix}${key}".`)
    })
  }

  async write(key: string, { resolved, etag }: Kept): Promise<void> {
    await this.#attempt(async (store) => store.setItem(this.#prefix + key, JSON.stringify({ resolved, etag })))
  }

  async remove(key: string): Promise<void> {
    await this.#attempt(async (store) => store.removeItem(this.#prefix + key))
  }

  async #attempt<Value>(work: (store: PromptStore) => Promise<Value>): Promise<Value | undefined> {
    try {
      return this.#store && (await work(this.#store))
    } catch (error) {
      this.#complain(error instanceof Error ? error : new Error(String(error)))
      return undefined
    }
  }
}
