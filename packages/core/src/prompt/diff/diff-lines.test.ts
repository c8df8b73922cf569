import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitParallelMatches } from './bit-parallel.ts'
import { diffLines, diffLinesAsync } from './diff-lines.ts'
import type { EditScript } from './edit.ts'
import { huntSzymanskiMatches } from './hunt-szymanski.ts'
import { matchSequences } from './match.ts'
import { myersMatches } from './myers.ts'
import { splitLines } from './pieces.ts'
import { roughMatches } from './rough.ts'

/** The length of the longest common subsequence, by the textbook's table. */
function lcsLength(before: ArrayLike<unknown>, after: ArrayLike<unknown>): number {
  let row = new Array<number>(after.length + 1).fill(0)
  for (let i = 0; i < before.length; i++) {
    const next = [0]
    for (let j = 0; j < after.length; j++) {
      next.push(before[i] === after[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!))
    }
    row = next
  }
  return row[after.length]!
}

/** Applies a script to the lines of `before`, taking what is new from `after`. */
function apply({ edits }: EditScript, before: string, after: string): string {
  const [from, to] = [splitLines(before), splitLines(after)]
  const result: string[] = []
  let at = 0
  for (const { beforeStart, beforeEnd, afterStart, afterEnd } of edits) {
    result.push(...from.slice(at, beforeStart), ...to.slice(afterStart, afterEnd))
    at = beforeEnd
  }
  return [...result, ...from.slice(at)].join('')
}

const line = fc.constantFrom('a', 'b', 'c', '', 'a b', 'é🙂', 'x\r')
const text = fc
  .tuple(fc.array(line, { maxLength: 40 }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''))

describe('diffing lines', () => {
  it('gives a script that is valid and as short as can be', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const script = diffLines(before, after)
        expect(script.exact).toBe(true)
        expect(apply(script, before, after)).toBe(after)
        const [from, to] = [splitLines(before), splitLines(after)]
        const common = lcsLength(from, to)
        expect(script.deleted).toBe(from.length - common)
        expect(script.inserted).toBe(to.length - common)
      }),
      { numRuns: 2_000 },
    )
  })

  it('finds what differs between long passages that are the same, whether lines end in them or not', () => {
    const [long, other] = ['x'.repeat(300), 'y'.repeat(300)]
    for (const [before, after] of [
      [`a${long}`, `b${long}`],
      [`${long}a${long}`, `${long}b${long}`],
      [`${long}\n${other}`, `${other}\n${other}`],
      [`a\n${long}\n${other}`, `b\n${long}\n${other}`],
      [`${long}\n${long}`, `${long}\n${long}\n`],
      [long, ''],
    ] as const) {
      const script = diffLines(before, after)
      expect(apply(script, before, after)).toBe(after)
      const common = lcsLength(splitLines(before), splitLines(after))
      expect(script.deleted).toBe(splitLines(before).length - common)
    }
  })

  it('takes a missing final newline for a difference', () => {
    expect(diffLines('a', 'a\n')).toEqual({
      edits: [{ beforeStart: 0, beforeEnd: 1, afterStart: 0, afterEnd: 1 }],
      inserted: 1,
      deleted: 1,
      exact: true,
    })
    expect(diffLines('a\n', 'a\nb\n').edits).toEqual([{ beforeStart: 1, beforeEnd: 1, afterStart: 1, afterEnd: 2 }])
    expect(diffLines('', '')).toEqual({ edits: [], inserted: 0, deleted: 0, exact: true })
    expect(diffLines('x\r\ny', 'x\ny').deleted).toBe(1)
  })

  it('never takes part of a line for common, at either end', () => {
    expect(diffLines('ab\nc\n', 'ax\nc\n')).toMatchObject({ inserted: 1, deleted: 1 })
    expect(diffLines('a\nbc\n', 'a\nxc\n')).toMatchObject({ inserted: 1, deleted: 1 })
    expect(diffLines('c\n', 'bc\n')).toMatchObject({ inserted: 1, deleted: 1 })
  })

  it('has neither overlapping nor touching edits', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        let [lastBefore, lastAfter] = [-1, -1]
        for (const { beforeStart, beforeEnd, afterStart, afterEnd } of diffLines(before, after).edits) {
          expect(beforeStart > lastBefore && afterStart > lastAfter).toBe(true)
          expect(beforeEnd - beforeStart + afterEnd - afterStart).toBeGreaterThan(0)
          ;[lastBefore, lastAfter] = [beforeEnd, afterEnd]
        }
      }),
    )
  })

  it('gives the same script in slices, and stops when it is told to', async () => {
    const [before, after] = [shuffled(3_000, 1), shuffled(3_000, 2)]
    expect(await diffLinesAsync(before, after)).toEqual(diffLines(before, after))
    const stop = new AbortController()
    const diffing = diffLinesAsync(before, after, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(diffing).rejects.toThrow('enough')
  })

  it('keeps to the work allowed, with a script that is valid and told to be inexact', () => {
    const [before, after] = [randomLines(4_000, 40, 1), randomLines(4_000, 40, 2)]
    const rough = diffLines(before, after, { maxWork: 50_000 })
    expect(rough.exact).toBe(false)
    expect(apply(rough, before, after)).toBe(after)
    const exact = diffLines(before, after)
    expect(exact.exact).toBe(true)
    expect(rough.deleted).toBeGreaterThan(exact.deleted)
    expect(diffLines(before, after, { maxWork: 50_000 })).toEqual(rough)
  })
})

describe.each([
  ['Myers', ({ before, after }: Parts) => myersMatches({ before, after }, 1e6)],
  ['Hunt and Szymanski', (parts: Parts) => huntSzymanskiMatches(parts, pairsOf(parts))],
  ['bits in parallel', (parts: Parts) => bitParallelMatches(parts)],
])('%s', (_name, algorithm) => {
  it('finds a longest common subsequence', () => {
    fc.assert(
      fc.property(sequences(), (parts) => {
        const matches = drain(algorithm(parts))
        // Myers' gives up where too little is common.
        fc.pre(matches !== undefined)
        expectCommon(parts, matches)
        expect(matches.filter((at) => at >= 0)).toHaveLength(lcsLength(parts.before, parts.after))
      }),
      { numRuns: 1_000 },
    )
  })
})

it('what is rough is a common subsequence all the same, and whatever is chosen is a longest', () => {
  fc.assert(
    fc.property(sequences(), fc.integer({ min: 0, max: 5_000 }), (parts, work) => {
      expectCommon(parts, drain(roughMatches(parts, work))!)
      const { matches, exact } = drain(matchSequences(parts, work))
      expectCommon(parts, matches)
      if (exact) expect(matches.filter((at) => at >= 0)).toHaveLength(lcsLength(parts.before, parts.after))
    }),
    { numRuns: 1_000 },
  )
})

interface Parts {
  before: Int32Array
  after: Int32Array
  symbols: number
}

/** Few and many symbols, and lengths on both sides of a word's. */
function sequences(): fc.Arbitrary<Parts> {
  return fc.constantFrom(1, 2, 5, 60).chain((symbols) => {
    const sequence = fc
      .array(fc.integer({ min: 0, max: symbols - 1 }), { maxLength: 100, size: 'max' })
      .map((numbers) => Int32Array.from(numbers))
    return fc.record({ before: sequence, after: sequence, symbols: fc.constant(symbols) })
  })
}

function expectCommon({ before, after }: Parts, matches: Int32Array): void {
  let last = -1
  expect(matches).toHaveLength(before.length)
  for (const [at, counterpart] of matches.entries()) {
    if (counterpart < 0) continue
    expect(counterpart).toBeGreaterThan(last)
    expect(after[counterpart]).toBe(before[at])
    last = counterpart
  }
}

function drain<Result>(steps: Generator<number, Result, void>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

function pairsOf({ before, after }: Parts): number {
  return before.reduce((sum, symbol) => sum + after.filter((other) => other === symbol).length, 0)
}

function randomLines(count: number, different: number, seed: number): string {
  const random = randomFrom(seed)
  return Array.from({ length: count }, () => `line ${Math.floor(random() * different)}\n`).join('')
}

function shuffled(count: number, seed: number): string {
  const random = randomFrom(seed)
  const lines = Array.from({ length: count }, (_, at) => `line ${at}\n`)
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[lines[at], lines[other]] = [lines[other]!, lines[at]!]
  }
  return lines.join('')
}

/** A linear congruential generator: the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
