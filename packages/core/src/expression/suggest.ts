/** The name among the known ones that was probably meant, or undefined when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = Math.floor(Math.max(name.length, 3) / 3) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least)
    // A name of which every letter differs is another name.
    if (distance >= least || distance >= Math.max(name.length, candidate.length)) continue
    least = distance
    nearest = candidate
  }
  return nearest
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment), counted up to the limit. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > 100) return limit
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(row[j - 1]! + 1, previous[j]! + 1, substituted)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) row[j] = Math.min(row[j]!, before[j - 2]! + 1)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}

/** A hint out of the nearest name, or else out of all of them. */
export function suggestName(name: string, known: readonly string[], whenNone: string): string {
  const nearest = nearestName(name, known)
  if (nearest !== undefined) return `Did you mean "${nearest}"?`
  if (known.length === 0) return whenNone
  const listed = known.slice(0, 12).map((each) => `"${each}"`)
  return `There ${known.length === 1 ? 'is' : 'are'} ${listed.join(', ')}${known.length > 12 ? ', …' : ''}.`
}
