/** What all suggestions of one compilation or validation may cost together, in letters compared: some 10 ms. */
const defaultEffort = 2_000_000
/** Comparing takes the product of the lengths; nobody misspells a name this long by a letter or two. */
const maxLength = 64

/**
 * Finds which names were probably meant by misspelt ones. Comparing a name with all others takes its time, and a document
 * may hold any number of misspelt names: when the effort is used up, no more suggestions are made.
 */
export class Suggestions {
  #left: number

  constructor(effort: number = defaultEffort) {
    this.#left = effort
  }

  /** True when nothing more will be suggested, and listing names is not worth its time either. */
  get isSpent(): boolean {
    return this.#left <= 0
  }

  /**
   * The name among the known ones that was probably meant, or undefined when none is near: at most a third of the letters
   * differ, by insertion, deletion, substitution or a swap of neighbours.
   */
  nearest(name: string, known: Iterable<string>): string | undefined {
    let nearest: string | undefined
    let least = Math.floor(Math.max(name.length, 3) / 3) + 1
    if (this.isSpent || name.length > maxLength) return undefined
    const folded = name.toLowerCase()
    for (const candidate of known) {
      this.#left--
      if (Math.abs(candidate.length - name.length) >= least) continue
      const distance = this.#distance(folded, candidate.toLowerCase(), least)
      // A name of which every letter differs is another name.
      if (distance < least && distance < Math.max(name.length, candidate.length)) {
        least = distance
        nearest = candidate
      }
      if (least === 0 || this.isSpent) break
    }
    return nearest
  }

  /** A hint out of the nearest name, or else out of what names there are. */
  hint(name: string, known: () => Iterable<string>, { whenNone = '', most = 8 } = {}): string {
    if (this.isSpent) return ''
    const nearest = this.nearest(name, known())
    if (nearest !== undefined) return `Did you mean "${nearest}"?`
    const some: string[] = []
    for (const each of known()) {
      if (some.push(`"${each}"`) > most) break
    }
    if (some.length === 0) return whenNone
    const isCut = some.length > most
    return `There ${some.length === 1 ? 'is' : 'are'} ${some.slice(0, most).join(', ')}${isCut ? ', …' : ''}.`
  }

  /** The optimal string alignment distance, counted up to the limit. */
  #distance(a: string, b: string, limit: number): number {
    let before: number[] = []
    let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
    for (let i = 1; i <= a.length; i++) {
      this.#left -= b.length
      const row = [i]
      let best = i
      for (let j = 1; j <= b.length; j++) {
        const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
        let distance = Math.min(row[j - 1]! + 1, previous[j]! + 1, substituted)
        const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
        if (isSwap) distance = Math.min(distance, before[j - 2]! + 1)
        row.push(distance)
        if (distance < best) best = distance
      }
      // A swap reaches back two rows, from where it costs one more.
      if (best > limit) return limit
      before = previous
      previous = row
    }
    return previous[b.length]!
  }
}
