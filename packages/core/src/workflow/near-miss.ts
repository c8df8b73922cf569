/**
 * The candidate that was most likely meant by a misspelt name, or null when none is near: at most a third of the
 * letters differ by insertion, deletion, substitution or a swap of neighbours (optimal string alignment distance).
 */
export function nearMiss(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null
  let least = Math.floor(Math.max(name.length, 3) / 3) + 1
  // Distances are quadratic in the length; nobody misspells a name this long by a letter or two.
  if (name.length > 64) return null
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const distance = alignmentDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** A sentence for a hint: which name was probably meant, or else which names there are. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const near = nearMiss(name, candidates)
  if (near !== null) return `Did you mean "${near}"?`
  if (candidates.length === 0) return ''
  const some = candidates.slice(0, 8).map((candidate) => `"${candidate}"`)
  return `There ${some.length === 1 ? 'is' : 'are'} ${some.join(', ')}${candidates.length > 8 ? ', …' : ''}.`
}

function alignmentDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, substitution)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1)
      }
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
