import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LaneVersion } from './lanes.ts'
import { layOutHistory, waitingBelow } from './lanes.ts'

test('a straight history is one lane', () => {
  const { rows, waiting } = layOutHistory([
    { id: 3, parents: [2] },
    { id: 2, parents: [1] },
    { id: 1, parents: [] },
  ])
  expect(rows).toEqual([
    { id: 3, lane: 0, lines: [{ from: 0, to: 0, parent: 2 }], hiddenLines: 0 },
    { id: 2, lane: 0, lines: [{ from: 0, to: 0, parent: 1 }], hiddenLines: 0 },
    { id: 1, lane: 0, lines: [], hiddenLines: 0 },
  ])
  expect(waiting).toEqual([])
})

test('a branch that is merged has a lane beside its target, and ends where it began', () => {
  const { rows } = layOutHistory([
    { id: 'merge', parents: ['main', 'draft'] },
    { id: 'draft', parents: ['root'] },
    { id: 'main', parents: ['root'] },
    { id: 'root', parents: [] },
  ])
  expect(rows.map(({ id, lane }) => [id, lane])).toEqual([
    ['merge', 0],
    ['draft', 1],
    ['main', 0],
    ['root', 1],
  ])
  expect(rows[2]!.lines).toEqual([
    { from: 0, to: 1, parent: 'root' },
    { from: 1, to: 1, parent: 'root' },
  ])
})

/** Histories newest first, whose parents are any of the versions behind. */
const history = fc
  .array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 8 }), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 40 })
  .map((choices) =>
    choices.map(([first, second, isRoot, isMerge], index): LaneVersion<number> => {
      const [one, other] = [index + 1 + first, index + 1 + second].map((id) => (id < choices.length ? id : undefined))
      if (isRoot && first > 3) return { id: index, parents: [] }
      const parents = [one, isMerge ? other : undefined].filter((id) => id !== undefined)
      return { id: index, parents: [...new Set(parents)] }
    }),
  )

test('every line leads on from row to row until it comes to its parent, and no two versions share a place', () => {
  fc.assert(
    fc.property(history, (versions) => {
      const { rows, waiting } = layOutHistory(versions)
      for (const [index, { lines }] of rows.entries()) {
        const next = rows[index + 1]
        const places = new Map<number, number>()
        for (const { to, parent } of lines) {
          // Lines that meet in a lane lead to the same parent.
          expect(places.get(to) ?? parent).toBe(parent)
          places.set(to, parent)
          if (next?.id === parent) expect(to).toBe(next.lane)
          else if (next) expect(next.lines.some((line) => line.from === to && line.parent === parent)).toBe(true)
        }
      }
      expect(waiting).toEqual([])
    }),
  )
})

test('of a graph that is too wide every row has the lines in its first lanes and those of its version, and counts the rest', () => {
  fc.assert(
    fc.property(history, fc.nat({ max: 5 }), fc.nat({ max: 40 }), (versions, drawn, cut) => {
      const whole = layOutHistory(versions).rows
      const waiting = waitingBelow(versions.slice(0, cut))
      const parentsOf = new Map(versions.map(({ id, parents }) => [id, parents.length]))
      const expected = whole.slice(cut).map((row) => {
        const lines = row.lines.filter(({ from }, at) => at < parentsOf.get(row.id)! || from < drawn)
        return { ...row, lines, hiddenLines: row.lines.length - lines.length }
      })
      expect(layOutHistory(versions.slice(cut), waiting, drawn).rows).toEqual(expected)
    }),
  )
})

test('a page of a history of very many branches is no larger for those that are not drawn', () => {
  const branches = 20_000
  const waiting = Array.from({ length: branches }, (_, id) => id)
  const { rows } = layOutHistory(
    waiting.slice(0, 200).map((id) => ({ id, parents: [branches + id] })),
    waiting,
  )
  expect(Math.max(...rows.map(({ lines }) => lines.length))).toBeLessThanOrEqual(101)
  expect(rows[0]).toMatchObject({ lane: 0, hiddenLines: branches - 100 })
  expect(rows[150]).toMatchObject({
    lane: 150,
    lines: expect.arrayContaining([{ from: 150, to: 150, parent: branches + 150 }]),
    hiddenLines: branches - 101,
  })
})

test('pages that are laid out for themselves are together as one', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 7 }), (versions, size) => {
      const starts = versions.keys().filter((at) => at % size === 0)
      const pages = starts.map((at) =>
        layOutHistory(versions.slice(at, at + size), waitingBelow(versions.slice(0, at))),
      )
      expect(pages.flatMap(({ rows }) => rows).toArray()).toEqual(layOutHistory(versions).rows)
    }),
  )
})

test('a page deep in a history of very many branches takes no time for the rows above it', () => {
  // Drawn, the rows above would have two hundred million lines.
  const branches = 20_000
  const versions = Array.from({ length: branches }, (_, id) => ({ id, parents: [branches + id] }))
  expect(waitingBelow(versions)).toHaveLength(branches)
  const above = [...versions, ...versions.map(({ parents: [id] }) => ({ id: id!, parents: [2 * branches] }))]
  const { rows, waiting } = layOutHistory([{ id: 2 * branches, parents: [] }], waitingBelow(above))
  expect(rows).toEqual([{ id: 2 * branches, lane: 0, lines: [], hiddenLines: 0 }])
  expect(waiting).toEqual([])
})

test('pages join: laid out in two, a history is as in one', () => {
  fc.assert(
    fc.property(history, fc.nat({ max: 40 }), (versions, cut) => {
      const first = layOutHistory(versions.slice(0, cut))
      const second = layOutHistory(versions.slice(cut), first.waiting)
      expect([...first.rows, ...second.rows]).toEqual(layOutHistory(versions).rows)
    }),
  )
})
