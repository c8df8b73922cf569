import { FairleadError } from '@fairlead/core/base'
import type { AbTest, Transition } from '@fairlead/core/experiment'
import { nextStatus, sampleRatioEvidence } from '@fairlead/core/experiment'
import { sql } from 'kysely'
import type { ChangeFeed, Database, ScopedDb } from '../database/index.ts'
import type { PromptVersions } from '../prompt/ports.ts'
import { invalid } from './draft-check.ts'
import { assignedUnits, readEvidence } from './evidence-read.ts'
import type { By } from './history.ts'
import { record } from './history.ts'
import { allotRanges } from './layer.ts'
import { lastDecision } from './look-record.ts'
import type { TestService } from './test-service.ts'
import { assertMayPromote, beginEpoch, requireTest } from './test-service.ts'
import * as store from './test-store.ts'

export interface LifecycleParts {
  database: Database
  prompts: PromptVersions
  tests: TestService
  changes: ChangeFeed
}

/** How a test comes to its end. */
export interface Completion {
  /** By id or name; null ends it without a winner. */
  winner: string | null
  /** Why, in the words of whoever does it. */
  reason?: string | undefined
}

/** The transitions of tests (see the state machine in the core); each stands in the history, whoever caused it. */
export class LifecycleService {
  readonly #parts: LifecycleParts

  constructor(parts: LifecycleParts) {
    this.#parts = parts
  }

  /**
   * Starts a draft: resolves the variants' refs to versions, puts its weights into force and takes its place in its layer.
   * Throws `experiment.invalid_transition`, also for an archived one, `experiment.unresolved_ref`, `experiment.prompt_under_test` and
   * `experiment.layer_full`.
   */
  start(organizationId: string, by: By, idOrKey: string): Promise<AbTest> {
    return this.#transit(organizationId, by, idOrKey, 'start', async (db, row) => {
      if (row.archived_at !== null) throw archived(row)
      const variants = await store.listVariants(db, [row.id])
      const versions = await this.#pinVariants(db, variants)
      await assertPromptIsFree(db, row)
      const layer_ranges = row.layer_id === null ? null : JSON.stringify(await allotRanges(db, row))
      const holdouts = await db.selectFrom('ab_holdouts').select(['seed', 'percentage']).orderBy('id').execute()
      const epoch = await beginEpoch(
        db,
        row,
        variants.map(({ traffic_weight }) => traffic_weight),
      )
      const columns = {
        epoch,
        layer_ranges,
        holdouts: JSON.stringify(holdouts.map(({ seed, percentage }) => ({ seed, percentage: Number(percentage) }))),
      }
      return { columns, action: 'started', data: { epoch, versions } }
    })
  }

  pause(organizationId: string, by: By, idOrKey: string): Promise<AbTest> {
    return this.#transit(organizationId, by, idOrKey, 'pause', async () => ({
      columns: {},
      action: 'paused',
      data: {},
    }))
  }

  resume(organizationId: string, by: By, idOrKey: string): Promise<AbTest> {
    return this.#transit(organizationId, by, idOrKey, 'resume', async (db, row) => {
      await assertPromptIsFree(db, row)
      return { columns: {}, action: 'resumed', data: {} }
    })
  }

  /**
   * Ends a test, with a winner or without. Throws `experiment.sample_ratio_mismatch` for a winner where units went astray,
   * and `auth.forbidden` for one that its rule has not chosen and that would be promoted for somebody who may not.
   */
  complete(organizationId: string, by: By, idOrKey: string, completion: Completion): Promise<AbTest> {
    return this.#transit(organizationId, by, idOrKey, 'complete', async (db, row) => {
      const winner = await this.#winnerOf(db, row, completion.winner)
      const isDecided = winner !== null && (await lastDecision(db, row.id))?.winnerVariantId === winner
      if (winner !== null && !isDecided && row.promotion !== null) assertMayPromote(by)
      const data = { winnerVariantId: winner, isDecided, reason: completion.reason ?? null }
      const columns = { winner_variant_id: winner, is_decided: isDecided }
      return { columns, action: 'completed', data }
    })
  }

  async #winnerOf(db: ScopedDb, row: store.TestRow, winner: string | null): Promise<string | null> {
    if (winner === null) return null
    if (row.epoch === 0) throw invalid([{ pointer: '/winner', message: 'must be null: the test has never run' }])
    const variants = await store.listVariants(db, [row.id])
    const found = variants.find(({ id, name }) => id === winner || name === winner)
    if (!found) {
      const names = variants.map(({ name }) => name).join(', ')
      throw invalid([{ pointer: '/winner', message: `is "${winner}", and the variants are ${names}` }])
    }
    const last = await lastDecision(db, row.id)
    const harm = (last?.harm ?? []).filter(({ variantId }) => variantId === found.id)
    if (harm.length > 0) {
      const metrics = harm.map(({ metric }) => metric).join(', ')
      const message = `The variant "${found.name}" is worse than the control by more than the margin of a guardrail (${metrics}): it can't win. End the test without a winner, or with another one.`
      throw new FairleadError('experiment.harmful_winner', message, { data: { harm } })
    }
    const evidence = await readEvidence(db, row)
    if (sampleRatioEvidence(assignedUnits(evidence)).isMismatch) {
      const message = `The units of the test "${row.key}" do not lie in its variants as its weights say, so its results can't be trusted: no winner can be chosen. Find out why, and end it without one.`
      throw new FairleadError('experiment.sample_ratio_mismatch', message)
    }
    return found.id
  }

  /** What the variants' refs say now. A test compares what it began with. */
  async #pinVariants(db: ScopedDb, variants: readonly store.VariantRow[]): Promise<object[]> {
    const pinned: object[] = []
    for (const variant of variants) {
      if (variant.prompt_id === null) continue
      const version = await this.#parts.prompts.findVersion(db, variant.prompt_id, variant.ref as object)
      if (!version) throw unresolved(variant)
      await store.updateVariant(db, variant.id, { version_id: version.id })
      pinned.push({ variantId: variant.id, versionId: version.id, versionNumber: version.versionNumber })
    }
    return pinned
  }

  async #transit(
    organizationId: string,
    by: By,
    idOrKey: string,
    transition: Transition,
    work: (
      db: ScopedDb,
      row: store.TestRow,
    ) => Promise<{
      columns: Parameters<typeof store.updateTest>[2]
      action: Parameters<typeof record>[3]
      data: object
    }>,
  ): Promise<AbTest> {
    const { database, tests, changes } = this.#parts
    return database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, (await requireTest(db, idOrKey)).id)
      const status = nextStatus(row.status, transition)
      const { columns, action, data } = await work(db, row)
      const updated = await store.updateTest(db, row.id, { ...columns, status, ...timeOf(transition) })
      await record(db, updated, by, action, data)
      changes.announce(updated)
      return tests.read(db, updated)
    })
  }
}

function timeOf(transition: Transition) {
  if (transition === 'start') return { started_at: new Date() }
  return transition === 'complete' ? { completed_at: new Date() } : {}
}

/** Two tests that answer for one prompt would tear each other's units apart, but in one layer. */
async function assertPromptIsFree(db: ScopedDb, row: store.TestRow): Promise<void> {
  if (row.prompt_id === null) return
  await sql`select pg_advisory_xact_lock(hashtextextended(${`ab_tests ${row.prompt_id}`}, 0))`.execute(db)
  const rivals = await store.listOpenTests(db, { promptLabel: { promptId: row.prompt_id, label: row.label } })
  const other = rivals.find((open) => open.id !== row.id && (open.layer_id === null || open.layer_id !== row.layer_id))
  if (!other) return
  const message = `The test "${other.key}" is about the same prompt and label already. End it, or put both into one layer, which keeps them apart.`
  throw new FairleadError('experiment.prompt_under_test', message, { data: { test: other.key } })
}

function unresolved({ name, ref, position }: store.VariantRow): FairleadError {
  const [kind, value] = Object.entries(ref as object)[0]!
  const message = `The variant "${name}" can't be shown: its prompt has no ${kind} "${value}".`
  return new FairleadError('experiment.unresolved_ref', message, {
    data: { errors: [{ pointer: `/variants/${position}/ref`, message }] },
  })
}

/** It would run unseen: what happens by itself happens to no test that is archived. */
function archived({ key, status }: store.TestRow): FairleadError {
  const message = `The test "${key}" is archived. Set "archived" to false before you start it.`
  return new FairleadError('experiment.invalid_transition', message, { data: { status, transition: 'start' } })
}
