import type { Database } from '../database/index.ts'

/** Tells the workers that a run has become due; called after the commit. */
export interface DueSignal {
  queued(runId: string): void
}

/** What processes tell each other about runs; payloads are run ids. */
export const channels = {
  /** A run may be claimed. */
  due: 'run_due',
  /** A run that somebody holds shall be cancelled. */
  cancelled: 'run_cancelled',
  /** A run has new events. */
  events: 'run_events',
} as const

/** Tells viewers that a run has new events, once the transaction is durable. */
export function announceEvents(database: Pick<Database, 'notify'>, runId: string): void {
  database.notify(channels.events, runId)
}
