import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureRepository, followHead, git, workingTreeOf } from './git.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to work with.')

describe.runIf(hasGit)('the working tree of a repository that commits come into', () => {
  let folder: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-git-'))
    await ensureRepository(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const put = (path: string, text: string) => writeFileSync(join(folder, path), text)
  const reading = (path: string) => readFileSync(join(folder, path), 'utf8')
  const status = async () => Buffer.from(await git(folder, ['status', '--porcelain'])).toString()
  /** A commit on `main` beside the working tree, as fast-import makes it. */
  async function receive(text: string, branch = 'main'): Promise<boolean> {
    const before = await workingTreeOf(folder)
    const stream = `commit refs/heads/${branch}
committer A <a@example.com> 1700000000 +0000
data 0
M 100644 inline prompt.md
data ${text.length}
${text}
`
    await git(folder, ['fast-import', '--quiet', '--force'], Buffer.from(stream))
    return followHead(folder, before!)
  }

  test('shows the first of them, and goes on with those that come later', async () => {
    expect(await receive('one')).toBe(true)
    expect([reading('prompt.md'), await status()]).toEqual(['one', ''])
    expect(await receive('two')).toBe(true)
    expect([reading('prompt.md'), await status()]).toEqual(['two', ''])
    expect(await receive('three', 'elsewhere')).toBe(true)
    expect([reading('prompt.md'), await status()]).toEqual(['two', ''])
  })

  test.each(['prompt.md', 'notes.md'])('is left as it is when somebody has changed %s', async (path) => {
    await receive('one')
    put(path, 'mine')
    expect(await receive('two')).toBe(false)
    expect(reading(path)).toBe('mine')
    expect(reading('prompt.md')).toBe(path === 'prompt.md' ? 'mine' : 'one')
  })

  test('loses no file that git ignores', async () => {
    put('.git/info/exclude', 'prompt.md\n')
    put('prompt.md', 'mine')
    expect(await receive('one')).toBe(false)
    expect(reading('prompt.md')).toBe('mine')
  })

  test('is none in a bare repository', async () => {
    await git(folder, ['config', 'core.bare', 'true'])
    expect(await workingTreeOf(folder)).toBeNull()
  })
})
