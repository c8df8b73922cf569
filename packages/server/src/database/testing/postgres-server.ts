import type { ChildProcess } from 'node:child_process'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { PostgresBinaries } from './postgres-binaries.ts'

export interface PostgresServer {
  /** The superuser's URL. */
  adminUrl: string
  stop(): Promise<void>
}

const startTimeoutMs = 30_000
const superuser = 'postgres'

/** A server that is gone with the tests may lose everything in a power cut; none of this changes how statements behave. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
}

/**
 * Ends the server and removes its files when its standard input closes, so that no server outlives a test run, also one
 * that was killed. Arguments: the directory, then the command.
 */
const watchdog = 'dir=$1; shift; "$@" & pid=$!; cat > /dev/null; kill -INT $pid; wait $pid; rm -rf "$dir"'

/** What benchmarks measure against: the durability of a server as it is installed. */
export const durableSettings = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', autovacuum: 'on' }

/** Starts a fresh server on a free port. Postgres refuses to run as root, so root starts it as another user. */
export async function startPostgresServer(
  binaries: PostgresBinaries,
  changes: Partial<typeof settings> = {},
): Promise<PostgresServer> {
  const user = unprivilegedUser()
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-postgres-'))
  if (user) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  const options = { ...user, cwd: directory }
  const initdb = [
    '-D',
    data,
    '-U',
    superuser,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ]
  await promisify(execFile)(binaries.initdb, initdb, options)
  const port = await freePort()
  const flags = Object.entries({ ...settings, ...changes, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [binaries.postgres, '-D', data, ...flags]
  const child = spawn('sh', ['-c', watchdog, 'sh', directory, ...command], {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const log: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
  const adminUrl = `postgres://${superuser}@127.0.0.1:${port}/postgres`
  try {
    await untilReady(adminUrl)
  } catch (error) {
    await stopServer(child, directory)
    throw new Error(`The Postgres for tests did not start: ${error}\n${log.join('')}`)
  }
  return { adminUrl, stop: () => stopServer(child, directory) }
}

async function stopServer(child: ChildProcess, directory: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stdin?.end()
  await ended
  rmSync(directory, { recursive: true, force: true })
}

function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string, name: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: id('-u', name), gid: id('-g', name) }
    } catch {}
  }
  throw new Error('Postgres does not run as root, and there is no user "postgres" or "nobody" to run it as.')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No port was given out.')
  return address.port
}

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(20)
    }
  }
}
