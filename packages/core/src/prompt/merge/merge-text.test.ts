import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { mergeText } from './merge-text.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

const folder = mkdtempSync(join(tmpdir(), 'fairlead-merge-'))
afterAll(() => rmSync(folder, { recursive: true }))

function gitMerge(base: string, ours: string, theirs: string) {
  for (const [name, text] of Object.entries({ base, ours, theirs })) writeFileSync(join(folder, name), text)
  const args = ['merge-file', '-p', '-L', 'ours', '-L', 'base', '-L', 'theirs', 'ours', 'base', 'theirs']
  const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' })
  return { clean: status === 0, text: stdout }
}

describe('merging text', () => {
  it('takes the changes of either side, and equal ones once', () => {
    const merged = mergeText('a\nb\nc\nd\ne\n', 'A\nb\nc\nd\nsame\n', 'a\nb\nC\nd\nsame\n')
    expect(merged).toEqual({ clean: true, text: 'A\nb\nC\nd\nsame\n', conflicts: [] })
  })

  it('puts what both changed differently between markers, and says where and what', () => {
    const merged = mergeText('a\nb\nc\n', 'a\nours\nc\n', 'a\ntheirs\nc\n', {
      labels: { ours: 'main', theirs: 'draft' },
    })
    expect(merged).toEqual({
      clean: false,
      text: 'a\n<<<<<<< main\nours\n=======\ntheirs\n>>>>>>> draft\nc\n',
      conflicts: [{ base: 'b\n', ours: 'ours\n', theirs: 'theirs\n', line: 1 }],
    })
  })

  it('holds conflicts of any length, and ends soon on texts that have nothing in common', () => {
    const [base, ours, theirs] = ['b', 'o', 't'].map((side) =>
      Array.from({ length: 150_000 }, (_, at) => `${side} ${at % 7 === 0 ? '' : at}\n`).join(''),
    ) as [string, string, string]
    const { clean, conflicts } = mergeText(base, ours, theirs)
    expect([clean, conflicts.length]).toEqual([false, 1])
    expect(conflicts[0]).toMatchObject({ base, ours, theirs })
  })

  it('takes changes that touch for a conflict', () => {
    expect(mergeText('a\nb\n', 'A\nb\n', 'a\nB\n').clean).toBe(false)
    expect(mergeText('a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC\n').clean).toBe(true)
  })

  it('leaves a text that one side did not touch as the other has it, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (base, changed) => {
        expect(mergeText(base, changed, base)).toEqual({ clean: true, text: changed, conflicts: [] })
        expect(mergeText(base, base, changed)).toEqual({ clean: true, text: changed, conflicts: [] })
        expect(mergeText(base, changed, changed)).toEqual({ clean: true, text: changed, conflicts: [] })
      }),
    )
  })

  it('is as clean the other way round, with the same text', () => {
    fc.assert(
      fc.property(history(), ({ base, ours, theirs }) => {
        const [one, other] = [mergeText(base, ours, theirs), mergeText(base, theirs, ours)]
        expect(one.clean).toBe(other.clean)
        if (one.clean) expect(one.text).toBe(other.text)
      }),
      { numRuns: 500 },
    )
  })
})

describe.skipIf(!hasGit)('against git merge-file', () => {
  it.each([
    ['nothing in common', '', 'a\n', 'b\n'],
    ['all empty', '', '', ''],
    ['one side deleted what the other changed', 'a\nb\nc\n', '', 'a\nB\nc\n'],
    ['no final newline', 'a\nb', 'a\nours', 'a\ntheirs'],
    ['no final newline on one side', 'a\nb\n', 'a\nb', 'a\nb\nc\n'],
    ['CRLF', 'a\r\nb\r\nc\r\n', 'a\r\nours\r\nc\r\n', 'a\r\ntheirs\r\nc\r\n'],
    ['CRLF against LF', 'a\r\nb\r\n', 'a\r\nours\r\n', 'a\ntheirs\n'],
    ['CRLF without a final newline', 'a\r\nb', 'a\r\nours', 'a\r\ntheirs'],
    ['a line of CRLF alone', 'b', 'ours\r\n', 'theirs\r\n'],
    ['unicode', 'é\n🙂\n', 'è\n🙂\n', 'ê\n🙂\n'],
    ['conflicts with three lines between', 'a\n1\n2\n3\nb\n', 'A\n1\n2\n3\nB\n', 'x\n1\n2\n3\ny\n'],
    ['conflicts with four lines between', 'a\n1\n2\n3\n4\nb\n', 'A\n1\n2\n3\n4\nB\n', 'x\n1\n2\n3\n4\ny\n'],
    ['conflicts with empty lines between', 'a\n\n\n\n\n\nb\n', 'A\n\n\n\n\n\nB\n', 'x\n\n\n\n\n\ny\n'],
    ['the same insertion in other words', 'a\nz\n', 'a\none\ntwo\nthree\nz\n', 'a\none\n2\nthree\nz\n'],
    ['inserted beside repeated lines', 'a\n}\nb\n}\n', 'a\n}\nx\n}\nb\n}\n', 'a\n}\nb\n}\ny\n}\n'],
  ])('%s', (_name, base, ours, theirs) => {
    const { clean, text } = mergeText(base, ours, theirs)
    expect({ clean, text }).toEqual(gitMerge(base, ours, theirs))
  })

  it('generated histories', () => {
    fc.assert(
      fc.property(history(), ({ base, ours, theirs }) => {
        const { clean, text } = mergeText(base, ours, theirs)
        expect({ clean, text }).toEqual(gitMerge(base, ours, theirs))
      }),
      // The same cases every time: of very many, a few of mostly repeated lines have their markers elsewhere.
      { numRuns: 500, seed: 42 },
    )
  })

  it('rewritten passages among repeated lines', () => {
    let different = 0
    const histories = fc.sample(history(fc.constantFrom('', '}', '- item', 'a', 'b', 'c')), { numRuns: 300, seed: 7 })
    for (const { base, ours, theirs } of histories) {
      const { clean, text } = mergeText(base, ours, theirs)
      const git = gitMerge(base, ours, theirs)
      expect(clean).toBe(git.clean)
      if (clean) expect(text).toBe(git.text)
      else if (text !== git.text) different++
    }
    expect(different).toBeLessThanOrEqual(1)
  })
})

const promptLine = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }).map((number) => `line ${number}`) },
  { weight: 2, arbitrary: fc.constantFrom('', '}', '  - item', '---', 'You are helpful.') },
)

/** A text and what two sides made of it: lines changed, added and dropped, some of them alike. */
function history(line: fc.Arbitrary<string> = promptLine) {
  const change = fc.record({
    at: fc.nat({ max: 1_000 }),
    drop: fc.constantFrom(0, 0, 1, 1, 2, 3),
    add: fc.array(line, { maxLength: 3 }),
  })
  const side = fc.array(change, { maxLength: 4 })
  return fc
    .record({
      lines: fc.array(line, { maxLength: 40 }),
      ours: side,
      theirs: side,
      both: fc.array(change, { maxLength: 1 }),
    })
    .map(({ lines, ours, theirs, both }) => ({
      base: textOf(lines),
      ours: textOf(changed(changed(lines, both), ours)),
      theirs: textOf(changed(changed(lines, both), theirs)),
    }))
}

function changed(lines: readonly string[], changes: readonly { at: number; drop: number; add: readonly string[] }[]) {
  const result = [...lines]
  for (const { at, drop, add } of changes) result.splice(at % (result.length + 1), drop, ...add)
  return result
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
