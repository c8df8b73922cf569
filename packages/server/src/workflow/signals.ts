import type { Workflow } from '@fairlead/core/workflow'
import type { Database } from '../database/index.ts'
import type { ClaimedRow } from './claim.ts'

/** Brings due runs to workers. */
export interface DueSignal {
  /** Tells the workers that a run has become due; called after the commit. */
  queued(runId: string): void
  /** A place with the worker of this process, if it waits for work: a new run can be stored as claimed by it at once. */
  reserve(): Reservation | null
}

/** A worker's place for one run; either `start` or `release` must follow. */
export interface Reservation {
  workerId: string
  leaseMs: number
  /** Hands over the run that was stored as claimed; called after the commit. */
  start(row: ClaimedRow, definition: Workflow): void
  release(): void
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
