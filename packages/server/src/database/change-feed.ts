import { resyncPayload } from './announcer.ts'
import type { Database } from './database.ts'

/** Told the id of what has changed; null when changes may have been missed, and everything must be looked at again. */
type Follower = (id: string | null) => void

/**
 * Tells the viewers of this and every other process which of an organization's things have changed, once that is durable.
 * Payloads are an organization's id and a thing's.
 */
export class ChangeFeed {
  readonly #database: Pick<Database, 'notify' | 'listen'>
  readonly #channel: string
  readonly #followers = new Map<string, Set<Follower>>()
  #listening: Promise<unknown> | undefined

  constructor(database: Pick<Database, 'notify' | 'listen'>, channel: string) {
    this.#database = database
    this.#channel = channel
  }

  /** In the transaction that changes it: nobody hears of it should it not come to its end. */
  announce({ organization_id, id }: { organization_id: string; id: string }): void {
    this.#database.notify(this.#channel, `${organization_id} ${id}`)
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
    this.#listening ??= this.#database.listen(this.#channel, (payload) => this.#hear(payload))
    try {
      await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  #hear(payload: string): void {
    if (payload === resyncPayload) {
      for (const followers of this.#followers.values()) for (const tell of followers) tell(null)
      return
    }
    const [organizationId = '', id = ''] = payload.split(' ')
    for (const tell of this.#followers.get(organizationId) ?? []) tell(id)
  }
}
