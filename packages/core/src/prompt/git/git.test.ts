import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeCommit, encodeContent } from '../commit.ts'
import type { PromptContent } from '../document-schema.ts'
import { readFastExport } from './fast-export.ts'
import type { HistoryCommit, HistoryRef } from './fast-import.ts'
import { writeFastImport } from './fast-import.ts'
import { contentOfTree, treeOf } from './prompt-tree.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

const folder = mkdtempSync(join(tmpdir(), 'fairlead-git-'))
afterAll(() => rmSync(folder, { recursive: true }))

function git(args: string[], input: Uint8Array | string = ''): Buffer {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, input, maxBuffer: 1e9 })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout
}

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  spawnSync('git', ['init', '-q', '-b', 'nothing', folder])
})

const exported = () => git(['fast-export', '--all', '--full-tree', '--reencode=yes', '--signed-tags=strip'])
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', '{{x}}', 'ä', '👋', ' ', 'M 100644 inline x', 'data 3'),
      fc.string({ unit: 'grapheme' }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', '').toWellFormed())
const content: fc.Arbitrary<PromptContent> = fc
  .record(
    {
      variables: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(true, { type: 'string' })),
      references: fc.dictionary(
        fc.constantFrom('tone', 'end'),
        fc.constantFrom({ prompt: 'p', version: 2 }, { prompt: 'q', label: 'production' }),
      ),
      model: fc.record({ id: fc.constantFrom('small', 'large') }),
      tools: fc.array(fc.constantFrom('t', 'u')),
    },
    { requiredKeys: [] },
  )
  .chain((about) =>
    fc.oneof(
      text.map((each) => ({ text: each, ...about })),
      fc
        .array(
          fc.record({ role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const), content: text }),
          {
            minLength: 1,
            maxLength: 12,
          },
        )
        .map((messages) => ({ messages, ...about })),
    ),
  )
const name = fc.constantFrom('Ada', 'CI <bot>', '100 % sure', ' led', 'Grüße\n', '', '%41')
const history = fc
  .array(
    fc.record({
      first: fc.nat(),
      second: fc.nat(),
      isMerge: fc.boolean(),
      isRoot: fc.nat({ max: 5 }),
      content,
      name,
      message: text,
    }),
    {
      minLength: 1,
      maxLength: 10,
    },
  )
  .map((steps) =>
    steps.map(({ first, second, isMerge, isRoot, name: by, ...said }, index): HistoryCommit => {
      const parents =
        index === 0 || isRoot === 0 ? [] : [...new Set([first % index, ...(isMerge ? [second % index] : [])])]
      const author = { name: by, email: by === '' ? '' : `${by}@example.com` }
      return {
        id: `v${index}`,
        parents: parents.map((parent) => `v${parent}`),
        author,
        committedAt: new Date(1.7e12 + index * 1000),
        ...said,
      }
    }),
  )

const sha256 = (bytes: string) => createHash('sha256').update(bytes).digest('hex')

/** The commit hashes of a history, in its order. */
function hashes(commits: readonly HistoryCommit[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { id, parents, content: said, author, committedAt, message } of commits) {
    const contentHash = sha256(encodeContent(said))
    found.set(
      id,
      sha256(
        encodeCommit({
          contentHash,
          parents: parents.map((parent) => found.get(parent)!),
          author,
          committedAt,
          message,
        }),
      ),
    )
  }
  return found
}

describe('a version as files', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(content, (said) => {
        expect(contentOfTree(treeOf(said))).toEqual(said)
      }),
    )
  })

  it('of another kind is refused with a reason', () => {
    for (const files of [
      {},
      { 'prompt.json': '[]' },
      { 'prompt.json': '{"formatVersion":1}' },
      { 'prompt.json': '{"formatVersion":2}', 'prompt.md': '' },
      { 'prompt.json': '{"formatVersion":1,"references":{"x":{"prompt":"p"}}}', 'prompt.md': '{{> x}}' },
    ])
      expect(() => contentOfTree(new Map(Object.entries(files)))).toThrow(
        expect.objectContaining({ code: 'prompt.not_a_prompt_tree' }),
      )
  })
})

describe.runIf(hasGit)('a history in git', () => {
  it('has the same graph, texts, messages, authors, times and refs, and comes back with the same hashes', () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (commits, picks) => {
        rmSync(join(folder, '.git'), { recursive: true, force: true })
        git(['init', '-q', '-b', 'nothing', '.'])
        const kinds = ['branch', 'tag', 'label', 'branch'] as const
        const refs = picks.map(
          (pick, index): HistoryRef => ({
            kind: kinds[index]!,
            name: `ref-${index}`,
            commit: commits[pick % commits.length]!.id,
          }),
        )
        git(['fast-import', '--quiet', '--force'], writeFastImport(commits, refs))
        const complaints = git(['fsck', '--strict', '--no-dangling']).toString()
        expect(complaints).toBe('')
        expect(git(['rev-list', '--all', '--count']).toString().trim()).toBe(
          String(new Set(hashes(commits).values()).size),
        )
        const back = readFastExport(exported())
        const [sent, received] = [hashes(commits), hashes(back.commits)]
        expect([...new Set(received.values())].sort()).toEqual([...new Set(sent.values())].sort())
        const named = (all: readonly HistoryRef[], by: Map<string, string>) =>
          all.map(({ kind, name: called, commit }) => `${kind} ${called} ${by.get(commit)}`).sort()
        expect(named(back.refs, received)).toEqual(named(refs, sent))
      }),
      { numRuns: 25 },
    )
  })

  describe('of any repository', () => {
    const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
    const commit = (message: string, file?: string, said?: string) => {
      if (file !== undefined && said !== undefined) writeFileSync(join(folder, file), said)
      else if (file !== undefined) rmSync(join(folder, file))
      git(['add', '-A'])
      git([...who, 'commit', '-q', '--allow-empty', '-m', message])
    }
    const merge = (branch: string, ...args: string[]) =>
      git([...who, 'merge', '-q', '--no-ff', '-m', `merge ${branch}`, ...args, branch])
    const shown = (path: string) => {
      const { commits, refs } = readFastExport(exported(), { path })
      const messages = new Map(commits.map(({ id, message }) => [id, message.trim()]))
      return {
        commits: commits.map(({ id, content: said, parents }) => [
          messages.get(id),
          said.text,
          parents.map((parent) => messages.get(parent)),
        ]),
        refs: refs.map(({ kind, name: called, commit: at }) => `${kind} ${called}: ${messages.get(at)}`).sort(),
      }
    }

    it('is read from one of its files, where that changes and where changes meet', () => {
      const file = 'größe "1".txt'
      commit('nothing yet')
      git(['branch', 'empty'])
      commit('begin', file, 'one\r\n')
      commit('something else', 'other.txt', 'other')
      git(['checkout', '-q', '-b', 'side'])
      commit('more', file, 'one\r\ntwo')
      git(['checkout', '-q', '-b', 'elsewhere', 'nothing'])
      commit('another file', 'another.txt', 'another')
      git(['checkout', '-q', 'nothing'])
      commit('differently', file, 'zero\r\none\r\n')
      merge('elsewhere')
      merge('side', '-X', 'ours')
      git([...who, 'tag', '-a', '-m', 'a tag', 'v1'])
      commit('removed', file)
      expect(shown(file)).toEqual({
        commits: expect.arrayContaining([
          ['begin', 'one\r\n', []],
          ['more', 'one\r\ntwo', ['begin']],
          ['differently', 'zero\r\none\r\n', ['begin']],
          ['merge side', git(['show', `v1:${file}`]).toString(), ['differently', 'more']],
          ['removed', '', ['merge side']],
        ]),
        refs: ['branch elsewhere: begin', 'branch nothing: removed', 'branch side: more', 'tag v1: merge side'],
      })
      expect(shown(file).commits).toHaveLength(5)
    })

    it('has the commits that git itself says have changed the file', () => {
      const step = fc.record({ on: fc.constantFrom('a', 'b', 'c'), say: fc.option(fc.constantFrom('x', 'y', 'z')) })
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
          rmSync(folder, { recursive: true, force: true })
          spawnSync('git', ['init', '-q', '-b', 'a', folder])
          commit('root', 'prompt.txt', 'x')
          for (const branch of ['b', 'c']) git(['branch', branch])
          for (const [at, { on, say }] of steps.entries()) {
            git(['checkout', '-q', on])
            commit(`step ${at}`, say === null ? 'other.txt' : 'prompt.txt', say ?? `other ${at}`)
          }
          const changed = git(['log', '--all', '--full-history', '--format=%s', '--', 'prompt.txt']).toString()
          const expected = changed.trim().split('\n').sort()
          expect(
            shown('prompt.txt')
              .commits.map(([message]) => message)
              .sort(),
          ).toEqual(expected)
        }),
        { numRuns: 8 },
      )
    })

    it('without such a file is refused, with the path that was meant', () => {
      mkdirSync(join(folder, 'prompts'))
      commit('begin', 'prompts/support.txt', 'one')
      for (const [path, meant] of [
        ['support.txt', 'Did you mean "prompts/support.txt"?'],
        ['prompts/suport.txt', 'Did you mean "prompts/support.txt"?'],
        ['no/thing', 'There is "prompts/support.txt".'],
      ] as const)
        expect(() => readFastExport(exported(), { path })).toThrow(
          expect.objectContaining({
            code: 'prompt.file_not_found',
            message: `No commit has a file "${path}". ${meant}`,
          }),
        )
    })

    it('that is no prompt’s is refused with the commit', () => {
      commit('broken', 'prompt.json', '{')
      const hash = git(['rev-parse', 'HEAD']).toString().slice(0, 12)
      const stream = git(['fast-export', '--all', '--full-tree', '--show-original-ids'])
      const refusal = (name: string) =>
        expect.objectContaining({
          code: 'prompt.not_a_prompt_tree',
          message: expect.stringContaining(`The commit ${name}: `),
        })
      expect(() => readFastExport(stream)).toThrow(refusal(`${hash} "broken"`))
      expect(() => readFastExport(exported())).toThrow(refusal('"broken"'))
    })
  })

  it('with an octopus merge is refused', () => {
    const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
    git([...who, 'commit', '-q', '--allow-empty', '-m', 'root'])
    for (const branch of ['a', 'b', 'c']) {
      git(['checkout', '-q', '-b', branch, 'nothing'])
      git([...who, 'commit', '-q', '--allow-empty', '-m', branch])
    }
    git([...who, 'merge', '-q', '-m', 'all at once', 'a', 'b'])
    expect(() => readFastExport(exported(), { path: 'p' })).toThrow(
      expect.objectContaining({ code: 'prompt.octopus_merge', message: expect.stringContaining('all at once') }),
    )
  })

  it.each(['', 'nonsense\n', 'commit refs/heads/x\n', 'blob\nmark :1\ndata 99\nshort'])(
    'that is none is refused or empty: %j',
    (stream) => {
      const read = () => readFastExport(new TextEncoder().encode(stream))
      if (stream === '') expect(read()).toEqual({ commits: [], refs: [] })
      else expect(read).toThrow(expect.objectContaining({ code: 'prompt.unreadable_stream' }))
    },
  )
})
