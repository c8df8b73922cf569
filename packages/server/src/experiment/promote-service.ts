import { FairleadError } from '@fairlead/core/base'
import type { AbTest } from '@fairlead/core/experiment'
import type { Database } from '../database/index.ts'
import { isTransient } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { VersionPromotion } from '../prompt/ports.ts'
import type { Action } from './history.ts'
import { controlPlane, record } from './history.ts'
import type { RecordedPromotion } from './promotion-guard.ts'
import { promotionState } from './promotion-guard.ts'
import * as store from './test-store.ts'

export interface PromoteServiceParts {
  database: Database
  promotion: VersionPromotion
}

/**
 * Brings a winner to where it is used, under protection, which the test's decision may be what lifts. What protection
 * refuses leaves the test completed, and stands in its history.
 */
export class PromoteService {
  readonly #parts: PromoteServiceParts

  constructor(parts: PromoteServiceParts) {
    this.#parts = parts
  }

  /** After the test has come to its end; by whoever ended it, or by the control plane where its rule did. */
  async promote(organizationId: string, by: Principal | null, test: AbTest): Promise<void> {
    const winner = test.variants.find(({ id }) => id === test.winnerVariantId)
    if (!test.promotion || !winner?.version || winner.promptId === null) return
    const { mergeInto, label } = test.promotion
    const message = `Winner of the A/B test "${test.name}": ${winner.name}`
    const version = { ...winner.version, promptId: winner.promptId }
    let entry: { action: Action; data: object }
    const from =
      label === null ? null : await this.#intend(organizationId, by, test.id, { promptId: version.promptId, label })
    try {
      const data = await this.#parts.promotion.promote(organizationId, by, version, { mergeInto, label, message })
      // A process that came as far as the label, and not as far as this, has left it where it goes to.
      entry = {
        action: 'promoted',
        data: { ...data, ...(data.from === data.to && { from }), promptId: winner.promptId },
      }
    } catch (error) {
      if (!isFinal(error)) throw error
      entry = { action: 'promotion_refused', data: { code: error.code, reason: error.message } }
    }
    await this.#parts.database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, test.id)
      // Where two processes did it, the one that came second tells nothing new, and must not end the watch of the first.
      if ((await promotionState(db, row)).kind === 'missing')
        await record(db, row, by ?? controlPlane, entry.action, entry.data)
    })
  }

  /** Writes down where the label stands before anything is moved, once: from there it would be moved back. */
  async #intend(
    organizationId: string,
    by: Principal | null,
    testId: string,
    { promptId, label }: { promptId: string; label: string },
  ): Promise<number | null> {
    const { database, promotion } = this.#parts
    const shown = await promotion.shownBy(organizationId, promptId, label)
    return database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, testId)
      const [earlier] = await store.listHistoryOf(db, testId, 'promoting')
      if (earlier) return (earlier.data as { from: number | null }).from
      await record(db, row, by ?? controlPlane, 'promoting', { label, from: shown })
      return shown
    })
  }

  /** Moves the label back, where it is still where the promotion put it. */
  async undo(organizationId: string, testId: string, promoted: RecordedPromotion, metrics: string[]): Promise<void> {
    const message = `The winner of an A/B test is worse in use than its control was: ${metrics.join(', ')}`
    let data: object
    try {
      const { promptId } = promoted
      const isUndone = await this.#parts.promotion.undo(organizationId, promptId, promoted, message)
      data = { metrics, isUndone, label: promoted.label, to: promoted.from }
    } catch (error) {
      if (!isFinal(error)) throw error
      data = { metrics, isUndone: false, code: error.code, reason: error.message }
    }
    const held = { organization_id: organizationId, id: testId }
    await this.#parts.database.withOrganization(organizationId, async (db) => {
      await store.lockTest(db, testId)
      await record(db, held, controlPlane, 'rolled_back', data)
    })
  }
}

/** What the database can't do now, and what somebody else moved meanwhile, is tried again by the next sweep. */
function isFinal(error: unknown): error is FairleadError {
  return error instanceof FairleadError && !isTransient(error) && error.code !== 'prompt.head_moved'
}
