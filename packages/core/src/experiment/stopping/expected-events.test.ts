import { describe, expect, it } from 'vitest'
import { addUnit, mergeMoments, noUnits } from '../statistics/unit-moments.ts'
import { expectedEvents } from './expected-events.ts'

const rate = (units: number, successes: number, runs = 1) =>
  addUnit(addUnit(noUnits, { n: runs, x: runs }, successes), { n: runs, x: 0 }, units - successes)

describe('expected events', () => {
  it('are those that the common rate gives the smallest arm, of whatever is rarer', () => {
    expect(expectedEvents([[rate(1_000, 30), rate(1_000, 10)]], [0, 1], 'proportion')).toBeCloseTo(20, 9)
    expect(expectedEvents([[rate(1_000, 970), rate(1_000, 990)]], [0, 1], 'proportion')).toBeCloseTo(20, 9)
    expect(expectedEvents([[rate(3_000, 30), rate(1_000, 10)]], [0, 1], 'proportion')).toBeCloseTo(10, 9)
    expect(expectedEvents([[rate(1_000, 970), rate(1_000, 990)]], [0, 1], 'count')).toBeCloseTo(980, 9)
    expect(expectedEvents([[rate(1_000, 3), rate(400, 1)]], [0, 1], 'mean')).toBe(400)
  })

  it('count all that one unit does as one event', () => {
    expect(expectedEvents([[rate(1_000, 30, 25), rate(1_000, 10, 25)]], [0, 1], 'proportion')).toBeCloseTo(20, 9)
    // One unit with many events among units with one each hides them.
    const outlier = mergeMoments(rate(1_000, 20), addUnit(noUnits, { n: 400, x: 400 }))
    expect(expectedEvents([[outlier, outlier]], [0, 1], 'proportion')).toBeLessThan(2)
  })

  it('add up over epochs, and are none before anything was seen', () => {
    const stratum = [rate(1_000, 10), rate(1_000, 10)]
    expect(expectedEvents([stratum, stratum], [0, 1], 'proportion')).toBeCloseTo(20, 9)
    expect(expectedEvents([[noUnits, noUnits]], [0, 1], 'proportion')).toBe(0)
    expect(expectedEvents([[rate(50, 0), rate(50, 0)]], [0, 1], 'proportion')).toBe(0)
  })
})
