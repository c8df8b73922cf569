import { matchSequences } from './match.ts'
import { MiddleSnake } from './middle-snake.ts'
import type { Anchors, Marks, Sequences } from './sequence.ts'
import { commonEnds, countsOf, finish } from './sequence.ts'

/** How far around a frequent line is looked for what is rewritten, up to the next lines that anchor. */
const passageLines = 100
/** Of so many lines of a passage at most one may be frequent. */
const passageShare = 4

/**
 * Which lines changed, as a reader sees it, and git: not always by a shortest script. What is frequent, such as an empty
 * line, does not tie a passage that was rewritten to what it was before, and every group of changes stands as far down
 * as it goes.
 */
export function markedChanges({ before, after, symbols }: Sequences, maxWork: number): Marks {
  const marks = { before: new Uint8Array(before.length), after: new Uint8Array(after.length) }
  const { prefix, suffix } = commonEnds(before, after)
  const [beforeEnd, afterEnd] = [before.length - suffix, after.length - suffix]
  marks.before.fill(1, prefix, beforeEnd)
  marks.after.fill(1, prefix, afterEnd)
  if (prefix < beforeEnd && prefix < afterEnd) {
    const anchors = {
      before: anchorsOf(before, prefix, beforeEnd, countsOf(after, symbols)),
      after: anchorsOf(after, prefix, afterEnd, countsOf(before, symbols)),
    }
    matchAnchors({ before, after, symbols }, anchors, marks, maxWork)
  }
  slideGroups(before, marks.before, marks.after)
  slideGroups(after, marks.after, marks.before)
  return marks
}

/** Clears the marks of the anchors that correspond. */
function matchAnchors(sequences: Sequences, at: Anchors, marks: Marks, maxWork: number): void {
  if (at.before.length === 0 || at.after.length === 0) return
  for (const index of at.before) marks.before[index] = 0
  for (const index of at.after) marks.after[index] = 0
  const { before, after, symbols } = sequences
  const anchors = { before: at.before.map((index) => before[index]!), after: at.after.map((index) => after[index]!) }
  if (!new MiddleSnake(anchors, at, marks, maxWork).run()) shortestMarks({ ...anchors, symbols }, at, marks, maxWork)
}

/** Where the sides have too little in common for the way that reads best: any that is short. */
function shortestMarks(anchors: Anchors & { symbols: number }, at: Anchors, marks: Marks, maxWork: number): void {
  for (const index of at.before) marks.before[index] = 1
  for (const index of at.after) marks.after[index] = 1
  const sequences = { ...anchors, before: Int32Array.from(anchors.before), after: Int32Array.from(anchors.after) }
  const { matches } = finish(matchSequences(sequences, maxWork))
  for (const [index, counterpart] of matches.entries()) {
    if (counterpart < 0) continue
    marks.before[at.before[index]!] = 0
    marks.after[at.after[counterpart]!] = 0
  }
}

/** The positions of the lines that can be matched: those with a counterpart, but not what is frequent in a rewritten passage. */
function anchorsOf(lines: Int32Array, from: number, to: number, counterparts: readonly number[]): number[] {
  const anchors: number[] = []
  const fewest = Math.sqrt(lines.length)
  // How many lines without counterpart there are before each, and where the anchors are that are sure.
  const lost = [0]
  const sure = [from - 1]
  const inDoubt: number[] = []
  for (let at = from; at < to; at++) {
    const count = counterparts[lines[at]!]!
    lost.push(lost[at - from]! + (count === 0 ? 1 : 0))
    // In the middle of a rewritten passage, a line that the other side has so often anchors nothing.
    if (count >= fewest) inDoubt.push(at)
    else if (count > 0) sure.push(at)
  }
  sure.push(to)
  for (let next = 1, doubt = 0; next < sure.length; next++) {
    for (; inDoubt[doubt]! < sure[next]!; doubt++) {
      const at = inDoubt[doubt]!
      const [above, below] = [
        Math.max(at - passageLines, sure[next - 1]! + 1),
        Math.min(at + passageLines + 1, sure[next]!),
      ]
      const lostAbove = lost[at - from]! - lost[above - from]!
      const lostBelow = lost[below - from]! - lost[at - from]!
      // The line itself counts with either side.
      const isInPassage =
        lostAbove > 0 && lostBelow > 0 && (below - above + 1 - lostAbove - lostBelow) * passageShare < below - above + 1
      if (!isInPassage) anchors.push(at)
    }
    if (next < sure.length - 1) anchors.push(sure[next]!)
  }
  return anchors
}

/**
 * Where the line before a group of changed lines equals its last one, or the line behind it its first one, the group can
 * as well stand one line higher or lower. Each goes down as far as it can, taking in the groups that it meets, and up
 * again to where the other side has changes at the same place, so that a replacement stays one.
 */
function slideGroups(lines: Int32Array, changed: Uint8Array, otherChanged: Uint8Array): void {
  // Mostly nothing can slide.
  let sizes: Int32Array | undefined
  const otherSize = (slot: number) => {
    sizes ??= groupSizes(otherChanged)
    return sizes[slot]!
  }
  // Between two groups there are unchanged lines; their number before a group is its slot on both sides.
  for (let start = 0, slot = 0; start < lines.length; ) {
    if (changed[start] === 0) {
      start++
      slot++
      continue
    }
    let group = { start, end: endOf(changed, start), slot }
    if (!canGoUp(lines, group) && !canGoDown(lines, group)) {
      start = group.end
      continue
    }
    let lowestUp: number
    let besideOther: number
    for (;;) {
      const size = group.end - group.start
      while (canGoUp(lines, group)) group = up(changed, group)
      lowestUp = group.end
      besideOther = otherSize(group.slot) > 0 ? group.end : -1
      while (canGoDown(lines, group)) {
        group = down(changed, group)
        if (otherSize(group.slot) > 0) besideOther = group.end
      }
      // It may have taken in others, and go further with them.
      if (group.end - group.start === size) break
    }
    if (group.end !== lowestUp && besideOther >= 0) {
      while (otherSize(group.slot) === 0) group = up(changed, group)
    }
    start = group.end
    slot = group.slot
  }
}

interface Group {
  start: number
  end: number
  slot: number
}

function canGoUp(lines: Int32Array, { start, end }: Group): boolean {
  return start > 0 && lines[start - 1] === lines[end - 1]
}

function canGoDown(lines: Int32Array, { start, end }: Group): boolean {
  return end < lines.length && lines[start] === lines[end]
}

function up(changed: Uint8Array, { start, end, slot }: Group): Group {
  changed[start - 1] = 1
  changed[end - 1] = 0
  let first = start - 1
  while (first > 0 && changed[first - 1] === 1) first--
  return { start: first, end: end - 1, slot: slot - 1 }
}

function down(changed: Uint8Array, { start, end, slot }: Group): Group {
  changed[start] = 0
  changed[end] = 1
  return { start: start + 1, end: endOf(changed, end), slot: slot + 1 }
}

function endOf(changed: Uint8Array, start: number): number {
  let end = start
  while (end < changed.length && changed[end] === 1) end++
  return end
}

/** By slot, how many changed lines there are. */
function groupSizes(changed: Uint8Array): Int32Array {
  const sizes = new Int32Array(changed.length + 1)
  let slot = 0
  for (const mark of changed) {
    if (mark === 1) sizes[slot]!++
    else slot++
  }
  return sizes
}
