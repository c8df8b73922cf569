import { FairleadError } from '@fairlead/core/base'
import { Announcer } from './announcer.ts'
import { withoutTransaction } from './job-tables.ts'
import type { DatabaseLogger } from './logger.ts'
import { silentLogger } from './logger.ts'
import { latestMigration, migrateDatabase } from './migrate.ts'
import { connectPostgres } from './postgres.ts'
import { checkLogin } from './roles.ts'
import { runScope } from './scope.ts'
import type { Backend, Beginning } from './session.ts'
import type { ScopedDb } from './tables.ts'

export interface DatabaseOptions {
  /** `postgres://…` of the login that owns the tables. Without it the embedded database is used. */
  url?: string | undefined
  /** A login of its own for organizations' scopes, granted `fairlead_app`. */
  appUrl?: string | undefined
  /** A login of its own for the system scope, granted `fairlead_system`. */
  systemUrl?: string | undefined
  /** Where the embedded database keeps its files. */
  dataDirectory?: string | undefined
  /** The embedded database in memory, lost at the end. */
  memory?: boolean | undefined
  /** What a new embedded database starts as: a dump of its files. */
  template?: Blob | undefined
  /** Sessions per login; default 10. The embedded database has one. */
  poolSize?: number | undefined
  /** How long a scope waits for a session before `database.unavailable`; default 2 s, embedded 30 s. */
  acquireTimeoutMs?: number | undefined
  /** How long a statement may run before `database.timeout`; default 15 s. The embedded database can't interrupt one. */
  statementTimeoutMs?: number | undefined
  /** Off for a transaction pooler that does not know prepared statements (pgbouncer before 1.21); default on. */
  preparedStatements?: boolean | undefined
  logger?: DatabaseLogger | undefined
}

/** One seam over a Postgres server and the embedded Postgres. Every statement runs inside one of its scopes. */
export interface Database {
  kind: 'postgres' | 'pglite'
  /** A transaction that sees and writes that organization's rows only. The id must be a UUID. */
  withOrganization<T>(organizationId: string, work: (db: ScopedDb) => Promise<T>): Promise<T>
  /** A transaction across organizations, limited to what policies.ts opens to the system. */
  withSystem<T>(work: (db: ScopedDb) => Promise<T>): Promise<T>
  /** A transaction as the owner of the tables, for changes to them; its rows are bound to policies like everyone's. */
  withOwner<T>(work: (db: ScopedDb) => Promise<T>): Promise<T>
  /** Brings the schema up to date; safe in any number of processes at once. */
  migrate(): Promise<{ applied: string[] }>
  /**
   * Tells every process, soon and in bundles. Inside a scope it goes out after the commit, and not at all after a
   * rollback; once the database is closed, it does nothing. Payloads are ids, below 8,000 bytes; channels lower-case
   * identifiers.
   */
  notify(channel: string, payload: string): void
  /**
   * Hears a channel until the returned function is called. `resyncPayload` says that notifications may have been
   * missed: read again.
   */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>
  /** Whether statements can be run and the schema is this program's; never throws. */
  ready(): Promise<{ ok: boolean; migration: string | null }>
  /** Runs what pg-boss hands over in a system scope of its own, and returns the rows of all its statements. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
  /** Waits for the open scopes, then disconnects. */
  close(): Promise<void>
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Opens Postgres by `url`, or the embedded database in `dataDirectory` or in memory. A server is not contacted yet.
 * Throws `database.no_location`, and for a directory `database.directory_in_use`.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const logger = options.logger ?? silentLogger
  return overBackend(await openBackend(options, logger), options, logger)
}

async function openBackend(options: DatabaseOptions, logger: DatabaseLogger): Promise<Backend> {
  const { url, appUrl, systemUrl, dataDirectory, memory, template } = options
  if (url !== undefined) {
    return connectPostgres({
      url,
      appUrl,
      systemUrl,
      poolSize: options.poolSize ?? 10,
      acquireTimeoutMs: options.acquireTimeoutMs ?? 2_000,
      statementTimeoutMs: options.statementTimeoutMs ?? 15_000,
      preparedStatements: options.preparedStatements ?? true,
      logger,
    })
  }
  // Loaded on demand: the embedded database is large, and a server with Postgres never needs it.
  const { wrapPglite } = await import('./pglite.ts')
  const { openPgliteDirectory, openPgliteInMemory } = await import('./pglite-directory.ts')
  const acquireTimeoutMs = options.acquireTimeoutMs ?? 30_000
  if (dataDirectory !== undefined) {
    const { pglite, release } = await openPgliteDirectory(dataDirectory, template)
    return wrapPglite(pglite, { acquireTimeoutMs, onClose: async () => release() })
  }
  if (memory) return wrapPglite(await openPgliteInMemory(template), { acquireTimeoutMs })
  throw new FairleadError(
    'database.no_location',
    'Nothing says where the data is: give a url, a dataDirectory, or memory: true.',
  )
}

function overBackend(backend: Backend, options: DatabaseOptions, logger: DatabaseLogger): Database {
  const announcer = new Announcer(backend, logger)
  return {
    kind: backend.kind,
    withOrganization: async (organizationId, work) =>
      runScope(backend, inOrganization(organizationId), ({ db }) => work(db)),
    withSystem: (work) => runScope(backend, inSystem, ({ db }) => work(db)),
    withOwner: (work) => runScope(backend, asOwner, ({ db }) => work(db)),
    async migrate() {
      const result = await migrateDatabase(backend, logger)
      if (options.appUrl) await checkLogin(backend, 'app')
      if (options.systemUrl) await checkLogin(backend, 'system')
      return result
    },
    notify: (channel, payload) => announcer.notify(channel, payload),
    listen: (channel, onPayload) => announcer.listen(channel, onPayload),
    ready: () => isReady(backend),
    executeSql: (text, values = []) =>
      runScope(backend, inSystem, (scope) => scope.run(withoutTransaction(text), values)),
    async close() {
      // The scopes that were open announce what they commit, and only then nobody does any more.
      await backend.close()
      await announcer.close()
    },
  }
}

const inSystem: Beginning = { login: 'system', organizationId: null }
const asOwner: Beginning = { login: 'owner', organizationId: null }

/** The id may become part of the statement that begins the transaction, so it must be nothing but a UUID. */
function inOrganization(organizationId: string): Beginning {
  if (!uuid.test(organizationId)) {
    throw new FairleadError('database.invalid_organization', `"${organizationId}" is not the id of an organization.`)
  }
  return { login: 'app', organizationId }
}

async function isReady(backend: Backend): Promise<{ ok: boolean; migration: string | null }> {
  try {
    const { rows } = await runScope(backend, inSystem, (scope) =>
      scope.run('select name from kysely_migration order by name desc limit 1'),
    )
    const migration = rows.length > 0 ? String(rows[0]!.name) : null
    return { ok: migration === latestMigration, migration }
  } catch {
    return { ok: false, migration: null }
  }
}
