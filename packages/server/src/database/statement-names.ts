const usesBeforeNaming = 3
const maxNames = 256
const maxCounted = 4096

/**
 * Names for statements that come back: a named statement is parsed and planned once per session. One-off texts (a list
 * of a new length, a migration) stay nameless, and the number of names is bounded, because a server keeps them for as
 * long as the session lives.
 */
export class StatementNames {
  readonly #names = new Map<string, string>()
  #uses = new Map<string, number>()

  /** The text's name, or undefined while it has not come often enough. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text)
    if (name !== undefined || this.#names.size >= maxNames) return name
    const uses = (this.#uses.get(text) ?? 0) + 1
    if (uses >= usesBeforeNaming) {
      this.#uses.delete(text)
      const fresh = `fairlead_${this.#names.size + 1}`
      this.#names.set(text, fresh)
      return fresh
    }
    if (this.#uses.size >= maxCounted) this.#uses = new Map()
    this.#uses.set(text, uses)
    return undefined
  }
}
