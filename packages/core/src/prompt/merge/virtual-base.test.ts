import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { mergePrompt } from './merge-prompt.ts'
import { mergeBaseOf } from './virtual-base.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

const folder = mkdtempSync(join(tmpdir(), 'fairlead-bases-'))
afterAll(() => rmSync(folder, { recursive: true }))

function git(args: string[], input = ''): { status: number | null; stdout: string } {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, input, encoding: 'utf8' })
  if (status === null || status > 1) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return { status, stdout }
}

interface Version {
  parents: number[]
  text: string
}

/** The versions as commits, each with a tag of its number. */
function store(versions: readonly Version[]): void {
  rmSync(join(folder, '.git'), { recursive: true, force: true })
  git(['init', '-q'])
  const commits = versions.map(({ parents, text }, index) => {
    const [first, ...others] = parents.map((parent) => `:${parent + 1}`)
    return [
      `commit refs/tags/v${index}`,
      `mark :${index + 1}`,
      `committer A <a@example.com> ${1_700_000_000 + index} +0000`,
      'data 0',
      ...(first === undefined ? [] : [`from ${first}`]),
      ...others.map((parent) => `merge ${parent}`),
      'M 100644 inline prompt',
      `data ${Buffer.byteLength(text)}`,
      text,
      '',
    ].join('\n')
  })
  git(['fast-import', '--quiet', '--force'], commits.join(''))
}

function gitMerge(a: number, b: number): { clean: boolean; text: string } {
  const { status, stdout } = git(['merge-tree', '--write-tree', '--allow-unrelated-histories', `v${a}`, `v${b}`])
  const [tree] = stdout.split('\n')
  return { clean: status === 0, text: git(['cat-file', 'blob', `${tree}:prompt`]).stdout }
}

async function merge(versions: readonly Version[], a: number, b: number) {
  const contentOf = (id: number) => ({ text: versions[id]!.text })
  const parents = { get: (id: number) => versions[id]?.parents }
  const { bases, content } = await mergeBaseOf({ parents, contentOf }, a, b)
  return { bases, ...mergePrompt(content ?? {}, contentOf(a), contentOf(b)) }
}

const lines = (...changes: [number, string][]) => {
  const text = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  for (const [at, line] of changes) text[at] = line
  return text.map((line) => `${line}\n`).join('')
}

/** Two branches that were merged into each other, each with a resolution of its own kind. */
const crossed: Version[] = [
  { parents: [], text: lines() },
  { parents: [0], text: lines([0, 'one']) },
  { parents: [0], text: lines([8, 'two']) },
  { parents: [1, 2], text: lines([0, 'one'], [8, 'two']) },
  { parents: [2, 1], text: lines([0, 'one'], [8, 'two']) },
  { parents: [3], text: lines([0, 'one again'], [8, 'two']) },
  { parents: [4], text: lines([0, 'one'], [8, 'two again']) },
]

describe('the base of a merge', () => {
  it('is the one best common ancestor', async () => {
    expect(await merge(crossed, 1, 2)).toMatchObject({ bases: [0], clean: true, content: { text: crossed[3]!.text } })
  })

  it('is what several of them come to, merged: what both sides took from either is no change of theirs', async () => {
    expect(await merge(crossed, 5, 6)).toMatchObject({
      bases: [1, 2],
      clean: true,
      content: { text: lines([0, 'one again'], [8, 'two again']) },
    })
  })

  it('is nothing for histories that have nothing in common', async () => {
    const unrelated = [
      { parents: [], text: 'a\n' },
      { parents: [], text: 'b\n' },
    ]
    expect(await merge(unrelated, 0, 1)).toMatchObject({ bases: [], clean: false })
  })

  it('is found soon, and from the newest ancestor, where branches crossed many times', async () => {
    const versions: Version[] = [
      { parents: [], text: 'a\n' },
      ...Array.from({ length: 12 }, (_, index) => ({ parents: [0], text: `${index}\n` })),
    ]
    const tips = [0, 1].map((tip) => {
      const parents = Array.from({ length: 12 }, (_, index) => index + 1)
      return versions.push({ parents: tip === 0 ? parents : parents.toReversed(), text: 'x\n' }) - 1
    })
    expect((await merge(versions, tips[0]!, tips[1]!)).bases).toHaveLength(12)
  })

  it('is found soon where crossings come from crossings, on many levels', async () => {
    const versions: Version[] = [{ parents: [], text: lines() }]
    let tips = Array.from({ length: 6 }, (_, tip) => versions.push({ parents: [0], text: lines([tip, 'x']) }) - 1)
    for (let level = 0; level < 12; level++) {
      // Each comes from all below by merges of its own.
      tips = tips.map((tip, index) =>
        tips.slice(1).reduce((last, _, step) => {
          const other = tips[(index + step + 1) % tips.length]!
          return versions.push({ parents: [last, other], text: lines([index, `${level}`]) }) - 1
        }, tip),
      )
    }
    let asked = 0
    const contentOf = (id: number) => {
      asked++
      return { text: versions[id]!.text }
    }
    const { bases } = await mergeBaseOf(
      { parents: { get: (id) => versions[id]?.parents }, contentOf },
      tips[0]!,
      tips[1]!,
    )
    expect(bases.length).toBeGreaterThan(1)
    expect(asked).toBeLessThan(200)
  })

  it('asks for the contents of best common ancestors alone, however long the histories are', async () => {
    const long: Version[] = Array.from({ length: 500 }, (_, id) => ({
      parents: id === 0 ? [] : [id - 1],
      text: lines(),
    }))
    const versions = [
      ...long,
      ...crossed.slice(1).map(({ parents, text }) => ({ parents: parents.map((id) => id + 499), text })),
    ]
    const asked = new Set<number>()
    const contentOf = async (id: number) => {
      asked.add(id)
      return { text: versions[id]!.text }
    }
    const { bases } = await mergeBaseOf({ parents: { get: (id) => versions[id]?.parents }, contentOf }, 504, 505)
    expect(bases).toEqual([500, 501])
    expect([...asked].sort()).toEqual([499, 500, 501])
  })

  it.runIf(hasGit)('gives the merges that git gives, crossed or not', async () => {
    const edit = fc.tuple(fc.nat({ max: 8 }), fc.constantFrom('p', 'q', 'r'))
    const step = fc.record({ first: fc.nat(), second: fc.option(fc.nat()), edits: fc.array(edit, { maxLength: 2 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async (steps) => {
        const versions: Version[] = [{ parents: [], text: lines() }]
        for (const { first, second, edits } of steps) {
          const parents = [
            ...new Set([first, second ?? first].map((choice) => Math.max(0, versions.length - 1 - (choice % 4)))),
          ]
          const before = versions[parents[0]!]!.text.split('\n').slice(0, -1)
          // A line is of its place: where lines move, git's merge of commits (histogram) is not its merge of files (Myers).
          for (const [at, line] of edits) before[at] = `${line}${at}`
          versions.push({ parents, text: before.map((line) => `${line}\n`).join('') })
        }
        store(versions)
        const [a, b] = [versions.length - 1, versions.length - 2]
        const ours = await merge(versions, a, b)
        const theirs = gitMerge(a, b)
        expect(ours.clean).toBe(theirs.clean)
        if (ours.clean) expect(ours.content.text).toBe(theirs.text)
      }),
      { numRuns: 40 },
    )
  })
})
