import { FairleadError } from '@fairlead/core/base'

interface Waiter {
  resolve(): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

/**
 * First come, first served access to a fixed number of sessions. A waiter that is not served in time is refused with
 * `database.unavailable`, so that an overloaded server answers 503 instead of hanging.
 */
export class CheckoutQueue {
  readonly #limit: number
  readonly #timeoutMs: number
  #taken = 0
  #closed = false
  readonly #waiters: Waiter[] = []
  #onIdle: (() => void) | undefined

  constructor(limit: number, timeoutMs: number) {
    this.#limit = limit
    this.#timeoutMs = timeoutMs
  }

  /** Resolves when it is the caller's turn; every `enter` that resolved needs one `leave`. */
  async enter(): Promise<void> {
    if (this.#closed)
      throw new FairleadError('database.closed', 'The database is closed: nothing can be read or written.')
    if (this.#taken < this.#limit) {
      this.#taken++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, timer: setTimeout(() => this.#refuse(waiter), this.#timeoutMs) }
      this.#waiters.push(waiter)
    })
  }

  leave(): void {
    const next = this.#waiters.shift()
    if (next) {
      clearTimeout(next.timer)
      next.resolve()
      return
    }
    this.#taken--
    if (this.#taken === 0) this.#onIdle?.()
  }

  /** Lets nobody new in and resolves when the last one has left. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#taken > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  #refuse(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
    waiter.reject(
      new FairleadError(
        'database.unavailable',
        `All ${this.#limit} database sessions were busy for ${this.#timeoutMs} ms; try again, or raise the pool size.`,
        { data: { poolSize: this.#limit, waitedMs: this.#timeoutMs } },
      ),
    )
  }
}
