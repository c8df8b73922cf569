import type { Marks } from '../diff/sequence.ts'

/** Elements from…to of base, ours and theirs that belong together, where a side changed something. */
export interface Region {
  base: [number, number]
  ours: [number, number]
  theirs: [number, number]
  kind: 'ours' | 'theirs' | 'conflict'
  /** Both sides changed just this, in one change each. */
  isOneChange: boolean
}

/** A change of one side: elements of the base, and what stands there instead. */
export interface Change {
  from: number
  to: number
  start: number
  end: number
}

/**
 * What the sides changed, in order. Changes of both that overlap or touch are one region, and a conflict until somebody
 * finds the two sides of it equal.
 */
export function findRegions(oursMarks: Marks, theirsMarks: Marks): Region[] {
  const [ours, theirs] = [changesOf(oursMarks), changesOf(theirsMarks)]
  const regions: Region[] = []
  let [o, t] = [0, 0]
  // How far the sides are ahead of the base, behind the changes already seen.
  let [oursAhead, theirsAhead] = [0, 0]
  while (o < ours.length || t < theirs.length) {
    const [firstOurs, firstTheirs] = [o, t]
    const from = Math.min(ours[o]?.from ?? Number.POSITIVE_INFINITY, theirs[t]?.from ?? Number.POSITIVE_INFINITY)
    let to = from
    // All changes that overlap or touch, directly or by way of others.
    for (;;) {
      if (o < ours.length && ours[o]!.from <= to) to = Math.max(to, ours[o++]!.to)
      else if (t < theirs.length && theirs[t]!.from <= to) to = Math.max(to, theirs[t++]!.to)
      else break
    }
    const oursAfter = o > firstOurs ? ours[o - 1]!.end - ours[o - 1]!.to : oursAhead
    const theirsAfter = t > firstTheirs ? theirs[t - 1]!.end - theirs[t - 1]!.to : theirsAhead
    regions.push({
      base: [from, to],
      ours: [from + oursAhead, to + oursAfter],
      theirs: [from + theirsAhead, to + theirsAfter],
      kind: o === firstOurs ? 'theirs' : t === firstTheirs ? 'ours' : 'conflict',
      isOneChange:
        o - firstOurs + t - firstTheirs === 2 &&
        ours[firstOurs]?.from === theirs[firstTheirs]?.from &&
        ours[firstOurs]?.to === theirs[firstTheirs]?.to,
    })
    oursAhead = oursAfter
    theirsAhead = theirsAfter
  }
  return regions
}

/** The groups of marked elements, in order. */
export function changesOf({ before, after }: Marks): Change[] {
  const changes: Change[] = []
  for (let at = 0, counterpart = 0; at < before.length || counterpart < after.length; ) {
    const [from, start] = [at, counterpart]
    while (at < before.length && before[at] === 1) at++
    while (counterpart < after.length && after[counterpart] === 1) counterpart++
    if (at > from || counterpart > start) changes.push({ from, to: at, start, end: counterpart })
    else {
      at++
      counterpart++
    }
  }
  return changes
}
