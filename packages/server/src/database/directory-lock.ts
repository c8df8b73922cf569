import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/core/base'

interface Holder {
  pid: number
  /** When that process started, so that another one that got its pid later is not taken for it. */
  processStart: string | null
  host: string
  token: string
}

const touchMs = 15_000
const staleAfterMs = 60_000

/**
 * Takes a directory for this process alone, because two embedded databases on one directory destroy each other. A lock
 * left behind by a process that died, even by kill -9, is taken over. Throws `database.directory_in_use` otherwise.
 * Returns the function that gives it back.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, 'fairlead.lock')
  const mine: Holder = {
    pid: process.pid,
    processStart: processStart(process.pid),
    host: hostname(),
    token: randomUUID(),
  }
  const draft = `${path}.${mine.token}`
  writeFileSync(draft, JSON.stringify(mine))
  try {
    while (!link(draft, path)) {
      const holder = readHolder(path)
      if (holder && isAlive(holder, path)) throw inUse(directory, holder)
      bury(path, holder, mine.token)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  // Processes on other hosts can't look up the pid; they go by the age of the file.
  const touching = setInterval(() => touch(path), touchMs).unref()
  return () => {
    clearInterval(touching)
    if (readHolder(path)?.token === mine.token) rmSync(path, { force: true })
  }
}

/** Creates the lock with its content at once, or says that there is one. */
function link(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/**
 * Moves a dead lock out of the way. Of several processes that try, one succeeds; should another have put its fresh lock
 * there in between, that one is put back.
 */
function bury(path: string, dead: Holder | undefined, token: string): void {
  const grave = `${path}.${token}.dead`
  try {
    renameSync(path, grave)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  const buried = readHolder(grave)
  if (buried && buried.token !== dead?.token) link(grave, path)
  rmSync(grave, { force: true })
}

function isAlive(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) return Date.now() - statSync(path).mtimeMs < staleAfterMs
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return hasCode(error, 'EPERM')
  }
  const start = processStart(holder.pid)
  return start === null || holder.processStart === null || start === holder.processStart
}

/** Tells processes apart that bear the same pid one after the other; null where the system does not say. */
function processStart(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The command, in parentheses, may hold spaces; the start time is the 20th field after it.
      const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${startTicks}`
    }
    if (process.platform === 'win32') return null
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // The directory was removed under us; the database will say so.
  }
}

function inUse(directory: string, holder: Holder): FairleadError {
  const owner = holder.host === hostname() ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`
  return new FairleadError(
    'database.directory_in_use',
    `The embedded database in ${directory} is in use by ${owner}, and only one process can open it. Stop that process, ` +
      'choose another data directory, or set DATABASE_URL to a Postgres server, which any number of processes can share.',
    { data: { directory, pid: holder.pid, host: holder.host } },
  )
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
