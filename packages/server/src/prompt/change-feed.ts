import type { PromptEvent } from '@fairlead/core/prompt'
import type { Database } from '../database/index.ts'
import { resyncPayload } from '../database/index.ts'

/** What processes tell each other about prompts; payloads are an organization's id and a prompt's. */
const channel = 'prompt_refs'

type Follower = (event: PromptEvent) => void

const resync: PromptEvent = { type: 'prompt.resync', promptId: null }

/** Tells the viewers of this and every other process which prompts' refs have moved, once that is durable. */
export class PromptChanges {
  readonly #database: Pick<Database, 'notify' | 'listen'>
  readonly #followers = new Map<string, Set<Follower>>()
  #listening: Promise<unknown> | undefined

  constructor(database: Pick<Database, 'notify' | 'listen'>) {
    this.#database = database
  }

  /** In the transaction that moves a ref: nobody hears of it should it not come to its end. */
  announce({ organization_id, id }: { organization_id: string; id: string }): void {
    this.#database.notify(channel, `${organization_id} ${id}`)
  }

  /** Resolves once everything that happens from then on is told; the returned function ends it. */
  async follow(organizationId: string, follower: Follower): Promise<() => void> {
    await this.#listen()
    const followers = this.#followers.get(organizationId) ?? new Set()
    this.#followers.set(organizationId, followers)
    followers.add(follower)
    return () => {
      followers.delete(follower)
      if (followers.size === 0 && this.#followers.get(organizationId) === followers) {
        this.#followers.delete(organizationId)
      }
    }
  }

  /** From the first follower to the end of the database: one channel, however many look on. */
  async #listen(): Promise<void> {
    this.#listening ??= this.#database.listen(channel, (payload) => this.#hear(payload))
    try {
      await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  #hear(payload: string): void {
    if (payload === resyncPayload) {
      for (const followers of this.#followers.values()) for (const tell of followers) tell(resync)
      return
    }
    const [organizationId = '', promptId = ''] = payload.split(' ')
    for (const tell of this.#followers.get(organizationId) ?? []) tell({ type: 'prompt.changed', promptId })
  }
}
