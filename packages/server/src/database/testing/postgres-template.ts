import { createHash, randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { openDatabase } from '../database.ts'

/** A migrated database that test databases are cloned from, and who owns it: a plain login that is no superuser. */
export interface PostgresTemplate {
  adminUrl: string
  ownerUrl: string
  name: string
}

const owner = 'fairlead_test_owner'

export async function createPostgresTemplate(adminUrl: string): Promise<PostgresTemplate> {
  const password = createHash('sha256').update(adminUrl).digest('hex')
  const name = `fairlead_template_${randomBytes(6).toString('hex')}`
  await asAdmin(adminUrl, async (admin) => {
    const { rows } = await admin.query('select from pg_roles where rolname = $1', [owner])
    if (rows.length === 0) await admin.query(`create role ${owner} login createrole nosuperuser password '${password}'`)
    await admin.query(`create database ${name} owner ${owner}`)
  })
  const ownerUrl = withLogin(adminUrl, { user: owner, password, database: name })
  const database = await openDatabase({ url: ownerUrl, poolSize: 1 })
  try {
    await database.migrate()
  } finally {
    await database.close()
  }
  return { adminUrl, ownerUrl, name }
}

/** A clone of the template, owned by the same plain login. */
export async function clonePostgresTemplate(template: PostgresTemplate): Promise<string> {
  const database = `fairlead_test_${randomBytes(6).toString('hex')}`
  await asAdmin(template.adminUrl, (admin) =>
    admin.query(`create database ${database} template ${template.name} owner ${owner}`),
  )
  return withLogin(template.ownerUrl, { database })
}

/** Ends the sessions that are still open, too. */
export async function dropPostgresDatabase(adminUrl: string, name: string): Promise<void> {
  await asAdmin(adminUrl, (admin) => admin.query(`drop database if exists ${name} with (force)`))
}

/** Runs statements as the superuser of the test server. */
export async function asAdmin<T>(adminUrl: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: adminUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The URL with another login or another database. */
export function withLogin(url: string, change: { user?: string; password?: string; database?: string }): string {
  const changed = new URL(url)
  if (change.user !== undefined) changed.username = change.user
  if (change.password !== undefined) changed.password = change.password
  if (change.database !== undefined) changed.pathname = change.database
  return changed.href
}
