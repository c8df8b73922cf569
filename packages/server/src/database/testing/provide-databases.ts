import { pgliteTemplateFile } from './pglite-template.ts'
import { findPostgresBinaries } from './postgres-binaries.ts'
import type { PostgresServer } from './postgres-server.ts'
import { startPostgresServer } from './postgres-server.ts'
import type { PostgresTemplate } from './postgres-template.ts'
import { createPostgresTemplate, dropPostgresDatabase } from './postgres-template.ts'

/** What test databases are made from. */
export interface Templates {
  pgliteTemplate: string
  /** Null where the machine has no Postgres. */
  postgresTemplate: PostgresTemplate | null
}

// A process of its own: it writes one line of JSON when everything stands, and cleans up when its standard input closes.
const postgres = await openServer()
const [pgliteTemplate, postgresTemplate] = await Promise.all([
  pgliteTemplateFile(),
  postgres ? createPostgresTemplate(postgres.adminUrl) : null,
])
const templates: Templates = { pgliteTemplate, postgresTemplate }
process.stdout.write(`${JSON.stringify(templates)}\n`)
process.stdin.resume().once('end', () => void cleanUp())

/** The server that FAIRLEAD_TEST_DATABASE_URL names, by a login that may create roles and databases, or one of our own. */
async function openServer(): Promise<PostgresServer | undefined> {
  const adminUrl = process.env.FAIRLEAD_TEST_DATABASE_URL
  if (adminUrl) return { adminUrl, stop: async () => {} }
  const binaries = await findPostgresBinaries()
  return binaries && startPostgresServer(binaries)
}

async function cleanUp(): Promise<void> {
  if (postgresTemplate) await dropPostgresDatabase(postgresTemplate.adminUrl, postgresTemplate.name)
  await postgres?.stop()
}
