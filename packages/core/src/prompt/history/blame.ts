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

/**
 * Which version wrote each line of a version's text: the earliest that has it on the way back, by the first parent that
 * has it where a version has two. `textOf` is asked once for every version that still has a line to answer for.
 */
export function blame<Id>(history: History<Id> & { textOf(id: Id): string }, version: Id): BlamedLine<Id>[] {
  const lines = splitLines(history.textOf(version))
  const blamed = new Array<BlamedLine<Id>>(lines.length)
  const suspects = new Map<Id, Suspect[]>([[version, lines.map((_, line) => ({ line, asked: line }))]])
  for (const id of childrenFirst(history, version)) {
    let left = suspects.get(id) ?? []
    suspects.delete(id)
    if (left.length === 0) continue
    const text = history.textOf(id)
    for (const parent of history.parents.get(id) ?? []) {
      if (left.length === 0) break
      const origins = originsOf(history.textOf(parent), text)
      const passed = left.filter(({ line }) => origins[line]! >= 0)
      left = left.filter(({ line }) => origins[line]! < 0)
      const known = suspects.get(parent) ?? []
      suspects.set(parent, [...known, ...passed.map(({ line, asked }) => ({ line: origins[line]!, asked }))])
    }
    for (const { line, asked } of left) blamed[asked] = { text: lines[asked]!, version: id, line }
  }
  return blamed
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
