import { spawn } from 'node:child_process'
import { mkdir, stat } from 'node:fs/promises'
import { FairleadError } from '@fairlead/core/base'

/** Runs git in a folder; answers what it prints. Throws `cli.git_failed` with what it complains of. */
export async function git(folder: string, args: readonly string[], input?: Uint8Array): Promise<Uint8Array> {
  const child = spawn('git', args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  const [printed, complaints]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
  // Git may end before it has read everything, and says why.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(`git can't be started: ${error.message}`))
    child.on('close', (exit) => resolve(exit ?? 1))
  })
  if (code === 0) return Buffer.concat(printed)
  const reason = typeof code === 'string' ? code : Buffer.concat(complaints).toString().trim()
  throw new FairleadError('cli.git_failed', `git ${args[0]} in ${folder} failed: ${reason}`)
}

/** Makes a repository of a folder that is none yet. Throws what `assertRepository` does. */
export async function ensureRepository(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const isInOne = await git(folder, ['rev-parse', '--git-dir']).then(
    () => true,
    () => false,
  )
  if (isInOne) await assertRepository(folder)
  else await git(folder, ['init', '-q', '-b', 'main'])
}

/** Throws `cli.usage` for no folder, and for one inside a repository, which git would take for all of that. */
export async function assertRepository(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw new FairleadError('cli.usage', `There is no folder ${folder}.`)
  const inside = await line(folder, ['rev-parse', '--show-prefix'])
  if (inside === '') return
  const message = `${folder} is no repository of its own, but lies inside one. Name that one or a folder outside, or run: git init ${folder}`
  throw new FairleadError('cli.usage', message)
}

/** Forgets what an earlier export has left beside branches and tags: labels move in any direction, and go. */
export async function forgetOwnRefs(folder: string): Promise<void> {
  const deletions = await git(folder, ['for-each-ref', '--format=delete %(refname)', 'refs/fairlead/'])
  await git(folder, ['update-ref', '--stdin'], deletions)
}

/** What is checked out of a repository; `head` is null before there is a commit. */
export interface WorkingTree {
  head: string | null
  isClean: boolean
}

/** Null for a bare repository. */
export async function workingTreeOf(folder: string): Promise<WorkingTree | null> {
  if ((await line(folder, ['rev-parse', '--is-inside-work-tree'])) !== 'true') return null
  // Git would write over files that it ignores: they count where those of a version go.
  const own = ['--ignored', '--', 'prompt.json', 'prompt.md', 'messages']
  const changes = await Promise.all([[], own].map((args) => line(folder, ['status', '--porcelain', ...args])))
  return { head: await headOf(folder), isClean: changes.every((each) => each === '') }
}

/**
 * Brings the working tree to where the head has moved since. False where it had changes, or has files in the way, and was
 * left as it is: git then compares it with the new head.
 */
export async function followHead(folder: string, before: WorkingTree): Promise<boolean> {
  const head = await headOf(folder)
  if (head === null || head === before.head) return true
  if (!before.isClean) return false
  const nothing = () => line(folder, ['hash-object', '-t', 'tree', '--stdin'])
  // Unlike a hard reset, this refuses to write over what somebody has put there meanwhile.
  return git(folder, ['read-tree', '-m', '-u', before.head ?? (await nothing()), head]).then(
    () => true,
    () => false,
  )
}

async function headOf(folder: string): Promise<string | null> {
  return line(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']).catch(() => null)
}

async function line(folder: string, args: readonly string[]): Promise<string> {
  return Buffer.from(await git(folder, args))
    .toString()
    .trim()
}
