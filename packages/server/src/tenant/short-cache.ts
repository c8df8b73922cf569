import type { Clock } from '@fairlead/core/base'

/**
 * Remembers answers for a moment: long enough to spare the database, short enough that what was revoked anywhere is
 * refused everywhere within that moment. Callers at the same time share one lookup; failures are not remembered.
 */
export class ShortCache<Value> {
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #maxEntries: number
  readonly #entries = new Map<string, { value: Promise<Value>; until: number }>()

  constructor({ clock, ttlMs, maxEntries = 10_000 }: { clock: Clock; ttlMs: number; maxEntries?: number }) {
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#maxEntries = maxEntries
  }

  async get(key: string, load: () => Promise<Value>): Promise<Value> {
    const now = this.#clock()
    const known = this.#entries.get(key)
    // A clock that was set back must not keep an entry alive: its end would lie too far ahead.
    if (known && now < known.until && known.until <= now + this.#ttlMs) return known.value
    const value = load()
    this.#remember(key, { value, until: now + this.#ttlMs })
    value.catch(() => {
      if (this.#entries.get(key)?.value === value) this.#entries.delete(key)
    })
    return value
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** In order of their last loading, so the first is the one to drop. */
  #remember(key: string, entry: { value: Promise<Value>; until: number }): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= this.#maxEntries) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
