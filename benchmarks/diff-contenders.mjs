// Everybody from two strings to `{ edits, inserted, deleted }`, the edits in each one's own shape.
import { diffLines as ours } from '@fairlead/core/prompt'
import jestDiff from '@jest/diff-sequences'
import { diffLines as jsdiff } from 'diff'
import { diff as fastMyers } from 'fast-myers-diff'
import { diffPatch } from 'node-diff3'

const lines = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

export const contenders = {
  ours: (before, after) => ours(before, after),
  jsdiff(before, after) {
    const edits = jsdiff(before, after)
    let [inserted, deleted] = [0, 0]
    for (const { added, removed, count } of edits) {
      if (added) inserted += count
      else if (removed) deleted += count
    }
    return { edits, inserted, deleted }
  },
  'fast-myers-diff'(before, after) {
    const edits = [...fastMyers(lines(before), lines(after))]
    let [inserted, deleted] = [0, 0]
    for (const [from, to, start, end] of edits) {
      deleted += to - from
      inserted += end - start
    }
    return { edits, inserted, deleted }
  },
  '@jest/diff-sequences'(before, after) {
    const [a, b] = [lines(before), lines(after)]
    const edits = []
    let common = 0
    const diff = jestDiff.default ?? jestDiff
    diff(
      a.length,
      b.length,
      (x, y) => a[x] === b[y],
      (length, x, y) => {
        common += length
        edits.push([length, x, y])
      },
    )
    return { edits, inserted: b.length - common, deleted: a.length - common }
  },
  'node-diff3'(before, after) {
    const edits = diffPatch(lines(before), lines(after))
    let [inserted, deleted] = [0, 0]
    for (const { buffer1, buffer2 } of edits) {
      deleted += buffer1.length
      inserted += buffer2.length
    }
    return { edits, inserted, deleted }
  },
}
