import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TestLocation } from '../database/testing/index.ts'
import { createTestLocation } from '../database/testing/index.ts'

// Every step is a process of its own, which takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 })

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to work with.')

const program = fileURLToPath(new URL('../cli.ts', import.meta.url))
const flags = ['--conditions=@fairlead/source', '--disable-warning=ExperimentalWarning']
const folder = mkdtempSync(join(tmpdir(), 'fairlead-cli-prompts-'))
let location: TestLocation

async function fairlead(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, NODE_COMPILE_CACHE, FAIRLEAD_DATA_DIR: location.options.dataDirectory!, LOG_LEVEL: 'warn' }
  const child = spawn(process.execPath, [...flags, program, ...args], { env })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (text: Buffer) => (output.stdout += text))
  child.stderr.on('data', (text: Buffer) => (output.stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

function git(repository: string, ...args: string[]): string {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  const { status, stdout, stderr } = spawnSync('git', [...who, ...args], {
    cwd: join(folder, repository),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout
}

describe.runIf(hasGit)('prompts and git on the command line', () => {
  beforeAll(async () => {
    location = await createTestLocation('pglite')
    await fairlead('organizations', 'create', '--slug', 'acme')
    spawnSync('git', ['init', '-q', '-b', 'main', join(folder, 'source')])
    for (const [text, message] of [
      ['Hello {{name}}\r\n', 'begin'],
      ['Hello {{name}}\r\nGrüße 👋', 'more'],
    ] as const) {
      writeFileSync(join(folder, 'source', 'hello.txt'), text)
      git('source', 'add', '-A')
      git('source', 'commit', '-q', '-m', message)
    }
    git('source', 'tag', 'v1')
  })
  afterAll(async () => {
    await location.remove()
    rmSync(folder, { recursive: true })
  })

  test('a file of any repository becomes a prompt, which goes out and comes back commit by commit the same', async () => {
    const at = (repository: string) => join(folder, repository)
    const from = (key: string) => ['--organization', 'acme', '--prompt', key]
    const imported = await fairlead('prompts', 'import', ...from('hello'), '--git', at('source'), '--path', 'hello.txt')
    expect(imported).toMatchObject({ code: 0, stdout: '2 of 2 commits are new versions of "hello".\n' })
    expect(await fairlead('prompts', 'export', ...from('hello'), '--git', at('first'))).toMatchObject({ code: 0 })
    expect(git('first', 'fsck', '--strict')).toBe('')
    expect(git('first', 'status', '--porcelain')).toBe('')
    expect(readFileSync(join(folder, 'first', 'prompt.md'), 'utf8')).toBe('Hello {{name}}\r\nGrüße 👋')
    expect(git('first', 'log', '--format=%an|%ae|%s', 'v1')).toBe(
      'Ada|ada@example.com|more\nAda|ada@example.com|begin\n',
    )
    expect(git('first', 'show', 'main:prompt.md')).toBe('Hello {{name}}\r\nGrüße 👋')
    expect(await fairlead('prompts', 'import', ...from('copy'), '--git', at('first'))).toMatchObject({ code: 0 })
    expect(await fairlead('prompts', 'import', ...from('copy'), '--git', at('first'))).toMatchObject({
      code: 0,
      stdout: '0 of 2 commits are new versions of "copy".\n',
    })
    await fairlead('prompts', 'export', ...from('copy'), '--git', at('second'))
    const commits = (repository: string) => git(repository, 'for-each-ref', '--format=%(objectname) %(refname)')
    expect(commits('second')).toBe(commits('first'))
  })

  test('a folder follows what all prompts say, and nothing else in it is touched', async () => {
    const out = join(folder, 'mirror')
    expect(await fairlead('prompts', 'mirror', '--organization', 'acme', '--folder', out)).toMatchObject({ code: 0 })
    expect(readFileSync(join(out, 'hello', 'prompt.md'), 'utf8')).toBe('Hello {{name}}\r\nGrüße 👋')
    writeFileSync(join(out, 'README.md'), 'mine')
    writeFileSync(join(out, 'hello', 'notes.md'), 'mine')
    const label = await fairlead(
      'prompts',
      'mirror',
      '--organization',
      'acme',
      '--folder',
      out,
      '--label',
      'production',
    )
    expect(label).toMatchObject({ code: 0, stderr: '0 prompts: 0 changed, 2 removed.\n' })
    expect(existsSync(join(out, 'README.md'))).toBe(true)
    expect(existsSync(join(out, 'hello', 'notes.md'))).toBe(true)
    expect(existsSync(join(out, 'hello', 'prompt.md'))).toBe(false)
    expect(existsSync(join(out, 'copy'))).toBe(false)
  })

  test('a folder that somebody else has filled is left alone, and so is all else then', async () => {
    const out = join(folder, 'foreign')
    mkdirSync(join(out, 'hello'), { recursive: true })
    writeFileSync(join(out, 'hello', 'prompt.md'), 'mine')
    const mirrored = await fairlead('prompts', 'mirror', '--organization', 'acme', '--folder', out)
    expect(mirrored.code).not.toBe(0)
    expect(mirrored.stderr).toContain(`${join(out, 'hello')} is there already`)
    expect(readFileSync(join(out, 'hello', 'prompt.md'), 'utf8')).toBe('mine')
    expect(readdirSync(out)).toEqual(['hello'])
  })

  test('a history goes out again whatever has moved meanwhile, and never into a repository around the folder', async () => {
    const moved = join(folder, 'moved')
    const out = (to: string) =>
      fairlead('prompts', 'export', '--organization', 'acme', '--prompt', 'hello', '--git', to)
    expect(await out(moved)).toMatchObject({ code: 0 })
    const [newest] = git('moved', 'log', '--format=%H', 'main').trim().split('\n')
    git('moved', 'update-ref', 'refs/fairlead/labels/production', newest!)
    expect(await out(moved)).toMatchObject({ code: 0 })
    expect(git('moved', 'for-each-ref', 'refs/fairlead/')).toBe('')
    const inside = join(folder, 'source', 'prompts')
    expect(await out(inside)).toMatchObject({ code: 2, stderr: expect.stringContaining('lies inside one') })
    expect(git('source', 'for-each-ref', 'refs/fairlead/')).toBe('')
  })

  test('what is no repository, or no history of a prompt, is said so', async () => {
    const line = ['prompts', 'import', '--organization', 'acme', '--prompt', 'x', '--git']
    expect(await fairlead(...line, join(folder, 'source'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('These files are no version of a prompt'),
    })
    const nowhere = join(folder, 'nowhere')
    expect(await fairlead(...line, nowhere)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`There is no folder ${nowhere}.`),
    })
    expect(await fairlead(...line, join(folder, 'source'), '--path', 'helo.txt')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No commit has a file "helo.txt". Did you mean "hello.txt"?'),
    })
    git('source', 'branch', 'feature/x')
    expect(await fairlead(...line, join(folder, 'source'), '--path', 'hello.txt')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The branch "feature/x" can\'t be imported: its name must start with'),
    })
    expect(await fairlead('prompts', 'export', '--organization', 'acme')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--prompt is missing'),
    })
  })
})
