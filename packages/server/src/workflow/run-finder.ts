import type { RunFinder, RunOutcome } from './ports.ts'

/** The workflow room as a finder of runs. */
export const runFinder: RunFinder = {
  async exists(db, runId) {
    return (await db.selectFrom('workflow_runs').select('id').where('id', '=', runId).executeTakeFirst()) !== undefined
  },
  async outcome(db, runId) {
    const query = db.selectFrom('workflow_runs').select(['status', 'pins']).where('id', '=', runId)
    return (await query.executeTakeFirst()) as RunOutcome | undefined
  },
}
