import type { PromptPin, RunStatus } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'

/** A run as other rooms see it. */
export interface RunOutcome {
  status: RunStatus
  /** By node id. */
  pins: Readonly<Record<string, PromptPin>>
}

/** Finds runs for other rooms, in the caller's transaction and organization. */
export interface RunFinder {
  exists(db: Kysely<Tables>, runId: string): Promise<boolean>
  outcome(db: Kysely<Tables>, runId: string): Promise<RunOutcome | undefined>
}
