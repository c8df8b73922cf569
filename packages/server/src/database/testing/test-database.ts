import { openAsBlob } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { Database, DatabaseOptions } from '../database.ts'
import { openDatabase } from '../database.ts'
import type { PostgresTemplate } from './postgres-template.ts'
import { clonePostgresTemplate, dropPostgresDatabase } from './postgres-template.ts'

export type BackendKind = Database['kind']

/**
 * The back ends that a suite runs on: `describe.each(backends)('… on %s', (kind) => …)`. A real Postgres is among them
 * wherever there is one; CI refuses to start without.
 */
export const backends: readonly BackendKind[] = inject('postgresTemplate') ? ['pglite', 'postgres'] : ['pglite']

/** Where a test database is, for tests that start processes of their own. */
export interface TestLocation {
  options: Pick<DatabaseOptions, 'url' | 'dataDirectory'>
  remove(): Promise<void>
}

/**
 * A migrated database of its own, empty, in about half a second; `close` removes it. An embedded one takes some hundred
 * megabytes: open one per test file, and an organization per test.
 */
export async function openTestDatabase(kind: BackendKind, options: DatabaseOptions = {}): Promise<Database> {
  if (kind === 'pglite') {
    return openDatabase({ memory: true, template: await openAsBlob(inject('pgliteTemplate')), ...options })
  }
  const location = await createPostgresDatabase()
  const database = await openDatabase({ ...location.options, ...options })
  return { ...database, close: () => database.close().then(location.remove) }
}

/** A migrated database that nobody has open: a directory for the embedded one, a URL for Postgres. */
export async function createTestLocation(kind: BackendKind): Promise<TestLocation> {
  return kind === 'pglite' ? createDirectory() : createPostgresDatabase()
}

/** The Postgres of this test run. Throws where there is none. */
export function postgresTemplate(): PostgresTemplate {
  const template = inject('postgresTemplate')
  if (!template) throw new Error('This machine has no Postgres to test against.')
  return template
}

async function createDirectory(): Promise<TestLocation> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fairlead-pglite-'))
  const database = await openDatabase({ dataDirectory, template: await openAsBlob(inject('pgliteTemplate')) })
  await database.close()
  return { options: { dataDirectory }, remove: () => rm(dataDirectory, { recursive: true, force: true }) }
}

async function createPostgresDatabase(): Promise<TestLocation> {
  const template = postgresTemplate()
  const url = await clonePostgresTemplate(template)
  const name = new URL(url).pathname.slice(1)
  return { options: { url }, remove: () => dropPostgresDatabase(template.adminUrl, name) }
}
