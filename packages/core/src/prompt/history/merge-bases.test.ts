import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeBases } from './merge-bases.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

function history(edges: Record<string, string[]>) {
  return { parents: new Map(Object.entries(edges)) }
}

describe('merge bases', () => {
  it('are the version where two branches parted', () => {
    const forked = history({ a: [], b: ['a'], c: ['b'], d: ['b'] })
    expect(mergeBases(forked, 'c', 'd')).toEqual(['b'])
    expect(mergeBases(forked, 'c', 'b')).toEqual(['b'])
    expect(mergeBases(forked, 'c', 'c')).toEqual(['c'])
  })

  it('are none without a common ancestor, and several after crosswise merges', () => {
    expect(mergeBases(history({ a: [], b: [] }), 'a', 'b')).toEqual([])
    const crossed = history({ o: [], a: ['o'], b: ['o'], x: ['a', 'b'], y: ['b', 'a'] })
    expect(mergeBases(crossed, 'x', 'y').sort()).toEqual(['a', 'b'])
  })

  it('are found in a history of a hundred thousand versions that no stack could hold', () => {
    const parents = new Map<number, number[]>([[0, []]])
    for (let id = 1; id < 100_000; id++) parents.set(id, id % 10 === 0 ? [id - 1, Math.max(0, id - 7)] : [id - 1])
    parents.set(100_000, [99_000])
    expect(mergeBases({ parents }, 99_999, 100_000)).toEqual([99_000])
  })
})

/** For every version the earlier ones that it was made from. */
const graph = fc
  .array(fc.uniqueArray(fc.nat({ max: 1_000 }), { maxLength: 2 }), { minLength: 2, maxLength: 24 })
  .map((links) => {
    const parents = new Map<number, number[]>()
    for (const [id, list] of links.entries())
      parents.set(id, id === 0 ? [] : [...new Set(list.map((link) => link % id))])
    return parents
  })

it('are what their definition says', () => {
  const ancestors = (parents: Map<number, number[]>, id: number): Set<number> =>
    new Set([id, ...parents.get(id)!.flatMap((parent) => [...ancestors(parents, parent)])])
  fc.assert(
    fc.property(graph, fc.nat(), fc.nat(), (parents, one, other) => {
      const [a, b] = [one % parents.size, other % parents.size]
      const [ofA, ofB] = [ancestors(parents, a), ancestors(parents, b)]
      const common = [...ofA].filter((id) => ofB.has(id))
      const best = common.filter((id) => !common.some((more) => more !== id && ancestors(parents, more).has(id)))
      expect(mergeBases({ parents }, a, b).sort()).toEqual(best.sort())
    }),
    { numRuns: 1_000 },
  )
})

it.skipIf(!hasGit)('are those of git merge-base --all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bases-'))
  const git = (args: string[], input?: string) =>
    spawnSync('git', args, { cwd: folder, encoding: 'utf8', input }).stdout
  try {
    git(['init', '-q', '--bare'])
    for (const [run, parents] of fc.sample(graph, { numRuns: 12, seed: 5 }).entries()) {
      const mark = (id: number) => `:${id + 1}`
      const stream = [...parents].map(([id, [first, second]]) =>
        [
          `commit refs/heads/r${run}v${id}`,
          `mark ${mark(id)}`,
          `committer A <a@example.com> ${1_700_000_000 + ((id * 7) % 5)} +0000`,
          `data ${`v${id}`.length}\nv${id}`,
          ...(first === undefined ? [] : [`from ${mark(first)}`]),
          ...(second === undefined ? [] : [`merge ${mark(second)}`]),
          '',
        ].join('\n'),
      )
      git(['fast-import', '--quiet', '--force'], stream.join(''))
      for (const [a, b] of fc.sample(fc.tuple(fc.nat(), fc.nat()), { numRuns: 12, seed: run })) {
        const [one, other] = [a % parents.size, b % parents.size]
        const found = git(['merge-base', '--all', `r${run}v${one}`, `r${run}v${other}`])
          .trim()
          .split('\n')
          .filter(Boolean)
        const ids = (list: number[]) => list.map((id) => git(['rev-parse', `r${run}v${id}`]).trim()).sort()
        expect(ids(mergeBases({ parents }, one, other))).toEqual(found.sort())
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
