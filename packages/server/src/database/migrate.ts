import { FairleadError } from '@fairlead/core/base'
import { Migrator } from 'kysely/migration'
import { applyPolicies } from './apply-policies.ts'
import { ensureJobTables } from './job-tables.ts'
import type { DatabaseLogger } from './logger.ts'
import { migrations } from './migrations/index.ts'
import { repairOutbox } from './outbox.ts'
import { ensureRoles } from './roles.ts'
import type { Scope } from './scope.ts'
import { runScope } from './scope.ts'
import type { Backend } from './session.ts'

/** Any number that no other program uses on this database: "fairlead" in ASCII. */
const lockId = '7377559450091938148'

/** The migration that a database must have for this program. */
export const latestMigration = Object.keys(migrations).at(-1)!

/**
 * Brings roles, tables, grants and policies up to date, all or nothing. Processes that do it at the same time queue up
 * behind a lock; the first does the work. Throws `database.migration_failed` when a migration can't be applied.
 */
export async function migrateDatabase(backend: Backend, logger: DatabaseLogger): Promise<{ applied: string[] }> {
  await ensureRoles(backend)
  const applied = await runScope(backend, { login: 'owner', organizationId: null }, async (scope) => {
    await scope.run('select pg_advisory_xact_lock($1)', [lockId])
    const names = await migrateTables(scope)
    await applyPolicies(scope)
    await ensureJobTables(scope)
    return names
  })
  await runScope(backend, { login: 'system', organizationId: null }, repairOutbox)
  if (applied.length > 0) logger.info({ applied }, 'The database was migrated')
  return { applied }
}

async function migrateTables(scope: Scope): Promise<string[]> {
  const { db } = scope
  // Kysely asks the catalog for every table first, which on the embedded database takes longer than the rest of a start.
  if (await isUpToDate(scope)) return []
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results } = await migrator.migrateToLatest()
  if (error) {
    const failed = results?.find(({ status }) => status === 'Error')?.migrationName
    throw new FairleadError(
      'database.migration_failed',
      `The database could not be migrated${failed ? ` (${failed})` : ''}: ${error instanceof Error ? error.message : error}`,
      { data: { migration: failed ?? null }, cause: error },
    )
  }
  return results!.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName)
}

async function isUpToDate(scope: Scope): Promise<boolean> {
  const { rows } = await scope.run(`select to_regclass('kysely_migration') is not null as exists`)
  if (!rows[0]!.exists) return false
  const names = await scope.run('select name from kysely_migration order by name')
  return names.rows.map(({ name }) => name).join() === Object.keys(migrations).join()
}
