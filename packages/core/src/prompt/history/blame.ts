import { markedChanges } from '../diff/marks.ts'
import { numberPieces } from '../diff/number-pieces.ts'
import { linesOf, splitLines } from '../diff/pieces.ts'
import type { History } from './merge-bases.ts'

/** A line of a text and the version that wrote it. */
export interface BlamedLine<Id> {
  text: string
  version: Id
  /** Where it stood in that version, from 0. */
  line: number
}

/** A line on its way back through the history: where it stands in the version looked at, and in the one asked about. */
interface Suspect {
  line: number
  asked: number
}

const maxWork = 24_000_000

/** A history whose texts can be had, perhaps by waiting for them: a long one need not be in memory as a whole. */
export interface BlamableHistory<Id> extends History<Id> {
  /** The texts of a version, in an order by which those of different versions belong together. */
  textsOf(id: Id): readonly string[] | Promise<readonly string[]>
}

/**
 * Which version wrote each line of each text of a version: the earliest that has it on the way back, by the first parent
 * that has it where a version has two. `textsOf` is asked for versions that still have a line to answer for and for their
 * parents, the latest first, and for nothing behind the last of them.
 */
export async function blame<Id>(history: BlamableHistory<Id>, version: Id): Promise<BlamedLine<Id>[][]> {
  const asked = (await history.textsOf(version)).map((text) => splitLines(text))
  const blamed = asked.map((lines) => new Array<BlamedLine<Id>>(lines.length))
  const all = asked.map((lines) => lines.map((_, line): Suspect => ({ line, asked: line })))
  const suspects = new Map<Id, Suspect[][]>([[version, all]])
  for (const id of childrenFirst(history, version)) {
    if (suspects.size === 0) break
    let left = suspects.get(id)
    if (!left) continue
    suspects.delete(id)
    const texts = await history.textsOf(id)
    for (const parent of history.parents.get(id) ?? []) {
      if (!left.some(isAny)) break
      const { passed, stayed } = handOver(left, texts, await history.textsOf(parent))
      left = stayed
      const known = suspects.get(parent)
      if (passed.some(isAny)) suspects.set(parent, known ? passed.map((some, at) => [...known[at]!, ...some]) : passed)
    }
    for (const [at, some] of left.entries())
      for (const { line, asked: was } of some) blamed[at]![was] = { text: asked[at]![was]!, version: id, line }
  }
  return blamed
}

/** For each text the lines that an earlier version has too, by where they stand there, and those that it has not. */
function handOver(suspects: readonly Suspect[][], texts: readonly string[], earlier: readonly string[]) {
  const passed: Suspect[][] = []
  const stayed: Suspect[][] = []
  for (const [at, some] of suspects.entries()) {
    const origins = some.length > 0 ? originsOf(earlier[at] ?? '', texts[at] ?? '') : new Int32Array()
    const isOlder = ({ line }: Suspect) => origins[line]! >= 0
    passed.push(some.filter(isOlder).map(({ line, asked }) => ({ line: origins[line]!, asked })))
    stayed.push(some.filter((suspect) => !isOlder(suspect)))
  }
  return { passed, stayed }
}

function isAny({ length }: readonly Suspect[]): boolean {
  return length > 0
}

/** For every line of the later text where it stood in the earlier one, or -1. */
function originsOf(earlier: string, later: string): Int32Array {
  const { numbers, count } = numberPieces(linesOf(earlier), linesOf(later))
  const marks = markedChanges({ before: numbers[0]!, after: numbers[1]!, symbols: count }, maxWork)
  const origins = new Int32Array(marks.after.length).fill(-1)
  let at = 0
  for (let line = 0; line < origins.length; line++) {
    if (marks.after[line] === 1) continue
    while (marks.before[at] === 1) at++
    origins[line] = at++
  }
  return origins
}

/** The ancestors of a version, each after all those among them that were made from it. */
function childrenFirst<Id>({ parents }: History<Id>, version: Id): Id[] {
  const children = new Map<Id, number>([[version, 0]])
  const open = [version]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const parent of parents.get(id) ?? []) {
      if (!children.has(parent)) open.push(parent)
      children.set(parent, (children.get(parent) ?? 0) + 1)
    }
  }
  const order: Id[] = []
  const ready = [version]
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.push(id)
    for (const parent of parents.get(id) ?? []) {
      const left = children.get(parent)! - 1
      children.set(parent, left)
      if (left === 0) ready.push(parent)
    }
  }
  return order
}
