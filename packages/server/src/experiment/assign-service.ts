import type { Assigned, FirstExposure } from '@fairlead/core/experiment'
import { bucketing, prepareTest } from '@fairlead/core/experiment'
import type { Database } from '../database/index.ts'
import type { ConfigurationService } from './configuration-service.ts'
import type { EvidenceService } from './evidence-service.ts'
import { requireTest } from './test-service.ts'
import type { Keyset } from './test-store.ts'

export interface AssignServiceParts {
  database: Database
  configuration: ConfigurationService
  evidence: EvidenceService
}

/** Assigning where an application does not do it itself. */
export class AssignService {
  readonly #parts: AssignServiceParts

  constructor(parts: AssignServiceParts) {
    this.#parts = parts
  }

  /** The variant of a unit, which is thereby exposed to it unless it is only looked up. */
  assign(
    organizationId: string,
    idOrKey: string,
    { unit, attributes, expose }: { unit: string; attributes: Record<string, unknown>; expose: boolean },
  ): Promise<Assigned> {
    const { database, configuration, evidence } = this.#parts
    return database.withOrganization(organizationId, async (db) => {
      const row = await requireTest(db, idOrKey)
      const [test] = await configuration.openTests(db, { id: row.id })
      if (!test) return { variant: null, reason: row.status, epoch: row.epoch }
      const found = prepareTest(test, bucketing)({ attributes: { ...attributes, [test.unit]: unit } })
      const { variant, reason } = found
      if (variant && expose && reason === 'assigned') {
        const exposure = { test: test.id, unit, variant: variant.id, epoch: test.epoch }
        await evidence.recordIn(db, { exposures: [exposure], observations: [] })
      }
      return {
        variant: variant && { id: variant.id, name: variant.name, payload: variant.payload },
        reason,
        epoch: test.epoch,
      }
    })
  }

  /** First exposures, in the order of their units. */
  list(
    organizationId: string,
    idOrKey: string,
    unit: string | undefined,
    { limit, after }: Keyset<string>,
  ): Promise<FirstExposure[]> {
    return this.#parts.database.withOrganization(organizationId, async (db) => {
      const { id } = await requireTest(db, idOrKey)
      let query = db.selectFrom('ab_assignments').selectAll().where('test_id', '=', id)
      if (unit !== undefined) query = query.where('session_id', '=', unit)
      if (after !== undefined) query = query.where('session_id', '>', after)
      const rows = await query.orderBy('session_id').limit(limit).execute()
      return rows.map((row) => ({
        unit: row.session_id,
        variantId: row.variant_id,
        epoch: row.epoch,
        isExcluded: row.is_excluded,
        createdAt: row.created_at.toISOString(),
      }))
    })
  }
}
