import type { Score } from '@fairlead/core/analytics'
import type { Database } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { problem } from '../http/index.ts'
import type { RunFinder } from '../workflow/ports.ts'
import * as store from './store.ts'

export interface NewScore {
  runId?: string | undefined
  executionId?: string | undefined
  name: string
  value: number
  comment: string | null
  source: Score['source']
}

export interface ScoreServiceParts {
  database: Database
  runs: Pick<RunFinder, 'exists'>
  newId: () => string
}

/** How good runs and model calls were. */
export class ScoreService {
  readonly #parts: ScoreServiceParts

  constructor(parts: ScoreServiceParts) {
    this.#parts = parts
  }

  /** Says how good a run or a call was. Throws `run.not_found` and `analytics.execution_not_found`. */
  async create(by: Principal, { runId, executionId, ...said }: NewScore): Promise<Score> {
    const { database, runs, newId } = this.#parts
    const row = await database.withOrganization(by.organizationId, async (db) => {
      const execution = executionId === undefined ? undefined : await store.findExecution(db, executionId)
      if (executionId !== undefined && !execution)
        throw problem('analytics.execution_not_found', `There is no model call "${executionId}".`)
      if (runId !== undefined && !(await runs.exists(db, runId)))
        throw problem('run.not_found', `There is no run "${runId}".`)
      return store.insertScore(db, {
        organization_id: by.organizationId,
        id: newId(),
        run_id: runId ?? execution?.run_id ?? null,
        execution_id: executionId ?? null,
        ...said,
        created_by_kind: by.kind,
        created_by_id: by.id,
      })
    })
    return toScore(row)
  }

  /** Newest first. */
  async list(
    organizationId: string,
    filter: store.ScoreFilter,
    page: { limit: number; after: string | undefined },
  ): Promise<Score[]> {
    const rows = await this.#parts.database.withOrganization(organizationId, (db) => store.listScores(db, filter, page))
    return rows.map(toScore)
  }
}

function toScore(row: store.ScoreRow): Score {
  return {
    id: row.id,
    runId: row.run_id,
    executionId: row.execution_id,
    name: row.name,
    value: row.value,
    comment: row.comment,
    source: row.source as Score['source'],
    createdBy: { kind: row.created_by_kind, id: row.created_by_id },
    createdAt: row.created_at.toISOString(),
  }
}
