import { expect, it } from 'vitest'
import type { RefMove } from './live-at.ts'
import { liveAt } from './live-at.ts'

const move = (at: string, newVersionId: string | null, name = 'production', kind: RefMove['kind'] = 'label') => {
  return { kind, name, newVersionId, at: `2026-01-${at}T00:00:00Z` }
}
const log = [
  move('02', 'a'),
  move('03', 'other', 'staging'),
  move('04', 'b'),
  move('05', 'c', 'production', 'branch'),
  move('06', null),
  move('08', 'd'),
]

it.each([
  ['2026-01-01T23:59:59Z', null],
  ['2026-01-02T00:00:00Z', 'a'],
  ['2026-01-03T12:00:00Z', 'a'],
  ['2026-01-05T00:00:00+02:00', 'b'],
  ['2026-01-07T00:00:00Z', null],
  ['2027-01-01T00:00:00Z', 'd'],
])('what was live at %s is %s', (time, version) => {
  expect(liveAt(log, 'production', time)).toBe(version)
  expect(liveAt(log, 'unknown', time)).toBeNull()
})
