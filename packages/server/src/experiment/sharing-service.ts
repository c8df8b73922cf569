import { FairleadError } from '@fairlead/core/base'
import type { Holdout, Layer } from '@fairlead/core/experiment'
import type { Selectable } from 'kysely'
import type { Database, ScopedDb, Tables } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { percentageLeft } from './layer.ts'
import type { Keyset } from './test-store.ts'

export interface SharingServiceParts {
  database: Database
  newId: () => string
  newSeed: () => number
}

/** What tests share: layers and holdouts. */
export class SharingService {
  readonly #parts: SharingServiceParts

  constructor(parts: SharingServiceParts) {
    this.#parts = parts
  }

  createLayer(by: Principal, name: string): Promise<Layer> {
    return this.#within(by.organizationId, async (db) => {
      const row = await db
        .insertInto('ab_layers')
        .values(this.#newRow(by, name))
        .onConflict((conflict) => conflict.columns(['organization_id', 'name']).doNothing())
        .returningAll()
        .executeTakeFirst()
      if (!row) throw nameTaken('layer', name)
      return toLayer(row, 100)
    })
  }

  /** In the order in which they were made. */
  listLayers(organizationId: string, { limit, after }: Keyset<string>): Promise<Layer[]> {
    return this.#within(organizationId, async (db) => {
      let query = db.selectFrom('ab_layers').selectAll()
      if (after !== undefined) query = query.where('id', '>', after)
      const layers: Layer[] = []
      for (const row of await query.orderBy('id').limit(limit).execute())
        layers.push(toLayer(row, await percentageLeft(db, row.id)))
      return layers
    })
  }

  createHoldout(by: Principal, { name, percentage }: { name: string; percentage: number }): Promise<Holdout> {
    return this.#within(by.organizationId, async (db) => {
      const row = await db
        .insertInto('ab_holdouts')
        .values({ ...this.#newRow(by, name), percentage: String(percentage) })
        .onConflict((conflict) => conflict.columns(['organization_id', 'name']).doNothing())
        .returningAll()
        .executeTakeFirst()
      if (!row) throw nameTaken('holdout', name)
      return toHoldout(row)
    })
  }

  /** In the order in which they were made. */
  listHoldouts(organizationId: string, { limit, after }: Keyset<string>): Promise<Holdout[]> {
    return this.#within(organizationId, async (db) => {
      let query = db.selectFrom('ab_holdouts').selectAll()
      if (after !== undefined) query = query.where('id', '>', after)
      return (await query.orderBy('id').limit(limit).execute()).map(toHoldout)
    })
  }

  /** Tests that have started keep what was held out of them then. */
  deleteHoldout(organizationId: string, id: string): Promise<void> {
    return this.#within(organizationId, async (db) => {
      const { numDeletedRows } = await db.deleteFrom('ab_holdouts').where('id', '=', id).executeTakeFirst()
      if (numDeletedRows === 0n) throw new FairleadError('experiment.holdout_not_found', `There is no holdout "${id}".`)
    })
  }

  #newRow({ organizationId, userId }: Principal, name: string) {
    const { newId, newSeed } = this.#parts
    return { organization_id: organizationId, id: newId(), name, seed: newSeed(), created_by: userId }
  }

  #within<T>(organizationId: string, work: (db: ScopedDb) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

function nameTaken(kind: string, name: string): FairleadError {
  return new FairleadError('experiment.name_taken', `There is a ${kind} "${name}" already. Choose another name.`)
}

function toLayer(row: Selectable<Tables['ab_layers']>, percentageLeft: number): Layer {
  return { id: row.id, name: row.name, percentageLeft, createdAt: row.created_at.toISOString() }
}

function toHoldout(row: Selectable<Tables['ab_holdouts']>): Holdout {
  return { id: row.id, name: row.name, percentage: Number(row.percentage), createdAt: row.created_at.toISOString() }
}
