import { defaultMaxWork } from '../diff/diff-lines.ts'
import { markedChanges } from '../diff/marks.ts'
import { numberPieces } from '../diff/number-pieces.ts'
import type { Pieces } from '../diff/pieces.ts'
import { linesOf, textOf } from '../diff/pieces.ts'
import type { Sequences } from '../diff/sequence.ts'
import type { Region } from './region.ts'
import { changesOf, findRegions } from './region.ts'

export interface MergeTextOptions {
  labels?: MergeLabels
  /** As of `diffLines`: how many inner-loop steps each side may take, and the conflicts together. */
  maxWork?: number
}

export interface MergeLabels {
  ours?: string
  theirs?: string
}

/** A place where both sides changed the text differently. Each side is the text as it stands there, and was. */
export interface TextConflict {
  base: string
  ours: string
  theirs: string
  /** The line of the merged text, from 0, that the conflict's first marker stands on. */
  line: number
}

export interface TextMerge {
  clean: boolean
  /** The merged text; of conflicts both sides between markers, as git writes them. */
  text: string
  conflicts: TextConflict[]
}

/** Conflicts with no more lines than this between them are one: nobody resolves them apart. */
const joinedLines = 3

/**
 * Merges what two sides made of one text (three-way, line by line). Changes of one side, and equal changes of both, are
 * taken; what both changed differently is a conflict, as are changes that touch. Inside a conflict only what differs
 * between the sides stands between the markers. Clean or not, and the text, are as `git merge-file` has them; of texts
 * that repeat a few lines again and again, git may lay conflicts out otherwise.
 */
export function mergeText(
  base: string,
  ours: string,
  theirs: string,
  { labels = {}, maxWork = defaultMaxWork }: MergeTextOptions = {},
): TextMerge {
  const lines = numberedLines(linesOf(base), linesOf(ours), linesOf(theirs))
  const regions = joinNear(lines, refine(lines, regionsOf(lines, maxWork), maxWork))
  return write(lines, regions, labels)
}

interface Lines {
  base: Pieces
  ours: Pieces
  theirs: Pieces
  /** The same with numbers for lines: equal lines have equal ones, below `symbols`. */
  numbers: { base: Int32Array; ours: Int32Array; theirs: Int32Array }
  symbols: number
}

function numberedLines(base: Pieces, ours: Pieces, theirs: Pieces): Lines {
  const { numbers, count } = numberPieces(base, ours, theirs)
  const sides = { base: numbers[0]!, ours: numbers[1]!, theirs: numbers[2]! }
  return { base, ours, theirs, numbers: sides, symbols: count }
}

function regionsOf({ numbers, symbols }: Lines, maxWork: number): Region[] {
  const marksOf = (side: Int32Array) => markedChanges({ before: numbers.base, after: side, symbols }, maxWork)
  return findRegions(marksOf(numbers.ours), marksOf(numbers.theirs))
}

/** With numbers of their own, from 0: what is counted by number shall not take as long as for the whole text. */
function ownNumbers(before: Int32Array, after: Int32Array): Sequences {
  const own = new Map<number, number>()
  const numbered = (number: number) => {
    const known = own.get(number) ?? own.size
    own.set(number, known)
    return known
  }
  const sides = { before: before.map(numbered), after: after.map(numbered) }
  return { ...sides, symbols: own.size }
}

/** Leaves of each conflict what differs between the sides. */
function refine(lines: Lines, regions: readonly Region[], maxWork: number): Region[] {
  const share = maxWork / regions.length
  return regions.flatMap((region) => {
    if (region.kind !== 'conflict') return [region]
    const ours = lines.numbers.ours.subarray(...region.ours)
    const theirs = lines.numbers.theirs.subarray(...region.theirs)
    if ((ours.length === 0) !== (theirs.length === 0)) return [region]
    const differing = changesOf(markedChanges(ownNumbers(ours, theirs), share))
    // What both changed alike keeps conflicts around it apart, unless it is the same one change: then it is no change.
    if (differing.length === 0) return region.isOneChange ? [] : [{ ...region, kind: 'ours' as const }]
    return differing.map(
      (change, index): Region => ({
        ...region,
        // Which of the base's lines belong to which part nobody knows: the first part has them all.
        base: index === 0 ? region.base : [region.base[1], region.base[1]],
        ours: [region.ours[0] + change.from, region.ours[0] + change.to],
        theirs: [region.theirs[0] + change.start, region.theirs[0] + change.end],
      }),
    )
  })
}

/** Makes one conflict of two with few lines between them, or with none that say anything. */
function joinNear(lines: Lines, regions: readonly Region[]): Region[] {
  const joined: Region[] = []
  for (const region of regions) {
    const last = joined.at(-1)
    if (last?.kind === 'conflict' && region.kind === 'conflict') {
      const [from, to] = [last.ours[1], region.ours[0]]
      if (to - from <= joinedLines || !/[a-z0-9]/i.test(textOf(lines.ours, from, to))) {
        last.base = [last.base[0], region.base[1]]
        last.ours = [last.ours[0], region.ours[1]]
        last.theirs = [last.theirs[0], region.theirs[1]]
        continue
      }
    }
    joined.push({ ...region })
  }
  return joined
}

function write(lines: Lines, regions: readonly Region[], labels: MergeLabels): TextMerge {
  const { ours: oursLabel = 'ours', theirs: theirsLabel = 'theirs' } = labels
  const written: string[] = []
  const conflicts: TextConflict[] = []
  let at = 0
  // How many lines are written more than our side has up to there.
  let ahead = 0
  for (const { base, ours, theirs, kind } of regions) {
    if (kind === 'ours') continue
    written.push(textOf(lines.ours, at, ours[0]))
    at = ours[1]
    const sides = { ours: textOf(lines.ours, ...ours), theirs: textOf(lines.theirs, ...theirs) }
    if (kind === 'theirs') written.push(sides.theirs)
    else {
      conflicts.push({ base: textOf(lines.base, ...base), ...sides, line: ours[0] + ahead })
      const end = endsInCarriageReturn(lines, ours[0], theirs[0]) ? '\r\n' : '\n'
      const marked = (marker: string, side: string) => written.push(marker, end, ended(side, end))
      marked(`<<<<<<< ${oursLabel}`, sides.ours)
      marked('=======', sides.theirs)
      marked(`>>>>>>> ${theirsLabel}`, '')
      ahead += ours[1] - ours[0] + 3
    }
    ahead += theirs[1] - theirs[0] - (ours[1] - ours[0])
  }
  written.push(textOf(lines.ours, at))
  return { clean: conflicts.length === 0, text: written.join(''), conflicts }
}

/** A text that a line follows. */
function ended(text: string, end: string): string {
  return text === '' || text.endsWith('\n') ? text : text + end
}

/**
 * True where the lines before the conflict on both sides, and the first of the base, end in CRLF. A side that has no
 * line to tell by leaves it to the next.
 */
function endsInCarriageReturn(lines: Lines, oursAt: number, theirsAt: number): boolean {
  const endings = [
    endingAt(lines.ours, Math.max(0, oursAt - 1)),
    endingAt(lines.theirs, Math.max(0, theirsAt - 1)),
    endingAt(lines.base, 0),
  ]
  return !endings.includes('\n') && endings.at(-1) === '\r\n'
}

/** How a line ends, or, if it is the last and has no newline, the one before it. */
function endingAt(lines: Pieces, at: number): '\n' | '\r\n' | undefined {
  const line = textOf(lines, at, at + 1).endsWith('\n') ? textOf(lines, at, at + 1) : textOf(lines, at - 1, at)
  return line === '' ? undefined : line.endsWith('\r\n') ? '\r\n' : '\n'
}
