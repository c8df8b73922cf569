import type { PromptPin, RunStatus } from '@fairlead/core/workflow'
import type { ScopedDb } from '../database/index.ts'

/** A run as other rooms see it. */
export interface RunOutcome {
  status: RunStatus
  /** By node id. */
  pins: Readonly<Record<string, PromptPin>>
}

/** The workflow room as a finder of runs, in the caller's transaction and organization. */
export const runFinder = {
  async exists(db: ScopedDb, runId: string): Promise<boolean> {
    return (await db.selectFrom('workflow_runs').select('id').where('id', '=', runId).executeTakeFirst()) !== undefined
  },
  async outcome(db: ScopedDb, runId: string): Promise<RunOutcome | undefined> {
    const query = db.selectFrom('workflow_runs').select(['status', 'pins']).where('id', '=', runId)
    return (await query.executeTakeFirst()) as RunOutcome | undefined
  },
}

export type RunFinder = typeof runFinder
