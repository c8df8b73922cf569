import type { ConnectionProvider } from 'kysely'
import {
  DefaultQueryExecutor,
  DummyDriver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  Transaction,
} from 'kysely'
import type { ScopedDb, Tables } from './tables.ts'

/** Migrations run under our own lock, taken in their transaction, so Kysely's session-wide one is not taken. */
class ScopedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

const adapter = new ScopedAdapter()
const compiler = new PostgresQueryCompiler()
const driver = new DummyDriver()
const dialect = {
  createAdapter: () => adapter,
  createDriver: () => driver,
  createQueryCompiler: () => compiler,
  createIntrospector: (db: ConstructorParameters<typeof PostgresIntrospector>[0]) => new PostgresIntrospector(db),
}
const config = { dialect }

/** Kysely over a transaction that is open already: it begins and commits nothing itself. */
export function bindQueries(connections: ConnectionProvider): ScopedDb {
  return new Transaction<Tables>({
    config,
    dialect,
    driver,
    executor: new DefaultQueryExecutor(compiler, adapter, connections),
  })
}
