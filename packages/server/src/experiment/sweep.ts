import { FairleadError } from '@fairlead/core/base'
import type { Bandit, Promotion, Stopping } from '@fairlead/core/experiment'
import { sql } from 'kysely'
import type { ChangeFeed, Database, DatabaseLogger, ScopedDb } from '../database/index.ts'
import { isTransient } from '../database/index.ts'
import type { PromptVersions } from '../prompt/ports.ts'
import { reweighByEvidence } from './bandit.ts'
import { controlPlane, record } from './history.ts'
import type { LifecycleService } from './lifecycle-service.ts'
import { lastDecision } from './look-record.ts'
import type { LookService } from './look-service.ts'
import type { PromoteService } from './promote-service.ts'
import { lookAfterPromotion, promotionState } from './promotion-guard.ts'
import { endByRule } from './rule-ending.ts'
import type { TestService } from './test-service.ts'
import * as store from './test-store.ts'

export interface SweepParts {
  database: Database
  versions: PromptVersions
  lifecycle: LifecycleService
  tests: TestService
  looks: LookService
  promotion: PromoteService
  changes: ChangeFeed
  logger: DatabaseLogger
}

const hourMs = 3_600_000
/** Whoever ends a test promotes its winner at once, if they live to do it. */
const forgottenMs = 60_000

/** What is due of a test. */
interface Due {
  organizationId: string
  id: string
}

/**
 * What happens to tests by itself: scheduled starts and ends, looks, a bandit's weights. One test that fails does not keep
 * the others from their turn.
 */
export function createSweep({ database, versions, lifecycle, tests, looks, promotion, changes, logger }: SweepParts) {
  return async function sweep(signal: AbortSignal): Promise<void> {
    for (const { organization_id: organizationId, ...test } of await openTests(database)) {
      if (signal.aborted) return
      const due = { organizationId, id: test.id }
      try {
        if (test.status === 'draft') await start(due)
        else if (test.status === 'completed') await watch(due)
        else await tend(due)
      } catch (error) {
        // Somebody else was faster.
        if (error instanceof FairleadError && error.code === 'experiment.invalid_transition') continue
        logger.warn({ err: error, testId: test.id }, 'An A/B test could not be tended')
      }
    }
  }

  async function start({ organizationId, id }: Due): Promise<void> {
    try {
      await lifecycle.start(organizationId, controlPlane, id)
    } catch (error) {
      if (!(error instanceof FairleadError) || isTransient(error)) throw error
      await tellOnce({ organizationId, id }, { code: error.code, reason: error.message })
    }
  }

  /** Whoever waits for a test to start reads in its history why it does not; it is tried again, and told when it is another reason. */
  async function tellOnce({ organizationId, id }: Due, data: { code: string; reason: string }): Promise<void> {
    await database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, id)
      const [last] = await store.listHistory(db, id, { limit: 1, after: undefined })
      const isKnown = last?.action === 'start_failed' && (last.data as typeof data).reason === data.reason
      if (row.status === 'draft' && !isKnown) await record(db, row, controlPlane, 'start_failed', data)
    })
  }

  async function tend({ organizationId, id }: Due): Promise<void> {
    const ended = await database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, id)
      const isOver = row.end_date !== null && row.end_date.getTime() <= Date.now()
      const { mode, automatic, everyMinutes } = row.stopping as Stopping
      // Planned looks are taken at their times also of a paused test: who pauses it must not choose when to look.
      const isLooked = row.status === 'running' || (row.status === 'paused' && (isOver || mode === 'planned_looks'))
      if (!isLooked) return null
      const isTaken = isOver || (await isDue(db, row, 'look', everyMinutes))
      // Of a look that decided whoever took it ends the test, if they live to do it.
      const decision = isTaken ? (await looks.takeIn(db, row, controlPlane)).decision : await lastDecision(db, id)
      const isDecided = automatic && decision !== null && decision.outcome !== 'continue'
      if (isDecided || isOver) return { decision: isDecided ? decision : null }
      if (row.status === 'running') await adjustWeights(db, row)
      return null
    })
    if (!ended) return
    if (ended.decision) return endByRule({ lifecycle, promotion }, organizationId, id, ended.decision)
    const reason = 'The test has reached its end date.'
    await lifecycle.complete(organizationId, controlPlane, id, { winner: null, reason })
  }

  /** A promotion that turns out to be harmful is undone; one that a process did not live to make is made. */
  async function watch({ organizationId, id }: Due): Promise<void> {
    const found = await database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, id)
      const state = await promotionState(db, row)
      if (state.kind === 'missing') return { isForgotten: Date.now() > row.completed_at!.getTime() + forgottenMs }
      if (state.kind === 'over') return {}
      const { promoted } = state
      const hours = (row.promotion as Promotion).guardHours
      const isWatched = Date.now() <= promoted.at.getTime() + hours * hourMs
      if (!isWatched || !(await isDue(db, row, 'guarded', (row.stopping as Stopping).everyMinutes))) return {}
      return { promoted, harm: await lookAfterPromotion(db, row, promoted, versions) }
    })
    if (found.isForgotten) await promotion.promote(organizationId, null, await tests.get(organizationId, id))
    if (found.promoted && found.harm.length > 0) await promotion.undo(organizationId, id, found.promoted, found.harm)
  }

  async function adjustWeights(db: ScopedDb, row: store.TestRow): Promise<void> {
    const bandit = row.bandit as Bandit | null
    if (!bandit || !(await isDue(db, row, 'reweighted', bandit.everyMinutes))) return
    if (await reweighByEvidence(db, row, bandit)) changes.announce(row)
  }
}

/**
 * Of all organizations: drafts whose time to start has come, tests that have started, and winners that are watched in use,
 * also when they are archived.
 */
async function openTests(database: Database) {
  return database.withSystem((db) =>
    db
      .selectFrom('ab_tests')
      .select(['organization_id', 'id', 'status'])
      .where(
        sql<boolean>`status in ('running', 'paused') or (status = 'draft' and start_date <= now() and archived_at is null)
          or (status = 'completed' and promotion is not null and winner_variant_id is not null
            and completed_at + make_interval(hours => (promotion ->> 'guardHours')::int + 1) > now())`,
      )
      .orderBy('id')
      .execute(),
  )
}

/** Whether it is so long since it was last done, or since the test started. */
async function isDue(db: ScopedDb, row: store.TestRow, action: string, everyMinutes: number): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    select now() >= greatest(${row.started_at}::timestamptz, max(at)) + make_interval(mins => ${everyMinutes}) as due
    from ab_history where test_id = ${row.id} and action = ${action}`.execute(db)
  return rows[0]!.due
}
