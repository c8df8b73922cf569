import type { Catalog } from '@fairlead/core/workflow'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'

type WorkerCatalog = Pick<Catalog, 'models' | 'tools'>

/** The catalogues of the workers that were seen lately. */
export async function liveCatalogs(db: ScopedDb): Promise<WorkerCatalog[]> {
  const rows = await db
    .selectFrom('workers')
    .select('catalog')
    .where('last_seen_at', '>', sql<Date>`now() - interval '1 minute'`)
    .orderBy('id')
    .execute()
  return rows.map(({ catalog }) => catalog as WorkerCatalog)
}
