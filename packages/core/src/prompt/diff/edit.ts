/** One change: the elements of `before` from `beforeStart` to `beforeEnd` are replaced by those of `after`; half-open, from 0. */
export interface Edit {
  beforeStart: number
  beforeEnd: number
  afterStart: number
  afterEnd: number
}

/** What turns one sequence into another. */
export interface EditScript {
  /** The changes in order, none next to another; everything between them is the same on both sides. */
  edits: Edit[]
  /** How many elements of `after` are new. */
  inserted: number
  /** How many elements of `before` are gone. */
  deleted: number
  /** True when no script has fewer insertions and deletions. */
  exact: boolean
}

/** The script that keeps what corresponds; `offset` is added to all positions. */
export function editScript(
  matches: Int32Array,
  length: { before: number; after: number },
  { offset, exact }: { offset: number; exact: boolean },
): EditScript {
  const edits: Edit[] = []
  let kept = 0
  let [beforeStart, afterStart] = [0, 0]
  const close = (beforeEnd: number, afterEnd: number) => {
    if (beforeEnd === beforeStart && afterEnd === afterStart) return
    edits.push({
      beforeStart: beforeStart + offset,
      beforeEnd: beforeEnd + offset,
      afterStart: afterStart + offset,
      afterEnd: afterEnd + offset,
    })
  }
  for (let at = 0; at < matches.length; at++) {
    const counterpart = matches[at]!
    if (counterpart < 0) continue
    close(at, counterpart)
    beforeStart = at + 1
    afterStart = counterpart + 1
    kept++
  }
  close(length.before, length.after)
  return { edits, inserted: length.after - kept, deleted: length.before - kept, exact }
}
