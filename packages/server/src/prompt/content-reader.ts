import type { PromptContent } from '@fairlead/core/prompt'

const largestPiece = 16
const mostKept = 48

/**
 * Contents of versions as they are asked for, a few of them in memory at a time, however long the history is. Reads
 * ahead along `order`, more and more as more is asked for: who stops early has not read much for nothing.
 */
export class ContentReader {
  readonly #load: (ids: readonly string[]) => Promise<ReadonlyMap<string, PromptContent>>
  readonly #order: readonly string[]
  readonly #places: ReadonlyMap<string, number>
  /** The one asked for last at the end. */
  readonly #kept = new Map<string, PromptContent>()
  #piece = 1

  constructor(
    load: (ids: readonly string[]) => Promise<ReadonlyMap<string, PromptContent>>,
    order: readonly string[] = [],
  ) {
    this.#load = load
    this.#order = order
    this.#places = new Map(order.map((id, place) => [id, place]))
  }

  async get(id: string): Promise<PromptContent> {
    if (!this.#kept.has(id)) await this.#read(id)
    const content = this.#kept.get(id)!
    this.#kept.delete(id)
    this.#kept.set(id, content)
    for (const old of this.#kept.keys().take(Math.max(0, this.#kept.size - mostKept))) this.#kept.delete(old)
    return content
  }

  async #read(id: string): Promise<void> {
    const place = this.#places.get(id)
    const ids = place === undefined ? [id] : this.#order.slice(place, place + this.#piece)
    this.#piece = Math.min(this.#piece * 2, largestPiece)
    const wanted = ids.filter((each) => !this.#kept.has(each))
    for (const [each, content] of await this.#load(wanted)) this.#kept.set(each, content)
  }
}
