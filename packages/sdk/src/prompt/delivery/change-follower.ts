import { endpoints } from '@fairlead/core/endpoints'
import type { PromptEvent } from '@fairlead/core/prompt'
import { FairleadApiError } from '../../error.ts'
import { EventStream } from '../../event-stream.ts'
import type { Surroundings } from '../../retry.ts'
import { delayBefore } from '../../retry.ts'
import type { Transport } from '../../transport.ts'
import { releaseProcess } from './background.ts'

const longestDelayMs = 60_000

/**
 * Hears of every prompt whose refs have moved, from when it is started until it is closed, over any number of connections.
 * A control plane that is away is tried again after a second at first, then ever more rarely, up to once a minute.
 */
export class ChangeFollower {
  readonly #transport: Transport
  readonly #surroundings: Surroundings
  readonly #closing = new AbortController()
  readonly #hear: (event: PromptEvent) => void
  readonly #complain: (error: Error) => void
  #isStarted = false

  constructor(
    transport: Transport,
    surroundings: Surroundings,
    { hear, complain }: { hear: (event: PromptEvent) => void; complain: (error: Error) => void },
  ) {
    this.#transport = transport
    this.#surroundings = surroundings
    this.#hear = hear
    this.#complain = complain
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    releaseProcess(endpoints.streamPromptEvents.path)
    void this.#follow().catch(() => {})
  }

  close(): void {
    this.#isStarted = true
    this.#closing.abort()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; failures++) {
      const stream = new EventStream(this.#transport, signal, this.#surroundings)
      let retryAfter: string | null = null
      try {
        if (!(await stream.open('streamPromptEvents', {}))) return
        for await (const event of stream.events<PromptEvent>()) {
          failures = 0
          this.#hear(event)
        }
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof FairleadApiError) retryAfter = error.retryAfter
        this.#complain(error as Error)
      } finally {
        stream.close()
      }
      const jittered = delayBefore(Math.min(failures, 9) + 1, retryAfter, this.#surroundings) ?? longestDelayMs
      const slowed = Math.min(longestDelayMs, 1_000 * 2 ** Math.min(failures, 9))
      await this.#surroundings.sleep(jittered + slowed, signal)
    }
  }
}
