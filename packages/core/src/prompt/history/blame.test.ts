import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { splitLines } from '../diff/pieces.ts'
import { blame } from './blame.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

interface Version {
  parents: string[]
  text: string
}

function historyOf(versions: Record<string, Version>) {
  return {
    parents: new Map(Object.entries(versions).map(([id, { parents }]) => [id, parents])),
    textsOf: (id: string) => [versions[id]!.text],
  }
}

/** Of versions with one text. */
async function blameText(versions: Record<string, Version>, version: string) {
  const [lines] = await blame(historyOf(versions), version)
  return lines!
}

it('names for every line the version that wrote it, and where it stood there', async () => {
  const versions = {
    v1: { parents: [], text: 'one\ntwo\nthree\n' },
    v2: { parents: ['v1'], text: 'zero\none\n2\nthree\n' },
    v3: { parents: ['v2'], text: 'zero\none\n2\nthree\nfour' },
  }
  expect(await blameText(versions, 'v3')).toEqual([
    { text: 'zero\n', version: 'v2', line: 0 },
    { text: 'one\n', version: 'v1', line: 0 },
    { text: '2\n', version: 'v2', line: 2 },
    { text: 'three\n', version: 'v1', line: 2 },
    { text: 'four', version: 'v3', line: 4 },
  ])
  expect(await blameText({ v1: { parents: [], text: '' } }, 'v1')).toEqual([])
})

it('follows both parents of a merge', async () => {
  const versions = {
    base: { parents: [], text: 'a\nb\nc\n' },
    ours: { parents: ['base'], text: 'A\nb\nc\n' },
    theirs: { parents: ['base'], text: 'a\nb\nC\n' },
    merged: { parents: ['ours', 'theirs'], text: 'A\nb\nC\nnew\n' },
  }
  expect((await blameText(versions, 'merged')).map(({ version }) => version)).toEqual([
    'ours',
    'base',
    'theirs',
    'merged',
  ])
})

it('asks for no text behind the versions that wrote the lines', async () => {
  const count = 1_000
  const parents = new Map(Array.from({ length: count }, (_, id) => [id, id === 0 ? [] : [id - 1]]))
  const asked = new Set<number>()
  const textsOf = async (id: number) => {
    asked.add(id)
    return [id < 900 ? 'old\n' : 'new\n', id < 950 ? 'a\n' : 'a\nb\n', id < 980 ? '' : 'late\n']
  }
  const blamed = await blame({ parents, textsOf }, count - 1)
  const versions = (lines: { version: number }[]) => lines.map(({ version }) => version)
  expect(blamed.slice(2).map(versions)).toEqual([[980]])
  expect(versions(blamed[0]!)).toEqual([900])
  // A line of the first version leads to the end of the history, and the others do not.
  expect(versions(blamed[1]!)).toEqual([0, 950])
  asked.clear()
  await blame({ parents, textsOf: async (id) => (await textsOf(id)).toSpliced(1, 1) }, count - 1)
  expect(Math.min(...asked)).toBe(899)
})

/** Versions one after the other, each with a few lines changed, some merged with an earlier one. */
const histories = fc
  .array(
    fc.record({
      changes: fc.array(fc.record({ at: fc.nat(100), drop: fc.nat(2), add: fc.array(fc.nat(30), { maxLength: 2 }) }), {
        maxLength: 3,
      }),
      parent: fc.nat(100),
      other: fc.option(fc.nat(100)),
    }),
    { minLength: 2, maxLength: 10 },
  )
  .map((steps) => {
    const versions: Record<string, Version> = { v0: { parents: [], text: 'line 1\nline 2\nline 3\nline 4\n' } }
    for (const [index, { changes, parent, other }] of steps.entries()) {
      const parents = [...new Set([parent, ...(other === null ? [] : [other])].map((at) => `v${at % (index + 1)}`))]
      const lines = splitLines(versions[parents[0]!]!.text)
      for (const { at, drop, add } of changes) {
        lines.splice(at % (lines.length + 1), drop, ...add.map((line) => `line ${line}\n`))
      }
      versions[`v${index + 1}`] = { parents, text: lines.join('') }
    }
    return versions
  })

it('blames a version for a line that stands there as it does in the text', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (versions) => {
      const last = Object.keys(versions).at(-1)!
      const blamed = await blameText(versions, last)
      expect(blamed.map(({ text }) => text).join('')).toBe(versions[last]!.text)
      for (const { text, version, line } of blamed) expect(splitLines(versions[version]!.text)[line]).toBe(text)
    }),
  )
})

it.skipIf(!hasGit)('blames the versions that git blame does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-blame-'))
  const git = (args: string[], input?: string) =>
    spawnSync('git', args, { cwd: folder, encoding: 'utf8', input }).stdout
  try {
    git(['init', '-q', '--bare'])
    let different = 0
    let lines = 0
    for (const [run, versions] of fc.sample(histories, { numRuns: 40, seed: 3 }).entries()) {
      const ids = Object.keys(versions)
      const stream = ids.map((id, index) => {
        const { parents, text } = versions[id]!
        return [
          `commit refs/heads/r${run}`,
          `mark :${index + 1}`,
          `committer A <a@example.com> ${1_700_000_000 + index} +0000`,
          `data ${id.length}`,
          id,
          ...parents.map((parent, at) => `${at === 0 ? 'from' : 'merge'} :${ids.indexOf(parent) + 1}`),
          'M 100644 inline p',
          `data ${Buffer.byteLength(text)}`,
          text,
        ].join('\n')
      })
      git(['fast-import', '--quiet', '--force'], stream.join('\n'))
      const told = git(['blame', '--line-porcelain', `r${run}`, '--', 'p'])
      const byGit = [...told.matchAll(/^summary (.*)$/gm)].map(([, id]) => id)
      const byUs = (await blameText(versions, ids.at(-1)!)).map(({ version }) => version)
      expect(byUs).toHaveLength(byGit.length)
      lines += byGit.length
      different += byGit.filter((id, at) => id !== byUs[at]).length
    }
    expect(lines).toBeGreaterThan(100)
    expect(different).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
